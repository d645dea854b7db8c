"""`mendline demo load`: finds the demo in `deploy/demo` of a checkout, imports it by its path and loads it."""

import asyncio
import importlib.util
import logging
import sys
from datetime import date, timedelta, timezone
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Self

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from mendline.app.start import start
from mendline.kernel import Settings, close_pools, fetchval, gateway, now, settings

PACKAGE = "mendline_demo"
"""The name it is imported under. `deploy/` is no package root, so that nothing of it can be imported by accident."""

CHINA = timezone(timedelta(hours=8))
"""Where the demo plays; one time all year."""


def demo_folder() -> Path:
    """`deploy/demo` beside the source roots. Raises FileNotFoundError where the package was installed without it."""
    folder = Path(__file__).resolve().parents[3] / "deploy" / "demo"
    if not (folder / "__init__.py").is_file():
        raise FileNotFoundError(f"The demo lives in a checkout of Mendline; there is none at {folder}.")
    return folder


def demo_package() -> ModuleType:
    """The package of the demo: `demo(today)` gives its content, `load(demo, …)` puts it into the database."""
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


def run() -> int:
    """Load the demo into the running database; what is there already is kept. Refused in production."""
    chosen = settings()
    if chosen.environment == "production":
        typer.echo("The demo is for development: its password would open a production system.", err=True)
        return 1
    return asyncio.run(_load(chosen))


async def _load(chosen: Settings) -> int:
    await start("demo", "app", "gateway")
    # Some seven hundred commands follow; the bars tell more than a line for each.
    logging.getLogger("mendline").setLevel(logging.WARNING)
    try:
        if await _loaded(chosen.home):
            typer.echo(f"the demo is there already 演示数据已存在: {chosen.home / 'demo.json'}")
            return 0
        began = monotonic()
        package = demo_package()
        with _Bars() as bars:
            content = package.demo(_first_day(chosen.home))
            await package.load(
                content, chosen.home, bars, password=chosen.demo_password, standins=bool(chosen.standins_url)
            )
        typer.echo(f"loaded in {monotonic() - began:.1f} s 演示数据已装入")
    finally:
        await close_pools()
    return 0


async def _loaded(home: Path) -> bool:
    """Whether this home and this database both hold the demo; `demo.json` is the last thing that loading writes."""
    if not (home / "demo.json").exists():
        return False
    codes = [organisation.code for organisation in demo_package().demo(_today()).organisations]
    async with gateway():
        known = await fetchval("SELECT count(*) FROM organisation_slug WHERE code = ANY ($1)", codes)
    return bool(known == len(codes))


def _today() -> date:
    """The day in China, where the demo plays."""
    return now().astimezone(CHINA).date()


def _first_day(home: Path) -> date:
    """The day on which loading began: going on after an interruption must not tell a different story."""
    path = home / "demo" / "today"
    if path.exists() and not (home / "demo.json").exists():
        return date.fromisoformat(path.read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_today().isoformat())
    return _today()


class _Bars:
    """How far the loading is, a line for each kind of thing."""

    def __init__(self) -> None:
        self._bars = Progress(TextColumn("{task.description:>16}"), BarColumn(), MofNCompleteColumn(), transient=False)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def of(self, what: str, total: int) -> None:
        """There are so many of this kind."""
        self._tasks[what] = self._bars.add_task(what, total=total)

    def step(self, what: str) -> None:
        """One more is done."""
        self._bars.advance(self._tasks[what])
