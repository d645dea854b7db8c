"""Field groups: which one each field belongs to, so that none is open by default."""

from mendline.kernel import TABLES, Kind

OWN = "own"
"""An organisation's own rows: they cross no border, whatever is shared."""

CATALOGUE = "catalogue"
"""What every organisation may read: no tenant's."""

HOLDER = "holder"
"""A part of a JSON value: in the group, and under the permission, of the field that holds it."""

FOUND = "found"
"""Of the type that is found, and under its permission."""

ANSWER = "answer"
"""What a command answers to the one who gave it, under the command's own permission."""

ANYONE = "anyone"
"""In the place of a permission: strangers too, to come in or to leave."""

KNOWN = "known"
"""In the place of a permission: whoever has come in."""

_OF_KIND = {Kind.TICKET: "progress", Kind.OWN: OWN, Kind.QUEUE: OWN, Kind.CATALOGUE: CATALOGUE}


def group_of_table(table: str) -> str | None:
    """The field group of a table's columns where its declaration settles it.

    A ticket's columns are `progress`, a child's those of its group. A worklist's row is made of several groups and a
    gateway's row precedes the tenant: there the answer is None, and the type and its expressions must say.
    """
    declared = TABLES[table]
    return declared.group if declared.kind is Kind.CHILD else _OF_KIND.get(declared.kind)
