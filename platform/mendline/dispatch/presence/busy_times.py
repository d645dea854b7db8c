"""Busy times across organisations: what a person lets another organisation know, and what that one was told.

The person consents in the organisation whose work it is; the other one keeps spans of time, and nothing else, in its
own book. See decision 0032.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise import fields

from mendline.dispatch.presence.absence import absences_within
from mendline.dispatch.presence.spans import clipped
from mendline.kernel import Kind, Record, fetch, now, table
from mendline_tenants import Span

HORIZON = timedelta(days=21)
"""How far ahead busy times are told."""

JOB = timedelta(hours=2)
"""How long a job is taken to last of which nobody has said when it will be done."""

MINUTE = timedelta(minutes=1)


@table(Kind.OWN, references={"member_id": "member"}, update=("told", "version", "errand_id", "withdrawn_at"))
class BusyConsent(Record):
    """That a member lets another organisation, in which the same chat account is linked, know when it is busy here.

    organisation: the other one. told: the spans it was told last, [[begins, ends]] in seconds since 1970. version
    numbers what it is told, so that nothing old comes after something new; errand_id: by which it was told last.
    """

    member_id = fields.UUIDField()
    organisation = fields.UUIDField()
    told = fields.JSONField[list[Any]](default=list)
    version = fields.BigIntField(default=1)
    errand_id = fields.UUIDField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "busy_consent"
        indexes = (("tenant_id", "member_id", "recorded_at"), ("tenant_id", "recorded_at"))


@table(Kind.OWN, references={"technician_id": "technician"}, update=("spans", "numbered", "told_at", "technician_id"))
class BusyElsewhere(Record):
    """When a technician is busy in another organisation, as it was told there by the person's consent (id: of that).

    source: the other organisation. spans: [[begins, ends]] in seconds since 1970; empty once the consent is withdrawn.
    numbered: the version of the consent that said so.
    """

    technician_id = fields.UUIDField()
    source = fields.UUIDField()
    spans = fields.JSONField[list[Any]](default=list)
    numbered = fields.BigIntField()
    told_at = fields.DatetimeField(default=now)

    class Meta:
        table = "busy_elsewhere"
        indexes = (("tenant_id", "technician_id"),)

    def held(self) -> Iterator[Span]:
        """The spans as moments."""
        yield from (Span(_moment(begins), _moment(ends)) for begins, ends in self.spans)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


BusySource = Callable[[UUID, UUID, Span], Awaitable[list[Span]]]
BUSY_SOURCES: dict[str, BusySource] = {}
"""What makes a person busy, by name: `async f(tenant, member, window) -> spans`, in the tenant's transaction."""


def busy_source(name: str) -> Callable[[BusySource], BusySource]:
    """Registers the function below: its spans are told to whom the person has consented. Contents never leave it."""

    def register(function: BusySource) -> BusySource:
        BUSY_SOURCES[name] = function
        return function

    return register


async def busy_spans(tenant: UUID, member: UUID, moment: datetime) -> list[list[int]]:
    """When a member is busy here from a moment on, as it is told: in whole minutes, [[begins, ends]] in seconds.

    Neighbouring spans are one: nobody shall count jobs by their edges.
    """
    begins = _minutes(moment, up=False)
    # To the end of a day, or what lasts longer would be news with every minute.
    window = Span(begins, (begins + HORIZON).replace(hour=0, minute=0))
    found = [span for source in BUSY_SOURCES.values() for span in await source(tenant, member, window)]
    rounded = (Span(_minutes(span.begins, up=False), _minutes(span.ends, up=True)) for span in found)
    return [[int(span.begins.timestamp()), int(span.ends.timestamp())] for span in clipped(rounded, window)]


def _minutes(moment: datetime, *, up: bool) -> datetime:
    whole = moment.astimezone(UTC).replace(second=0, microsecond=0)
    return whole + MINUTE if up and whole < moment else whole


@busy_source("absences")
async def _absent(tenant: UUID, member: UUID, window: Span) -> list[Span]:
    """Who is away is away for everybody."""
    return [Span(a.starts_at, a.ends_at) for a in await absences_within(tenant, [member], *window)]


_JOBS = """
SELECT t.eta_at, t.completion_at FROM worklist w JOIN ticket t ON t.tenant_id = w.owner_id AND t.id = w.ticket_id
WHERE w.tenant_id = $1 AND w.assignee_id = $2 AND w.state IN ('accepted', 'en_route', 'on_site', 'rework')
  AND t.eta_at IS NOT NULL
"""


@busy_source("jobs")
async def _at_work(tenant: UUID, member: UUID, window: Span) -> list[Span]:
    """The jobs in hand, from the announced arrival until the job is expected to be done."""
    return [
        Span(row["eta_at"], max(row["completion_at"] or row["eta_at"], row["eta_at"] + JOB))
        for row in await fetch(_JOBS, tenant, member)
    ]
