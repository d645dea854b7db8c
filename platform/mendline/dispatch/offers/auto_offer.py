"""Who offers jobs, as an organisation chooses: its dispatcher, or the house, one after the other or to all at once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from mendline_tenants import POLICIES, own_organisation

Mode = Literal["dispatcher", "next", "group"]
"""dispatcher: a person decides. next: the best is asked, then the next one. group: all who could are asked at once."""

Minutes = Annotated[int, Meta(ge=1, le=10_080)]
Priority = Literal["1", "2", "3", "4"]

MINUTES: Mapping[str, int] = {"1": 5, "2": 15, "3": 60, "4": 240}
"""How long somebody who was asked has for an answer, by the ticket's priority."""


class AutoOfferPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Who offers, and how long an answer may take.

    mode: for all tickets. modes: another one for tickets of a priority. minutes: for an answer, by priority.
    """

    mode: Mode = "dispatcher"
    modes: dict[Priority, Mode] = {}
    minutes: dict[Priority, Minutes] = {}

    def mode_for(self, priority: int) -> Mode:
        """Who offers tickets of this priority."""
        return self.modes.get(str(priority), self.mode)  # type: ignore[call-overload,no-any-return]

    def time_for(self, priority: int) -> timedelta:
        """How long an answer may take."""
        word = str(priority)
        return timedelta(minutes=self.minutes.get(word, MINUTES[word]))  # type: ignore[call-overload]


POLICIES["auto_offer"] = AutoOfferPolicy


def auto_offer(policies: Mapping[str, Any]) -> AutoOfferPolicy:
    """What an organisation with these policies has chosen; by default its dispatcher decides."""
    return msgspec.convert(policies.get("auto_offer") or {}, AutoOfferPolicy)


async def auto_offer_of(tenant: Any) -> AutoOfferPolicy:
    """What the bound organisation has chosen, in the current transaction."""
    return auto_offer((await own_organisation(tenant)).policies)
