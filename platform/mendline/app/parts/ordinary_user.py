"""Ways to run a program that refuses root (Postgres) when we are root, without adding users or opening folders.

First choice: a user namespace that shows root as `nobody`; files stay root's. Containers often forbid namespaces;
there it becomes `nobody` (65534) in truth and keeps one capability, to reach its files through root's folders.
"""

import functools
import os
import shutil
import subprocess
from pathlib import Path

NOBODY = 65534
_NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"),
    *("--pdeathsig=INT", "--"),  # a change of user makes the kernel forget the one set before
)


def as_ordinary_user() -> tuple[str, ...]:
    """What to put before the program's arguments; empty when we are not root."""
    return _way()[0] if os.geteuid() == 0 else ()


def own(folder: Path) -> None:
    """Give `folder` to the user the program will be; a home may move between machines that differ in this."""
    if os.geteuid() != 0:
        return
    owner = _way()[1]
    if folder.exists() and folder.stat().st_uid != owner:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)


@functools.cache
def _way() -> tuple[tuple[str, ...], int]:
    """The prefix that works here, and the owner of the files (as root sees it). Raises RuntimeError when none does."""
    for prefix, owner in ((_NAMESPACE, 0), (_NOBODY, NOBODY)):
        if (
            shutil.which(prefix[0])
            and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
        ):
            return prefix, owner
    raise RuntimeError(
        "Postgres refuses to run as root, and neither `unshare --user` nor `setpriv` works here: "
        "run as an ordinary user, or set MENDLINE_DATABASE_URL to a PostgreSQL 16 or newer"
    )
