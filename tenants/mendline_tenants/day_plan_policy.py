"""The policy of day plans: who publishes them, when they are made anew, and what planning takes as given."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Minutes = Annotated[int, Meta(ge=5, le=24 * 60)]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]


class LunchBreak(Struct, frozen=True, forbid_unknown_fields=True):
    """A rest for everybody whose shift holds it: how long, and between which times of the day it begins."""

    minutes: Annotated[int, Meta(ge=5, le=180)] = 30
    earliest: Clock = "11:30"
    latest: Clock = "13:00"

    def __post_init__(self) -> None:
        if self.latest < self.earliest:
            raise ValueError("the earliest beginning of a break comes before the latest")


class DayPlanPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How an organisation plans its days.

    publish: by its dispatcher, or at once. replan: what an event (an urgent ticket, a refusal, a delay, an absence)
    does to a published day: nothing, a proposal, or a new published plan. seconds: of solving. change_minutes: what a
    new plan must save in travel for each visit that changes hands. tell_minutes: a change of an arrival by no more is
    not told. offer: whether publishing asks each technician to take the jobs that nobody has. visit_minutes: how long a
    visit takes, by kind of ticket. lunch: None for no break.
    """

    publish: Literal["by_dispatcher", "automatic"] = "by_dispatcher"
    replan: Literal["off", "suggest", "automatic"] = "suggest"
    seconds: Annotated[int, Meta(ge=1, le=120)] = 8
    change_minutes: Annotated[int, Meta(ge=0, le=240)] = 30
    offer: bool = True
    tell_minutes: Annotated[int, Meta(ge=0, le=240)] = 15
    visit_minutes: dict[Annotated[str, Meta(max_length=60)], Minutes] = {}
    lunch: LunchBreak | None = LunchBreak()


NAME = "dispatch.day_plan"
"""The policy's name."""


def day_plan_policy(policies: dict[str, Any]) -> DayPlanPolicy:
    """The policy among those of an organisation; what it has not set holds for all."""
    return msgspec.convert(policies.get(NAME, {}), DayPlanPolicy)
