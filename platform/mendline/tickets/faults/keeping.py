"""Keeping fault models: a new version becomes the current one unless it is worse; a person may go back to any."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, to_builtins

from mendline.faulttext import Figures
from mendline.kernel import (
    DomainError,
    command,
    execute,
    fetchval,
    new_id,
    not_found,
    opaque,
    parse_opaque,
    rows,
    told,
    work,
)
from mendline.tickets.faults.model import FaultModel, FaultModelId
from mendline_tenants import Actor

WITHIN_CHANCE = 0.02
"""By how much the mean F1 may fall before a version counts as worse: that much comes of how the folds are cut."""


class KeepFaultModel(Struct, frozen=True, kw_only=True):
    """What was learned: the columns of a version. model: empty, and figures None, where learning failed."""

    cause: str
    asked_by: UUID | None
    closed: int
    model: bytes
    figures: Figures | None
    failure: Annotated[str, Meta(max_length=300)] = ""


class FaultModelResult(Struct, frozen=True):
    """A version of the fault model, and what it is now."""

    model: FaultModelId
    number: int
    state: str


@command("tickets.keep_fault_model", "tickets.keep_fault_model")
async def keep(actor: Actor, input: KeepFaultModel) -> FaultModelResult:
    """Stores a version. It becomes the current one unless it is worse than that by cross-validation, or none at all."""
    before = await _hold_current(actor.organisation)
    worse = before is not None and input.figures is not None and is_worse(input.figures, before.figures["per_label"])
    state = "failed" if input.figures is None else "worse" if worse else "current"
    if state == "current":
        await _make_former(actor.organisation)
    figures = input.figures
    made = FaultModel(
        id=new_id(),
        tenant_id=actor.organisation,
        number=await _next_number(actor.organisation),
        state=state,
        cause=input.cause,
        asked_by=input.asked_by,
        texts=figures.texts if figures else 0,
        closed=input.closed,
        macro_f1=figures.macro_f1 if figures else None,
        ece=figures.ece if figures else None,
        cut_off=figures.cut_off if figures else None,
        figures=to_builtins(figures) if figures else {},
        worse_than=before.number if worse and before else None,
        failure=input.failure,
        model=input.model,
        learned_at=work().occurred_at,
        used_at=work().occurred_at if state == "current" else None,
    )
    await rows.insert(made)
    told(number=made.number, state=state, texts=made.texts, macro_f1=round(made.macro_f1 or 0.0, 4))
    return _result(made)


def is_worse(new: Figures, old: dict[str, float]) -> bool:
    """Whether the categories that both know are told apart worse: by the mean of their F1. old: category -> F1.

    A category that is new is no reason to stay with a model that cannot name it, however rare it is yet.
    """
    shared = new.per_label.keys() & old.keys()
    if not shared:
        return False
    return sum(new.per_label[label] - old[label] for label in shared) / len(shared) < -WITHIN_CHANCE


class UseFaultModel(Struct, frozen=True):
    """The version that reports are to be classified with: an earlier one, or one that was kept aside as worse."""

    model: FaultModelId


@command("tickets.use_fault_model", "tickets.teach")
async def use_fault_model(actor: Actor, input: UseFaultModel) -> FaultModelResult:
    """Makes a version the current one, from the next report on; the job may replace it when a better one is learned.

    Raises not_found for what is not the organisation's own, fault_model_failed for one of which nothing came.
    """
    reference = parse_opaque("fm", input.model)
    if reference.tenant != actor.organisation:
        raise not_found("fault_model")
    await _hold_current(actor.organisation)
    chosen = await rows.lock(FaultModel, *reference)
    if chosen.state == "failed":
        raise DomainError("fault_model_failed", number=chosen.number)
    if chosen.state != "current":
        await _make_former(actor.organisation)
        await rows.update(chosen, state="current", used_at=work().occurred_at)
    told(number=chosen.number)
    return _result(chosen)


async def _hold_current(organisation: UUID) -> FaultModel | None:
    """The current version, held: who changes which one it is waits for who is changing it."""
    sql = "SELECT id FROM fault_model WHERE tenant_id = $1 AND state = 'current' FOR NO KEY UPDATE"
    held = await fetchval(sql, organisation)
    return await rows.get(FaultModel, organisation, held) if held else None


async def _make_former(organisation: UUID) -> None:
    await execute(
        "UPDATE fault_model SET state = 'former' WHERE tenant_id = $1 AND state = 'current'",
        organisation,
    )


async def _next_number(organisation: UUID) -> int:
    sql = "SELECT coalesce(max(number), 0) + 1 FROM fault_model WHERE tenant_id = $1"
    return int(await fetchval(sql, organisation))


def _result(version: FaultModel) -> FaultModelResult:
    return FaultModelResult(opaque("fm", version.tenant_id, version.id), version.number, version.state)
