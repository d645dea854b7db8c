"""Finds the demo's content in `deploy/demo` of a checkout and imports it by its path."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

PACKAGE = "mendline_demo"
"""The name it is imported under. `deploy/` is no package root, so that nothing of it can be imported by accident."""


def demo_folder() -> Path:
    """`deploy/demo` beside the source roots. Raises FileNotFoundError where the package was installed without it."""
    folder = Path(__file__).resolve().parents[3] / "deploy" / "demo"
    if not (folder / "__init__.py").is_file():
        raise FileNotFoundError(f"The demo lives in a checkout of Mendline; there is none at {folder}.")
    return folder


def demo_package() -> ModuleType:
    """The package of the demo: `demo(today)` gives its content, `write_labels(demo, folder)` its label photos."""
    if PACKAGE in sys.modules:
        return sys.modules[PACKAGE]
    folder = demo_folder()
    spec = importlib.util.spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"Cannot import the demo from {folder}.")
    package = importlib.util.module_from_spec(spec)
    # Registered before it runs: its own modules import each other through this name.
    sys.modules[PACKAGE] = package
    try:
        spec.loader.exec_module(package)
    except BaseException:
        del sys.modules[PACKAGE]
        raise
    return package
