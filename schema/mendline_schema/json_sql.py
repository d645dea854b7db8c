"""The SQL of JSON objects and of orderings."""

from mendline_schema.fields import Order

_PAIRS = 50
"""Postgres takes 100 arguments to a function: 50 names and values."""


def json_object(pairs: list[tuple[str, str]]) -> str:
    """A JSON object with these names and SQL values, in this order. Names are GraphQL names: letters, digits, `_`."""
    if not pairs:
        return "'{}'::json"
    chunks = [
        "json_build_object(" + ", ".join(f"'{name}', {sql}" for name, sql in pairs[start : start + _PAIRS]) + ")"
        for start in range(0, len(pairs), _PAIRS)
    ]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = f"(left({whole}::text, -1) || ', ' || substr({chunk}::text, 2))::json"
    return whole


def ordering(alias: str, order: Order, backward: bool) -> str:
    """ORDER BY's list, turned round for a page taken from the end."""
    direction = "DESC" if order.descending != backward else "ASC"
    return ", ".join(f"{term} {direction}" for term in order.terms(alias))
