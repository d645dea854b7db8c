"""The source tree as the architecture tests read it, and a way to plant a small tree that breaks a rule."""

import ast
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = {
    "platform": "mendline",
    "tenants": "mendline_tenants",
    "schema": "mendline_schema",
    "bots": "mendline_bots",
}
_NOT_OURS = {"__pycache__", "node_modules", "dist"}


@dataclass(frozen=True)
class Module:
    """One Python file: `path` within the tree, `name` as it is imported, empty for what is run by its path."""

    path: Path
    name: str
    file: Path

    @cached_property
    def text(self) -> str:
        return self.file.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        """The package of the house it belongs to: `mendline.tickets`, `mendline_tenants`, ..."""
        return house_package(self.name)

    def imports(self) -> Iterator[tuple[int, str, list[str]]]:
        """Line, module and names of each import; relative ones made absolute."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name, []
            elif isinstance(node, ast.ImportFrom):
                base = self.name.split(".") + (["__init__"] if self.file.name == "__init__.py" else [])
                above = ".".join(base[: -node.level]) if node.level else ""
                module = ".".join(part for part in (above, node.module or "") if part)
                yield node.lineno, module, [alias.name for alias in node.names]


def house_package(module: str) -> str:
    """The package of the house a module is in; empty when it is somebody else's."""
    parts = module.split(".")
    if parts[0] not in SOURCE_ROOTS.values():
        return ""
    return ".".join(parts[:2]) if parts[0] == "mendline" else parts[0]


class House:
    """A tree laid out like this one."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def files(self, *folders: str) -> Iterator[Path]:
        """Files of our own under these folders, or under the whole tree; hidden ones are left out."""
        for folder in folders or (".",):
            for current, inside, names in os.walk(self.root / folder):
                inside[:] = sorted(name for name in inside if name not in _NOT_OURS and not name.startswith("."))
                yield from (Path(current) / name for name in sorted(names) if not name.startswith("."))

    @cached_property
    def modules(self) -> list[Module]:
        """Every module of the four packages."""
        found = []
        for folder, package in SOURCE_ROOTS.items():
            for file in self.files(f"{folder}/{package}"):
                if file.suffix == ".py":
                    dotted = file.relative_to(self.root / folder).with_suffix("").parts
                    name = ".".join(dotted[:-1] if dotted[-1] == "__init__" else dotted)
                    found.append(Module(file.relative_to(self.root), name, file))
        return found


@pytest.fixture(scope="session")
def house() -> House:
    """This checkout."""
    return House(ROOT)


@pytest.fixture
def plant(tmp_path: Path) -> Callable[[dict[str, str]], House]:
    """Make a small tree from paths and texts."""

    def make(files: dict[str, str]) -> House:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return House(tmp_path)

    return make
