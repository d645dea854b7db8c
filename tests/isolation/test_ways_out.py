"""Every way out is in the register, with who receives what: a new one fails here until it says so."""

from pathlib import Path

import pytest

from mendline.app.cli import app
from mendline.app.http.web import make_app
from support.isolation.ways_out import (
    COMMAND_LINE,
    ROUTES,
    SENDING_MODULES,
    registered,
    sending_modules,
    unknown_packages,
)

ROOT = Path(__file__).parents[2]
SAY_SO = "say in tests/support/isolation/ways_out.py who receives what: "


@pytest.mark.parametrize("kind", ["consumers", "timers", "recurring jobs", "queues"])
def test_what_works_after_a_commit_is_registered(database, kind):
    there, known = registered()[kind]
    assert there - set(known) == set(), SAY_SO + kind
    assert set(known) - there == set(), f"these {kind} are gone; take them out of the register"


def routes_of(served):
    """The routes of the application within its edge."""
    return next(one.routes for one in (served, *vars(served).values()) if hasattr(one, "routes"))


def test_every_route_is_registered(database):
    paths = {getattr(route, "path", "") for route in routes_of(make_app())}
    assert paths - set(ROUTES) == set(), SAY_SO + "routes"
    assert set(ROUTES) - paths == set(), "these routes are gone"


def test_every_command_line_is_registered():
    commands = {one.name or one.callback.__name__ for one in app.registered_commands}
    groups = {one.name or one.typer_instance.info.name for one in app.registered_groups}
    assert (commands | groups) - set(COMMAND_LINE) == set(), SAY_SO + "commands of `mendline`"
    assert set(COMMAND_LINE) - (commands | groups) == set(), "these commands are gone"


def test_every_module_that_sends_is_registered():
    sending = set(sending_modules(ROOT))
    assert sending - set(SENDING_MODULES) == set(), SAY_SO + "modules"
    assert set(SENDING_MODULES) - sending == set(), "these modules send nothing any more"


def test_every_package_says_whether_it_reaches_others():
    assert unknown_packages(ROOT) == {}, "say it in NETWORK or SPEAKS_TO_NOBODY of tests/support/isolation/ways_out.py"


@pytest.mark.parametrize(
    "leak",
    [
        "def leak(pipeline):\n    pipeline.publish('everybody', 'x')",
        "import httpx",
        "def leak():\n    from urllib.request import urlopen as get\n    get('http://everybody')",
        "import urllib.request as other",
        "from http import client",
        "import smtplib",
        "async def leak():\n    await asyncio.open_connection('everybody', 25)",
        "from botocore import session",
        "import importlib\nlibrary = importlib.import_module('redis.asyncio')",
    ],
)
def test_a_new_way_out_would_be_found(tmp_path, leak):
    module = tmp_path / "schema" / "mendline_schema" / "leak.py"
    module.parent.mkdir(parents=True)
    module.write_text(f"{leak}\n")
    assert list(sending_modules(tmp_path)) == ["schema/mendline_schema/leak.py"]


@pytest.mark.parametrize("quiet", ["from urllib.parse import quote", "from http import HTTPStatus", "import json"])
def test_what_sends_nothing_is_no_way_out(tmp_path, quiet):
    module = tmp_path / "bots" / "mendline_bots" / "quiet.py"
    module.parent.mkdir(parents=True)
    module.write_text(f"{quiet}\n")
    assert list(sending_modules(tmp_path)) == []


def test_a_new_package_would_be_asked(tmp_path):
    module = tmp_path / "bots" / "mendline_bots" / "new.py"
    module.parent.mkdir(parents=True)
    module.write_text("import carrier_pigeon.client\n")
    assert unknown_packages(tmp_path) == {"carrier_pigeon": "bots/mendline_bots/new.py"}
