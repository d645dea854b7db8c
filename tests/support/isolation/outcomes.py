"""Outcomes: what a person hears of an act, in a form in which two can be compared whatever ids were in them."""

import re
from typing import Any
from uuid import UUID

import msgspec

from mendline.kernel import DomainError, opaque, run
from mendline_tenants import PERMISSIONS, Actor
from support.isolation.world import World

ID = re.compile(r"\b[a-z]{2}_[A-Za-z0-9_-]{43}\b|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def anonymous(text: str) -> str:
    """A text with every id replaced by one word."""
    return ID.sub("<id>", text)


PERSONS = frozenset(name for name, row in PERMISSIONS.items() if set(row.roles) - {"system"})
"""What any person may do."""


def everybody_of(world: World, organisation: str, channel: str = "graphql") -> Actor:
    """A member who may do what any person may in its organisation: no permission stands before an id."""
    tenant = world[organisation]
    member = world.known("member", tenant)
    assert member is not None
    roles = ("admin", "ward_manager", "clinical_engineer", "technician", "dispatcher")
    return Actor(tenant, member, "member", f"{organisation} member", PERSONS, channel, roles=roles)


async def outcome_of(actor: Actor, command: str, given: dict[str, Any]) -> tuple[str, str]:
    """(code, all that is told) of a command, ids made anonymous; the code of one that was done is `done`."""
    try:
        result = await run(actor, command, given)
    except DomainError as refusal:
        facts = msgspec.json.encode(msgspec.to_builtins(refusal.facts, enc_hook=str), order="sorted").decode()
        return refusal.code, anonymous(facts)
    return "done", anonymous(msgspec.json.encode(result, enc_hook=str).decode())


def id_of(world: World, kinds: dict[str, str], tenant: UUID, kind: str) -> str:
    """The opaque id of this organisation's first row of a kind. kinds: prefix -> table."""
    if kind == "or":
        known = world.known("partner", tenant)
        assert known is not None
        return opaque("or", known, known)
    table = kinds[kind]
    row = next(row for row in world.rows[table] if row["tenant_id"] == tenant)
    return opaque(kind, tenant, row["id"])
