"""Weighing the vendor's technicians for a job at hospital A, and reading what came of it."""

from typing import Any

from mendline.dispatch import Candidate, Job, Match, match
from mendline.kernel import new_id, now, transaction
from support.cast import Cast

HOSPITAL = (31.2304, 121.4737)


async def weigh(cast: Cast, policy: Any = None, **job: Any) -> Match:
    """The vendor's technicians weighed for an infusion pump of hospital A."""
    given: dict[str, Any] = {
        "device_class": "infusion_pump",
        "model_number": "IP-200",
        "moment": now(),
        "place": HOSPITAL,
    }
    given |= {"facility": cast["hospital_a"], "ticket": new_id()}
    asked = Job(provider=cast["vendor_v"], **given | job)
    async with transaction(cast["vendor_v"]):
        return await match(asked, policy)


def who(found: Match) -> list[str]:
    """The names of the candidates, best first."""
    return [candidate.name for candidate in found.candidates]


def why(found: Match) -> dict[str, str]:
    """Who fell out, and why."""
    return {one.name: one.why for one in found.excluded}


def points(candidate: Candidate) -> dict[str, float]:
    """What each criterion adds to the score."""
    return {reason.criterion: reason.points for reason in candidate.reasons if reason.points is not None}
