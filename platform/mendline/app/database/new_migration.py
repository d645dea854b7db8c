"""Writing a migration: what the models say that the migrations do not say yet."""

import asyncio
from pathlib import Path

from tortoise import Tortoise
from tortoise.migrations.autodetector import MigrationAutodetector

from mendline.app import migrations
from mendline.app.database.migrate import tortoise_config
from mendline.app.domains import DOMAINS, load_domains

_FOLDER = Path(migrations.__file__).parent


async def write_migration(name: str, packages: tuple[str, ...] = DOMAINS) -> Path | None:
    """Writes the next numbered migration as `<number>_<name>.py`; None when there is nothing to write."""
    load_domains()
    config = tortoise_config("postgres://nobody@localhost/nothing", packages)
    await Tortoise.init(config=config, init_connections=False)
    before = set(_FOLDER.glob("0*.py"))
    await MigrationAutodetector(Tortoise.apps, config["apps"]).write()
    written = set(_FOLDER.glob("0*.py")) - before
    if not written:
        return None
    (made,) = written
    target = _FOLDER / f"{made.name[:4]}_{name}.py"
    text = made.read_text()
    target.write_text(f'"""{name.replace("_", " ").capitalize()}."""\n\n{text}')
    if made != target:
        made.unlink()
    return target


def run(name: str, packages: tuple[str, ...] = DOMAINS) -> None:
    """`mendline new-migration NAME`."""
    print(asyncio.run(write_migration(name, packages)) or "the migrations say all that the models say")  # noqa: T201
