"""What a ward tells beside the symptom, checked: when it happened, when the room is free, who is asking."""

from datetime import datetime, timedelta
from typing import Annotated, Protocol

from msgspec import Meta

from mendline.kernel import DomainError, iso
from mendline_tenants import Actor

AccessWindows = Annotated[tuple[tuple[datetime, datetime], ...], Meta(max_length=20)]
"""When the room is free: from, until."""

FaultCode = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
"""What kind of fault it is, in an organisation's own codes."""

AHEAD = timedelta(minutes=5)
"""How far a reporter's clock may be ahead of ours."""


class Told(Protocol):
    """The fields that are checked."""

    @property
    def happened_at(self) -> datetime | None: ...
    @property
    def access_windows(self) -> AccessWindows: ...
    @property
    def contact_name(self) -> str: ...
    @property
    def device(self) -> str | None: ...
    @property
    def named(self) -> str | None: ...


def check_told(actor: Actor, told: Told, moment: datetime) -> None:
    """Raises invalid_input with the field that is wrong, and contact_needed where nobody knows who reports."""
    if told.device is not None and told.named is not None:
        raise DomainError("invalid_input", field="named", problem="device_given_twice")
    if actor.unit_account and not told.contact_name.strip():
        raise DomainError("contact_needed")
    check_times(told.happened_at, told.access_windows, moment)


def check_times(happened_at: datetime | None, windows: AccessWindows, moment: datetime) -> None:
    """Raises invalid_input for a fault in the future, and for a window that ends before it begins or is over."""
    if happened_at is not None and happened_at > moment + AHEAD:
        raise DomainError("invalid_input", field="happened_at", problem="in_future")
    for begins, ends in windows:
        if ends <= begins:
            raise DomainError("invalid_input", field="access_windows", problem="out_of_order")
        if ends <= moment:
            raise DomainError("invalid_input", field="access_windows", problem="not_ahead")


def stored_windows(windows: AccessWindows) -> list[list[str]]:
    """As the ticket keeps them, the earliest first."""
    return [[iso(begins), iso(ends)] for begins, ends in sorted(windows)]
