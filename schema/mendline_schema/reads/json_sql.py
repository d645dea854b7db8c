"""The SQL of JSON: built from values, or, where there are many rows, joined from texts.

`json_build_object` finds out anew for each value of each row how its type is written. Joined as text, what needs no
quotes is only cast, and nothing is put between: a page of 50 takes a sixth less time and a tenth less room. But each
value is an expression more, which has to be prepared: for a handful of rows that costs more than it saves.
"""

from mendline_schema.declarations.fields import Order

_PAIRS = 45
"""Postgres takes 100 arguments to a function: 45 names and values, and what stands between them."""


class Json(str):
    """SQL of a value whose text is JSON. joined: whether it is that text. present: whether it is never NULL."""

    __slots__ = ("joined", "present")
    joined: bool
    present: bool

    def __new__(cls, sql: str, *, joined: bool = False, present: bool = False) -> "Json":
        """Marks the SQL."""
        made = super().__new__(cls, sql)
        made.joined, made.present = joined, present
        return made

    def within(self, before: str, after: str) -> "Json":
        """The same in a query that answers it, or NULL where that finds no row."""
        return Json(f"{before}{self}{after}", joined=self.joined)


def json_name(name: str, joined: bool) -> str:
    """A GraphQL name as a value."""
    return Json(f"'\"{name}\"'", joined=True, present=True) if joined else f"'{name}'::text"


def json_object(pairs: list[tuple[str, str]], joined: bool) -> Json:
    """A JSON object with these names and SQL values, in this order. Names are GraphQL names: letters, digits, `_`."""
    if not pairs:
        return Json("'{}'" if joined else "'{}'::json", joined=joined, present=True)
    chunks = [pairs[start : start + _PAIRS] for start in range(0, len(pairs), _PAIRS)]
    return Json(_joined(chunks) if joined else _built(chunks), joined=joined, present=True)


def _joined(chunks: list[list[tuple[str, str]]]) -> str:
    parts = [[part for name, sql in chunk for part in (f"',\"{name}\":'", _written(sql))] for chunk in chunks]
    parts[0][0] = parts[0][0].replace(",", "{", 1)
    parts[-1].append("'}'")
    return " || ".join(f"concat({', '.join(chunk)})" for chunk in parts)


def _built(chunks: list[list[tuple[str, str]]]) -> str:
    built = ["json_build_object(" + ", ".join(f"'{name}', {sql}" for name, sql in chunk) + ")" for chunk in chunks]
    whole = built[0]
    for more in built[1:]:
        whole = f"(left({whole}::text, -1) || ', ' || substr({more}::text, 2))::json"
    return whole


def json_list(sql: str, joined: bool, order: str = "", kept: str = "") -> Json:
    """A JSON list of a value of each row. order: ` ORDER BY …`; kept: ` FILTER …`."""
    whole = f"'[' || string_agg({_text(sql)}, ','{order}){kept} || ']'" if joined else f"json_agg({sql}{order}){kept}"
    return Json(f"coalesce({whole}, '[]')", joined=joined, present=True)


def json_text(sql: str, joined: bool) -> str:
    """A text that needs no escapes as a JSON value."""
    return f"'\"' || {sql} || '\"'" if joined else f"to_json({sql})"


def _written(sql: str) -> str:
    """The JSON of a value where it is joined: `concat` writes JSON as it is, and a cast to text would copy it twice."""
    return _text(sql) if sql == "NULL" or isinstance(sql, Json) else f"coalesce(to_json({sql}), 'null')"


def _text(sql: str) -> str:
    """The JSON of a value as text that is never NULL."""
    if sql == "NULL":
        return "'null'"
    if not isinstance(sql, Json):
        return f"coalesce(to_json({sql})::text, 'null')"
    text = str(sql) if sql.joined else f"({sql})::text"
    return text if sql.present else f"coalesce({text}, 'null')"


def ordering(alias: str, order: Order, backward: bool) -> str:
    """ORDER BY's list, turned round for a page taken from the end."""
    direction = "DESC" if order.descending != backward else "ASC"
    return ", ".join(f"{term} {direction}" for term in order.terms(alias))
