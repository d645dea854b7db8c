"""GraphQL over duplicates and repeat faults: other tickets that may tell of the same fault, and why."""

from typing import Annotated

import strawberry

from mendline_schema.declarations.enums import LikenessKind
from mendline_schema.declarations.fields import column, one, over, part, parts

LazyTicket = Annotated["Ticket", strawberry.lazy("mendline_schema.tickets")]  # type: ignore[name-defined]  # noqa: F821 - it imports us


@part
class LikenessReason:
    """One input of the score of a likeness."""

    input: str | None = column()
    value: str | None = column()
    points: int | None = column()


@over("ticket_likeness", needs="read.clinical")
class Likeness:
    """That another ticket may tell of the same fault, as it was seen when this one was opened, and why."""

    ticket: LazyTicket | None = one({"id": "other_id"}, description="The other one.")
    kind: LikenessKind = column()
    score: int = column(description="0 to 100, the sum of the reasons' points.")
    alike: int = column(description="Cosine of the texts' character n-grams, in percent.")
    days: int = column(description="Between the openings.")
    words: list[str] = column(description="That both texts hold.")
    reasons: list[LikenessReason] | None = parts()
