"""Scalars of our own: money; and times, which Python must write as Postgres does, because either may have answered."""

from dataclasses import replace
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.types.base_scalars import DateTimeDefinition

from mendline.kernel import MOST_MONEY, iso

DATE_TIME = replace(DateTimeDefinition, serialize=iso)
"""A moment in ISO 8601, answered in UTC."""


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MOST_MONEY:
        raise GraphQLError("MinorUnits must be a whole number of at most 10^15")
    return value


MINOR_UNITS = strawberry.scalar(
    name="MinorUnits",
    description="An amount of money in whole minor units of its currency. It may be larger than an Int.",
    serialize=_whole,
    parse_value=_whole,
)
"""Amounts, as JSON numbers beyond 32 bits."""
