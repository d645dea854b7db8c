"""Priority: clinical impact x urgency, as a sum of explained inputs."""

from typing import NamedTuple

from mendline.devices import Device, DeviceModel

FUNCTION_POINTS = {
    "life_support": 40,
    "therapeutic": 25,
    "monitoring": 20,
    "diagnostic": 15,
    "laboratory": 10,
    "other": 5,
}
USE_STATE_POINTS = {"patient_affected": 45, "down": 25, "unknown": 15, "degraded": 10}
NO_BACKUP_POINTS = 10
LOCATION_POINTS = 5
"""For each step of a place's clinical weight, which goes from 0 to 3."""

_FLOORS = ((75, 1), (55, 2), (35, 3))


class Reason(NamedTuple):
    """One input of the score: its name, the value found, the points it gave."""

    input: str
    value: str
    points: int


def score(
    model: DeviceModel | None, device: Device | None, use_state: str, clinical_weight: int
) -> tuple[int, list[Reason]]:
    """Priority 1 (highest) to 4, and the reasons that add up to it.

    Maintenance need and history do not raise it: they belong to the maintenance programme. Life support is never below
    the top two, a patient affected is always at the top.
    """
    function = model.function if model else "other"
    reasons = [
        Reason("device_function", function, FUNCTION_POINTS[function]),
        Reason("use_state", use_state, USE_STATE_POINTS[use_state]),
        Reason("clinical_location", str(clinical_weight), LOCATION_POINTS * clinical_weight),
    ]
    if device is not None and not device.backup_available:
        reasons.append(Reason("no_backup", "true", NO_BACKUP_POINTS))
    total = sum(reason.points for reason in reasons)
    level = next((level for floor, level in _FLOORS if total >= floor), 4)
    if use_state == "patient_affected" and level > 1:
        reasons.append(Reason("floor_patient_affected", "1", 0))
        level = 1
    if function == "life_support" and level > 2:
        reasons.append(Reason("floor_life_support", "2", 0))
        level = 2
    return level, reasons
