"""Planned visits in matching: the package that plans days, above this one, tells which rows they are."""

_SOURCES: list[str] = []

PLANNED = """LEFT JOIN (
  SELECT v.technician_id, jsonb_agg(jsonb_build_array(extract(epoch FROM v.begins_at)::float8,
    extract(epoch FROM v.ends_at)::float8, v.locked)) AS visits
  FROM ({visits_source}) v GROUP BY v.technician_id) planned ON planned.technician_id = t.id"""
"""SQL: what is planned for each technician; without a package that plans, nothing is."""

_NONE = (
    "SELECT NULL::uuid AS technician_id, NULL::timestamptz AS begins_at, NULL::timestamptz AS ends_at,"
    " NULL::boolean AS locked WHERE false"
)


def visits_source(sql: str) -> None:
    """Registers a SELECT of technician_id, begins_at, ends_at and locked: the visits planned for a provider's people.

    In it a job's `{provider}`, `{facility}`, `{ticket}` and `{moment}` can be named; the visit for that ticket itself
    is none of them. It becomes a part of the one statement, so it is registered before the first job is matched.
    """
    _SOURCES.append(sql)


def registered() -> str:
    """What was registered, as one SELECT."""
    return " UNION ALL ".join(_SOURCES) or _NONE
