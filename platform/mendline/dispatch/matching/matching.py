"""Matching: all technicians of a provider weighed for one job in one statement, with the reasons for each."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from mendline.dispatch.matching.criteria import CRITERIA, WEIGHTS
from mendline.dispatch.matching.criterion import Found, Job, Person
from mendline.dispatch.matching.distance import great_circle_km, travel_minutes
from mendline.dispatch.matching.hard import HARD
from mendline.dispatch.matching.planned_visits import registered
from mendline.kernel import fetch
from mendline_tenants import POLICIES

KEPT = 50
"""Candidates of whom a suggestion tells the reasons; of the others it tells the number."""

NAMED = 200
"""Fallen-out technicians whom a suggestion names; of the others it tells the number for each reason."""

_Soft: Any = Literal.__getitem__(tuple(WEIGHTS))
_Weight = Annotated[float, Meta(ge=0, le=100)]

POLICIES["matching"] = dict[_Soft, _Weight]
"""How much each soft criterion weighs, 0 for not at all; a criterion that is not named weighs as for all."""


class Reason(Struct, frozen=True):
    """What one criterion found of a candidate. points: what it adds to the score, None where it is hard.

    value: why somebody would have fallen out, where an urgent job has overruled it.
    """

    criterion: str
    value: float | str | None = None
    points: float | None = None


class Candidate(Struct, frozen=True):
    """One technician who could do the job. score: smaller is better, in minutes of travel or their worth."""

    technician: UUID
    name: str
    score: float
    minutes: int | None
    reasons: tuple[Reason, ...]


class FallenOut(Struct, frozen=True):
    """One technician who could not, and why: the first hard criterion that was not met, and what it found."""

    technician: UUID
    name: str
    why: str
    value: float | str | None = None


class Match(Struct, frozen=True):
    """What came of weighing everybody.

    candidates: the best KEPT, best first. fit: the names of all who could. overrulable: of those who fell out, whom a
    dispatcher may ask all the same.
    """

    candidates: tuple[Candidate, ...]
    fit: dict[UUID, str]
    excluded: tuple[FallenOut, ...]
    overrulable: frozenset[UUID]
    weights: dict[str, float]

    @property
    def weights_version(self) -> str:
        """A digest of the weights: the same for the same weights, whenever they were set."""
        return hashlib.sha256(msgspec.json.encode(self.weights, order="deterministic")).hexdigest()[:12]

    @property
    def fallen_out(self) -> dict[str, int]:
        """How many fell out, by why."""
        return dict(Counter(one.why for one in self.excluded))


def weights_of(policy: Mapping[str, float] | None) -> dict[str, float]:
    """The points of each soft criterion for an organisation with this policy, each with the criterion's sign."""
    own = policy or {}
    return {name: own.get(name, abs(weight)) * (-1 if weight < 0 else 1) for name, weight in WEIGHTS.items()}


@cache
def statement() -> tuple[str, tuple[str, ...]]:
    """The one statement, put together at the first job, and the parts of a job that are its parameters."""
    columns = {name: sql for criterion in CRITERIA for name, sql in criterion.columns.items()}
    joins = dict.fromkeys(criterion.join for criterion in CRITERIA if criterion.join)
    listed = "".join(f", {sql} AS {name}" for name, sql in columns.items())
    sql = (
        "SELECT t.id, m.name, coalesce(t.latitude, t.home_latitude) AS latitude,"  # noqa: S608 - from CRITERIA
        f" coalesce(t.longitude, t.home_longitude) AS longitude{listed}"
        " FROM technician t JOIN member m ON m.tenant_id = {provider} AND m.id = t.member_id "
        f"{' '.join(joins)} WHERE t.tenant_id = {{provider}}"
    ).replace("{visits_source}", registered())
    names = tuple(dict.fromkeys(re.findall(r"{(\w+)}", sql)))
    return sql.format(**{name: f"${n}" for n, name in enumerate(names, 1)}), names


async def technicians_for(job: Job) -> list[Any]:
    """The one statement: a row for each technician of the provider, in the current transaction."""
    sql, parameters = statement()
    return await fetch(sql, *(getattr(job, name) for name in parameters))


async def match(job: Job, policy: Mapping[str, float] | None = None) -> Match:
    """Weighs all technicians of the job's provider, in the current transaction.

    policy: the organisation's own weights. An urgent job also takes those who are shut out by nothing but what an
    urgent job overrules (they rest), when there is nobody else.
    """
    weights = weights_of(policy)
    fit: list[Person] = []
    resting: list[Person] = []
    excluded: list[tuple[int, Person, Found]] = []
    overrulable: set[UUID] = set()
    for row in await technicians_for(job):
        person = Person(row, _minutes(row, job))
        failed = [(n, found) for n, c in enumerate(HARD) if (found := c.judge(person, job)) and found.why]
        if not failed:
            fit.append(person)
            continue
        place, found = failed[0]
        excluded.append((place, person, found))
        if all("dispatcher" in HARD[n].overruled for n, _ in failed):
            overrulable.add(row["id"])
        if all("urgent" in HARD[n].overruled for n, _ in failed):
            resting.append(person)
    if job.urgent and not fit:
        fit, taken = resting, {person.row["id"] for person in resting}
        excluded = [one for one in excluded if one[1].row["id"] not in taken]
    ranked = sorted(((_score(p, job, weights), p.row["name"], p) for p in fit), key=lambda one: one[:2])
    furthest = sorted(excluded, key=lambda one: (-one[0], one[1].row["name"]))
    return Match(
        candidates=tuple(_candidate(person, job, weights) for _, _, person in ranked[:KEPT]),
        fit={person.row["id"]: name for _, name, person in ranked},
        excluded=tuple(FallenOut(p.row["id"], p.row["name"], f.why or "", f.value) for _, p, f in furthest),
        overrulable=frozenset(overrulable),
        weights=weights,
    )


def _minutes(row: Mapping[str, Any], job: Job) -> float | None:
    if job.place is None or row["latitude"] is None or row["longitude"] is None:
        return None
    return travel_minutes(great_circle_km(row["latitude"], row["longitude"], *job.place))


def _score(person: Person, job: Job, weights: Mapping[str, float]) -> float:
    total = 0.0
    for criterion in CRITERIA:
        weight = weights.get(criterion.name)
        if weight and (found := criterion.judge(person, job)) is not None:
            total += round(weight * found.counts, 1)
    return round(total, 1)


def _candidate(person: Person, job: Job, weights: Mapping[str, float]) -> Candidate:
    """The person with what every criterion found; of a soft one also the points, which add up to the score."""
    reasons = []
    for criterion in CRITERIA:
        found = criterion.judge(person, job)
        if found is not None:
            weight = weights.get(criterion.name)
            points = None if weight is None else round(weight * found.counts, 1)
            reasons.append(Reason(criterion.name, found.why or found.value, points))
    return Candidate(
        person.row["id"],
        person.row["name"],
        _score(person, job, weights),
        None if person.minutes is None else round(person.minutes),
        tuple(reasons),
    )
