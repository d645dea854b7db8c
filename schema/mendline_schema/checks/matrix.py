"""The access matrix: each field by role and by part in a ticket, as text whose changes are read in review."""

from collections.abc import Iterator
from uuid import UUID

from mendline.tickets import GROUPS, Part, parts_of
from mendline_schema.checks.facts import Fact
from mendline_schema.declarations.groups import ANYONE, KNOWN, OWN
from mendline_tenants import MASKS, PERMISSIONS, ROLES

FULL, SHARED, MASKED, NOTHING = "full", "shared", "masked", "-"

_HEAD = """\
Who may read what: one line for each field of the GraphQL schema. Everything that is not here nobody may read.

Made by `mendline schema --access > schema/access.txt` from the declarations, the permissions and the parts. A field is
answered when the role of who asks has the permission and the organisation holds the field group.

group        a field group of the ticket; `own`: an organisation's own rows, which cross no border; `holder`: as the
             field that holds this part of a JSON value; `found`: as the type that is found; `answer`: what a command
             answers to the one who gave it
permission   `known`: whoever has come in; `anyone`: strangers too; `holder`, `answer`: as above
roles        {roles}
facility, provider, others
             what an organisation with this part in the ticket is answered. `full`: in full. `shared`: in full where
             its share names the group; otherwise nothing, and `withheld` names the group. `masked`: as masked text
             unless its share names the mask's group. `own`: its own rows alone
mask         a kind of text that is masked for who does not hold the group named with it, or may not read that group
"""


def letters() -> dict[str, str]:
    """Each role's letter: the first of its name that no role before it has."""
    found: dict[str, str] = {}
    for role in ROLES:
        found[role] = next(letter for letter in role if letter not in found.values())
    return found


def held_by_part() -> dict[str, tuple[str, ...]]:
    """The field groups that each part in a ticket holds when nothing more was shared: the columns of the matrix."""
    facility, provider, other = UUID(int=1), UUID(int=2), UUID(int=3)
    named = {facility: "facility", provider: "provider", other: "others"}
    parts = parts_of(facility, provider, [Part(other, "participant", ())])
    return {named[part.organisation]: part.groups for part in parts}


def roles_of(fact: Fact) -> tuple[str, ...] | None:
    """The roles that are answered for a field; None where that is for another field to say."""
    if fact.permission not in (*PERMISSIONS, KNOWN, ANYONE):
        return None
    asked = [PERMISSIONS[name].roles for name in (fact.permission, fact.row) if name in PERMISSIONS]
    return tuple(role for role in ROLES if all(role in roles for roles in asked))


def answered(fact: Fact, held: tuple[str, ...]) -> str:
    """What an organisation that holds these groups of a ticket is answered for a field."""
    if fact.group == OWN:
        return OWN
    if fact.group not in GROUPS:
        return NOTHING
    groups = {fact.group, *([MASKS[fact.mask].group] if fact.mask else ())}
    if groups <= set(held):
        return FULL
    return MASKED if fact.mask and groups - set(held) == {MASKS[fact.mask].group} else SHARED


def matrix(facts: list[Fact]) -> str:
    """The whole matrix as text."""
    legend = [f"{letter} {role}" for role, letter in letters().items()]
    halves = ("  ".join(legend[:6]), "  ".join(legend[6:]))
    return _HEAD.format(roles=f"\n{'':13}".join(halves)) + "".join(_lines(facts))


def _lines(facts: list[Fact]) -> Iterator[str]:
    parts = held_by_part()
    before = ""
    for fact in facts:
        if fact.type != before:
            before = fact.type
            title = _line(f"# {fact.type}", "group", "permission", "roles", *parts, "mask")
            yield f"\n{title}"
        answers = [answered(fact, held) for held in parts.values()]
        mask = f"{fact.mask}: {MASKS[fact.mask].group}" if fact.mask else ""
        yield _line(f"{fact.type}.{fact.field}", fact.group, fact.permission, _roles(fact), *answers, mask)


def _line(field: str, group: str, permission: str, roles: str, *answers: str) -> str:
    columns = "".join(f"{answer:<10}" for answer in answers)
    return f"{field:<42} {group:<12}{permission:<20}{roles:<{len(ROLES) + 2}}{columns}".rstrip() + "\n"


def _roles(fact: Fact) -> str:
    may = roles_of(fact)
    if may is None:
        return NOTHING
    return "".join(letter if role in may else "." for role, letter in letters().items())
