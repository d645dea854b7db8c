"""Paths: nothing in the tree names the machine it was written on, or where packages were fetched from."""

import re
import sys
import tomllib
from pathlib import Path

TEXT = {
    ".py",
    ".md",
    ".toml",
    ".lock",
    ".json",
    ".yaml",
    ".yml",
    ".sql",
    ".graphql",
    ".html",
    ".js",
    ".css",
    ".po",
    ".txt",
    "",
}
# In two pieces, so that this file does not match itself.
HOMES = re.compile(r"(?<![\w.:/])/(?:root|ho" r"me/\w+|Us" r"ers/\w+)/")
REGISTRIES = re.compile(
    r"pypi\.o"
    r"rg|pythonhosted\.o"
    r"rg|npmjs\.o"
    r"rg|--(?:extra-)?index-u"
    r"rl[ =]|--find-l"
    r"inks[ =]|/sim"
    r"ple/"
)


def mentions(house, here=()):
    """Lines that name a person's folder, a package index, or one of the paths in `here`."""
    for file in house.files():
        if file.suffix not in TEXT or file.stat().st_size > 5_000_000:
            continue
        try:
            lines = file.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            if HOMES.search(line) or REGISTRIES.search(line) or any(path in line for path in here):
                yield f"{file.relative_to(house.root)}:{number}: {line.strip()[:120]}"


def test_the_tree_names_no_machine_and_no_registry(house):
    here = [path for path in (str(house.root), str(Path.home()), sys.base_prefix) if path.count("/") > 1]
    found = list(mentions(house, here))
    assert not found, "say it relative to the checkout or to the home, and leave addresses to settings:\n" + "\n".join(
        found
    )


def test_the_lock_holds_names_versions_and_hashes(house):
    lines = (house.root / "deploy/requirements.lock").read_text().splitlines()
    fits = re.compile(
        r"^(#.*|[a-z0-9._\[\],-]+==[^ /]+( ; [^/]+)?( \\)?|    --hash=sha256:[0-9a-f]{64}( \\)?|    # .*)$"
    )
    found = [line for line in lines if not fits.match(line)]
    assert not found, "write it with ./deploy/lock; these lines hold something else:\n" + "\n".join(found)


def test_the_lock_has_every_dependency(house):
    project = tomllib.loads((house.root / "pyproject.toml").read_text())["project"]
    wanted = sum(project["optional-dependencies"].values(), project["dependencies"])
    names = {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in wanted}
    lock = (house.root / "deploy/requirements.lock").read_text()
    locked = {re.split(r"[=\[]", line)[0] for line in lock.splitlines()}
    assert names <= locked, f"run ./deploy/lock: it does not have {sorted(names - locked)}"


def test_it_can_fail(plant):
    house = plant(
        {
            "README.md": f"see /{'home'}/ada/mendline\n",
            "deploy/requirements.lock": f"--index-{'url'} https://example.invalid/\n",
            "bots/fine.py": "url = '/graphql'\n",
            "tests/made.py": "run = '/opt/checkout/x'\n",
        }
    )
    found = [entry.split(":")[0] for entry in mentions(house, ["/opt/checkout"])]
    assert sorted(found) == ["README.md", "deploy/requirements.lock", "tests/made.py"]
