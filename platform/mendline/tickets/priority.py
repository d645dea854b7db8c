"""Priority: clinical impact x urgency, as a sum of explained inputs."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from mendline.devices import Device, DeviceModel
from mendline.tickets.states import UseState
from mendline_tenants import POLICIES

FUNCTION_POINTS = {
    "life_support": 40,
    "therapeutic": 25,
    "monitoring": 20,
    "diagnostic": 15,
    "laboratory": 10,
    "other": 5,
}
USE_STATE_POINTS = {"patient_affected": 45, "down": 25, "unknown": 15, "degraded": 10}
TIER_POINTS = {"premium": 10, "standard": 5, "basic": 0}
NO_BACKUP_POINTS = 10
LOCATION_POINTS = 5
"""For each step of a place's clinical weight, which goes from 0 to 3."""

LEVELS = (75, 55, 35)
"""The points from which a ticket has priority 1, 2 and 3; below it has 4."""

LOWEST = 4

FLOORS = {"life_support": 2}
"""Devices whose function keeps a ticket from falling below a priority. A patient affected is always at the top."""

Function = Literal["life_support", "therapeutic", "monitoring", "diagnostic", "laboratory", "other"]
Points = Annotated[int, Meta(ge=0, le=100)]


class PriorityPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation's own weights and floors; what it does not name is as for all.

    function, use_state, sla_tier: points for each value. no_backup: points. location: points for each step of a place's
    clinical weight. levels: the points from which a ticket has priority 1, 2 and 3. floors: the lowest priority of a
    device's function. Life support never falls below the top two.
    """

    function: dict[Function, Points] = {}
    use_state: dict[UseState, Points] = {}
    sla_tier: dict[Literal["basic", "standard", "premium"], Points] = {}
    no_backup: Points = NO_BACKUP_POINTS
    location: Points = LOCATION_POINTS
    levels: Annotated[tuple[Points, ...], Meta(min_length=3, max_length=3)] = LEVELS
    floors: dict[Function, Annotated[int, Meta(ge=1, le=4)]] = {}

    def __post_init__(self) -> None:
        if list(self.levels) != sorted(set(self.levels), reverse=True):
            raise ValueError("not_descending")
        if self.floors.get("life_support", 1) > FLOORS["life_support"]:
            raise ValueError("life_support_floor")


POLICIES["priority"] = PriorityPolicy


class Reason(NamedTuple):
    """One input of the score: its name, the value found, the points it gave."""

    input: str
    value: str
    points: int


def score(
    model: DeviceModel | None,
    device: Device | None,
    use_state: str,
    clinical_weight: int,
    *,
    policy: Mapping[str, Any] | None = None,
    tier: str | None = None,
) -> tuple[int, list[Reason]]:
    """Priority 1 (highest) to 4, and the reasons that add up to it.

    policy: the organisation's own weights, as stored. tier: of the contract's service, where it has one. Maintenance
    need and history do not raise it: they belong to the maintenance programme.
    """
    weights = msgspec.convert(policy or {}, PriorityPolicy)
    function = model.function if model else "other"
    reasons = [
        Reason("device_function", function, _chosen(FUNCTION_POINTS, weights.function, function)),
        Reason("use_state", use_state, _chosen(USE_STATE_POINTS, weights.use_state, use_state)),
        Reason("clinical_location", str(clinical_weight), weights.location * clinical_weight),
    ]
    if device is not None and not device.backup_available:
        reasons.append(Reason("no_backup", "true", weights.no_backup))
    if tier is not None:
        reasons.append(Reason("sla_tier", tier, _chosen(TIER_POINTS, weights.sla_tier, tier)))
    total = sum(reason.points for reason in reasons)
    level = next((level for level, floor in enumerate(weights.levels, 1) if total >= floor), 4)
    if use_state == "patient_affected" and level > 1:
        reasons.append(Reason("floor_patient_affected", "1", 0))
        level = 1
    for floor in _floor(weights, function):
        reasons.append(floor)
        level = min(level, int(floor.value))
    return level, reasons


def _chosen(for_all: Mapping[str, int], own: Mapping[Any, int], value: str, otherwise: int = 0) -> int:
    return own.get(value, for_all.get(value, otherwise))


def with_floor(reasons: list[dict[str, Any]], policy: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The stored inputs of a score with the floor that this policy sets now."""
    function = next((reason["value"] for reason in reasons if reason["input"] == "device_function"), "")
    weights = msgspec.convert(policy or {}, PriorityPolicy)
    others = [reason for reason in reasons if reason["input"] != f"floor_{function}"]
    return [*others, *(reason._asdict() for reason in _floor(weights, function))]


def _floor(weights: PriorityPolicy, function: str) -> list[Reason]:
    floor = _chosen(FLOORS, weights.floors, function, LOWEST)
    return [Reason(f"floor_{function}", str(floor), 0)] if floor < LOWEST else []


def lowest_allowed(reasons: list[Any]) -> tuple[int, str]:
    """The lowest priority that a person may set a ticket to, and the floor that says so ("": there is none).

    reasons: the stored inputs of its score, with the floor of the user facility's policy at that time: a provider is
    held to it without reading another's policy.
    """
    found = {reason["input"]: reason["value"] for reason in reasons}
    if found.get("use_state") == "patient_affected":
        return 1, "patient_affected"
    function = found.get("device_function", "")
    lowest = int(found.get(f"floor_{function}", FLOORS.get(function, LOWEST)))
    return lowest, function if lowest < LOWEST else ""
