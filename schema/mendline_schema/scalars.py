"""Scalars of our own: times, which Python must write as Postgres does, because either may have written an answer."""

from dataclasses import replace

from strawberry.schema.types.base_scalars import DateTimeDefinition

from mendline.kernel import iso

DATE_TIME = replace(DateTimeDefinition, serialize=iso)
"""A moment in ISO 8601, answered in UTC."""
