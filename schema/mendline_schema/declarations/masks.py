"""Masks: where a name, a number or a serial stands in a row, and to whom it is answered in full."""

from mendline.kernel import TABLES, Kind
from mendline_tenants import Mask


def masked_sql(mask: Mask, sql: str, table: str | None, alias: str, ticket: str | None, permitted: bool) -> str:
    """The text `sql` of a row as its reader may see it, as an SQL template over `{organisation}`.

    table, alias: of the row that holds it. ticket: the alias of its ticket, where that is read as well. permitted:
    whether the reader's role may read the mask's group. In full: what is an organisation's own, what a worklist holds
    (it is written for its viewer), what lies in the mask's own group, what somebody of the reader's organisation wrote,
    and what is of a ticket whose group it holds.
    """
    hidden = f"{mask.function}({sql})"
    if not permitted:
        return hidden
    in_full = _in_full(mask, table, alias, ticket)
    return sql if in_full is None else f"CASE WHEN {in_full} THEN {sql} ELSE {hidden} END"


def _in_full(mask: Mask, table: str | None, alias: str, ticket: str | None) -> str | None:
    if table is None:
        return None
    declared = TABLES[table]
    holds = f"audience->'{mask.group}' ? {{organisation}}::text"
    if declared.kind is Kind.TICKET:
        return f"{alias}.{holds}"
    if declared.kind is Kind.CHILD and declared.group != mask.group:
        if ticket is not None:
            return f"{alias}.author_org = {{organisation}} OR {ticket}.{holds}"
        of_ticket = f"h.tenant_id = {alias}.tenant_id AND h.id = {alias}.ticket_id"
        return f"{alias}.author_org = {{organisation}} OR (SELECT h.{holds} FROM ticket h WHERE {of_ticket})"  # noqa: S608
    return None
