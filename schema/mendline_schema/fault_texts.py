"""GraphQL over fault texts: what was proposed of a ticket's, and an organisation's versions of its model."""

from datetime import datetime

import strawberry

from mendline_schema.declarations.connections import Connection, connection
from mendline_schema.declarations.enums import FaultModelState, FaultOutcome, LearnedBecause
from mendline_schema.declarations.fields import VIEWER, Order, column, one, over, part, parts, root
from mendline_schema.declarations.filters import among
from mendline_schema.kernel import Node
from mendline_schema.tenants import Member


@part
class FaultDanger:
    """A kind of danger that the text speaks of: smoke, burn, shock, leak, injury and others; and its words for it."""

    kind: str | None = column()
    words: list[str] | None = column()


@part
class FaultProposal:
    """What was found in a fault's text at intake. A person confirms or corrects it by saying the fault code."""

    outcome: FaultOutcome | None = column()
    dangers: list[FaultDanger] | None = parts()
    code: str | None = column(description="Null where the model was not sure enough, or there is none.")
    confidence: float | None = column(description="0 to 1; of as many proposals that share was right.")
    words: list[str] | None = column(description="Of the text, that spoke for the code.")
    model: int | None = column(description="The number of the model's version.")


@part
class FaultCategory:
    """A fault code of the organisation's own."""

    code: str | None = column()
    texts: int | None = column(description="Closed tickets that it was learned from.")
    f1: float | None = column(description="How well it was told apart, 0 to 1, by cross-validation.")


@part
class ReliabilityLine:
    """Of texts with a confidence from `least`, a tenth wide, the mean of it and the share that was right."""

    least: float | None = column()
    texts: int | None = column()
    confidence: float | None = column()
    right: float | None = column()


def _counted(columns: str, key: str) -> str:
    return (
        f"(SELECT jsonb_agg(jsonb_build_object('code', c.key, 'texts', c.value{columns}) ORDER BY c.key)"  # noqa: S608 - constants
        f" FROM jsonb_each({{t}}.figures->'{key}') c)"
    )


@over("fault_model", needs="tickets.teach", kind="fm")
class FaultModel(Node):
    """One version of the organisation's model of fault texts. Figures are by 5-fold cross-validation."""

    number: int = column(description="Counts from 1.")
    state: FaultModelState = column()
    cause: LearnedBecause = column(description="Why it was learned.")
    asked_by: Member | None = one({"id": "asked_by"})
    texts: int = column(description="Closed tickets of the organisation's own that it was learned from.")
    macro_f1: float | None = column(description="The mean F1 of the categories, each counting the same.")
    majority: float | None = column(
        "({t}.figures->>'majority')::float8", description="The macro-F1 of always naming the commonest category."
    )
    accuracy: float | None = column("({t}.figures->>'accuracy')::float8")
    calibration_error: float | None = column("{t}.ece", description="How far confidence is from the share right.")
    cut_off: float | None = column(description="The confidence from which a code is proposed; null: it never is.")
    proposed: float | None = column("({t}.figures->>'proposed')::float8", description="The share of texts above it.")
    right: float | None = column("({t}.figures->>'right')::float8", description="Of these, the share that was right.")
    categories: list[FaultCategory] | None = parts(_counted(", 'f1', {t}.figures->'per_label'->c.key", "labels"))
    left_out: list[FaultCategory] | None = parts(
        _counted("", "left_out"), description="Codes with too few texts to learn from."
    )
    reliability: list[ReliabilityLine] | None = parts("{t}.figures->'reliability'")
    worse_than: int | None = column(description="The version that stayed current because this one was worse.")
    failure: str = column(description="Why nothing was learned.")
    size: int = column("octet_length({t}.model)", description="Bytes.")
    learned_at: datetime = column()
    used_at: datetime | None = column(description="When it last became the current one.")


@strawberry.input(description="Which versions.")
class FaultModelFilter:
    """Which versions."""

    state: list[FaultModelState] | None = among("state")


@root
class FaultTextQueries:
    """Queries over models of fault texts."""

    fault_models: Connection[FaultModel] | None = connection(
        tenant=VIEWER,
        order=Order(("number",), descending=True),
        filter=FaultModelFilter,
        description="The versions of this organisation's own model of fault texts, the latest first.",
    )
