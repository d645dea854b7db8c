"""External references: what something is called in a system outside, as (system, number), once in each organisation."""

from typing import Annotated, TypeVar
from uuid import UUID

from msgspec import Meta
from tortoise.models import Model

from mendline.kernel import rows
from mendline.kernel.errors import DomainError

ExternalSystem = Annotated[
    str, Meta(min_length=1, max_length=60, description="The system outside that knows this by a number of its own.")
]
ExternalNumber = Annotated[str, Meta(min_length=1, max_length=60, description="The number in that system.")]

M = TypeVar("M", bound=Model)


async def find_by_reference(
    model: type[M], tenant: UUID, system: str | None, number: str | None, column: str = "number"
) -> M | None:
    """The organisation's row with this reference, held against other writers; None when there or given is none.

    column: the one beside `system`. A unique key lies beneath: of two commands that put the same reference at once one
    is run again and finds the other's row. Raises invalid_input when only half of a reference is given.
    """
    if (system is None) != (number is None):
        raise DomainError("invalid_input", field="number" if number is None else "system", problem="half_a_reference")
    if system is None:
        return None
    where = f"tenant_id = $1 AND system = $2 AND {column} = $3 FOR NO KEY UPDATE"
    found = await rows.select(model, where, tenant, system, number)
    return found[0] if found else None
