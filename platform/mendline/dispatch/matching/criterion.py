"""What a criterion of matching is, and what it judges: a technician as the one statement found them, for one job."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

JOB_MINUTES = 60
"""How long a job in hand is taken to last when the arrival at the next one is estimated."""

UNKNOWN_WAY = 60
"""Minutes of travel that count where a place is not known."""

IN_HAND = "('accepted', 'en_route', 'on_site')"

BUSY = f"""LEFT JOIN (
  SELECT w.assignee_id, count(*) AS jobs, min(w.number) FILTER (WHERE w.priority = 1) AS urgent FROM worklist w
  WHERE w.tenant_id = {{provider}} AND w.state IN {IN_HAND} AND w.assignee_id IS NOT NULL
    AND w.ticket_id <> {{ticket}}
  GROUP BY w.assignee_id) busy ON busy.assignee_id = t.id"""  # noqa: S608 - a constant
"""SQL: the jobs that each technician has in hand beside this one, how many, and the first urgent one."""


@dataclass(frozen=True)
class Job:
    """What is asked of whoever takes it.

    moment: when the work is planned, in UTC. place: latitude and longitude in degrees, None where unknown. windows:
    when the room can be entered, empty for always. arrival_due: when somebody must be there. territories: those of the
    provider that the place lies in. authorised_only: whether the maker lets nobody else touch the model; makers: its
    names, device_identifier: the model's UDI-DI.
    """

    provider: UUID
    facility: UUID
    ticket: UUID
    device_class: str
    model_number: str | None
    moment: datetime
    priority: int = 3
    place: tuple[float, float] | None = None
    windows: tuple[tuple[datetime, datetime], ...] = ()
    arrival_due: datetime | None = None
    territories: tuple[UUID, ...] = ()
    authorised_only: bool = False
    makers: tuple[str, ...] = ()
    device_identifier: str | None = None

    @property
    def urgent(self) -> bool:
        """Whether it also takes who rests, when nobody is on shift."""
        return self.priority == 1

    def accessible_from(self, moment: datetime) -> datetime | None:
        """The first moment from this one on at which the room can be entered; None when it never can."""
        if not self.windows:
            return moment
        return min((max(begins, moment) for begins, ends in self.windows if ends > moment), default=None)


class Person(NamedTuple):
    """A technician as the statement found them, and the minutes of travel to the job (None: a place is unknown)."""

    row: Mapping[str, Any]
    minutes: float | None

    def arrives(self, job: Job) -> datetime:
        """When they would be there."""
        return job.moment + timedelta(minutes=UNKNOWN_WAY if self.minutes is None else self.minutes)

    def visits(self) -> Iterator[tuple[datetime, datetime, bool]]:
        """The visits that are planned for them: begin, end, and whether it is locked."""
        for begun, over, locked in self.row["visits"] or ():
            yield datetime.fromtimestamp(begun, UTC), datetime.fromtimestamp(over, UTC), locked


class Found(NamedTuple):
    """What a criterion found: `value` is told to people, `counts` is multiplied by the weight, `why` shuts out."""

    value: float | str | None = None
    counts: float = 0
    why: str | None = None


@dataclass(frozen=True)
class Criterion:
    """One criterion. Without a weight it is hard.

    judge: what it finds of a person, None where it says nothing. weight: points for each unit that counts; a point is
    worth a minute of travel, less than zero speaks for somebody. An organisation's policy `matching` sets how much, the
    sign is the criterion's. columns: name -> SQL. join: SQL over `t` (technician) and `m` (member), in which a job's
    `{provider}`, `{facility}`, `{ticket}`, `{moment}`, `{territories}` and what is known of its model can be named.
    shuts_out: every `why` that it may find. overruled: by an urgent job when there is nobody else, by a dispatcher who
    knows better.
    """

    name: str
    judge: Callable[[Person, Job], Found | None]
    weight: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    join: str = ""
    shuts_out: tuple[str, ...] = ()
    overruled: frozenset[str] = frozenset()
