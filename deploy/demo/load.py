"""Loads the demo through the house's own commands, as its people would have entered it themselves."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from .handouts import write_handouts
from .known import Known, Progress
from .labels import write_labels
from .load_organisations import found_organisations, load_api_keys, load_chats, load_organisation
from .load_registry import load_registry, load_technicians
from .load_tickets import load_closed, load_open
from .structs import Demo

Load = Callable[[Known, str], Coroutine[Any, Any, None]]


async def load(demo: Demo, home: Path, progress: Progress, *, password: str, standins: bool) -> Known:
    """Load everything; what is there already is kept. Needs open pools `app` and `gateway`.

    password: what everybody logs in with. standins: whether Slack workspaces get the tokens of the local stand-in.
    Files for people to use go into `home`, `demo.json` last of all.
    """
    known = Known(demo, progress)
    _announce(demo, progress)
    photos = asyncio.create_task(asyncio.to_thread(write_labels, demo, home / "demo" / "labels"))
    await found_organisations(known, password)
    hospitals = tuple(each.key for each in demo.organisations if each.kind == "hospital")
    vendors = tuple(each.key for each in demo.organisations if each.kind == "vendor")
    everyone = tuple(each.key for each in demo.organisations)
    await _each(known, partial(load_organisation, password=password), everyone)
    await _each(known, load_registry, hospitals)
    await _each(known, load_technicians, vendors)
    await _each(known, load_closed, hospitals)
    await load_open(known)
    await _each(known, load_api_keys, everyone)
    await load_chats(known, standins=standins)
    await photos
    progress.step("label photos")
    write_handouts(known, home, password)
    return known


async def _each(known: Known, load_one: Load, organisations: tuple[str, ...]) -> None:
    """For several organisations at once: what one of them does never waits for another's rows."""
    async with asyncio.TaskGroup() as tasks:
        for organisation in organisations:
            tasks.create_task(load_one(known, organisation))


def _announce(demo: Demo, progress: Progress) -> None:
    technicians = sum(member.latitude is not None for member in demo.members)
    for what, total in (
        ("organisations", len(demo.organisations)),
        ("places", len(demo.places)),
        ("people", len(demo.members)),
        ("devices", len(demo.devices)),
        ("contracts", len(demo.contracts)),
        ("technicians", technicians),
        ("closed tickets", len(demo.closed)),
        ("open tickets", len(demo.open)),
        ("chats", sum(len(member.chats) for member in demo.members)),
        ("label photos", 1),
    ):
        progress.of(what, total)
