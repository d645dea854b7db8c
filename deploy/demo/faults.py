"""The faults that fill the demo's year: what wards write, what it was and what mended it."""

from .faults_bedside import BEDSIDE
from .faults_large import LARGE
from .structs import Record, Text, UseState

# code, symptoms zh, symptoms en, cause (zh, en), action (zh, en), parts (zh, en), minutes of work, use state
FaultRow = tuple[
    str,
    tuple[str, ...],
    tuple[str, ...],
    tuple[str, str],
    tuple[str, str],
    tuple[tuple[str, str], ...],
    tuple[int, int],
    UseState,
]


class Fault(Record, frozen=True, kw_only=True):
    """One kind of fault of a device class; `minutes` is the span of hands-on work."""

    code: str
    device_class: str
    symptoms_zh: tuple[str, ...]
    symptoms_en: tuple[str, ...]
    cause: Text
    action: Text
    parts: tuple[Text, ...]
    minutes: tuple[int, int]
    use_state: UseState


def faults_of(device_class: str) -> tuple[Fault, ...]:
    """The faults of a class, the commonest first."""
    rows: tuple[FaultRow, ...] = {**BEDSIDE, **LARGE}[device_class]
    return tuple(
        Fault(
            code=f"{device_class}.{code}",
            device_class=device_class,
            symptoms_zh=symptoms_zh,
            symptoms_en=symptoms_en,
            cause=Text(zh=cause[0], en=cause[1]),
            action=Text(zh=action[0], en=action[1]),
            parts=tuple(Text(zh=zh, en=en) for zh, en in parts),
            minutes=minutes,
            use_state=use_state,
        )
        for code, symptoms_zh, symptoms_en, cause, action, parts, minutes, use_state in rows
    )
