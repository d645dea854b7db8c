"""Fault models: an organisation's own versions of what its closed tickets taught, and the one that is asked now."""

from typing import Annotated, Any, NamedTuple
from uuid import UUID

from msgspec import Meta
from tortoise import fields

from mendline.faulttext import Model, load
from mendline.kernel import LRU, Kind, Record, fetchrow, fetchval, log, now, table
from mendline.tickets.states import one_of

FaultModelId = Annotated[str, Meta(description="The opaque id of a fault model.", extra={"id": "fm"}, max_length=80)]

MODEL_STATES = ("current", "former", "worse", "failed")
"""The one that is asked; one that was; one that was worse than the one before it and was never asked; none at all."""

LEARNED_BECAUSE = ("closed", "asked")
"""Enough tickets have closed since the last one, or an administrator asked for it."""

MEMORY = 64 * 1024 * 1024
"""Bytes of models that a process keeps read, those of the organisations that report most."""


@table(
    Kind.OWN,
    update=("state", "used_at"),
    checks={"state": one_of("state", MODEL_STATES), "cause": one_of("cause", LEARNED_BECAUSE)},
)
class FaultModel(Record):
    """One version of an organisation's model; `number` counts from 1. Bytes and figures never change.

    texts: tickets it was learned from; closed: closed tickets with a code then, by which the next one is due. macro_f1,
    ece, cut_off, figures: by cross-validation (see `mendline.faulttext.Figures`). worse_than: the number of the model
    that stayed in its stead. used_at: when it last became the current one. failure: why there is no model.
    """

    number = fields.BigIntField()
    state = fields.TextField()
    cause = fields.TextField()
    asked_by = fields.UUIDField(null=True)
    texts = fields.IntField()
    closed = fields.IntField()
    macro_f1 = fields.FloatField(null=True)
    ece = fields.FloatField(null=True)
    cut_off = fields.FloatField(null=True)
    figures = fields.JSONField[dict[str, Any]](default=dict)
    worse_than = fields.BigIntField(null=True)
    failure = fields.TextField(default="")
    model = fields.BinaryField()
    learned_at = fields.DatetimeField(default=now)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "fault_model"
        unique_together = (("tenant_id", "number"),)
        indexes = (("tenant_id", "state"),)


class Current(NamedTuple):
    """The model that an organisation's reports are classified with. cut_off: None: it never proposes."""

    number: int
    cut_off: float | None
    model: Model


_read: LRU[UUID, Model] = LRU(MEMORY)


async def current_model(organisation: UUID) -> Current | None:
    """An organisation's current model, in the current transaction; None before it has one.

    Its bytes are fetched and read once in a process. One that cannot be read is as none, and told to the operator: no
    report is refused for that.
    """
    known = await fetchrow(
        "SELECT id, number, cut_off FROM fault_model WHERE tenant_id = $1 AND state = 'current'", organisation
    )
    if known is None:
        return None
    model = _read.get(known["id"])
    if model is None:
        sql = "SELECT model FROM fault_model WHERE tenant_id = $1 AND id = $2"
        try:
            model = load(await fetchval(sql, organisation, known["id"]))
        except ValueError as unreadable:
            log.error("fault_model_unreadable", model=str(known["id"]), why=str(unreadable))
            return None
        _read.put(known["id"], model, model.size)
    return Current(known["number"], known["cut_off"], model)
