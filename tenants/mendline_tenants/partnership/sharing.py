"""Sharing: who sees a ticket and which of its field groups, changed by two definer functions and nothing else."""

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from mendline.kernel import TABLES, Function, Kind, Reference, Table, execute, not_found
from mendline_tenants.partnership.tombstones import BURY, Tombstone

_SHARE = """
CREATE OR REPLACE FUNCTION share(of_tenant uuid, of_ticket uuid, partner uuid, wanted text[]) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE t record; held jsonb; viewers uuid[]; named text := partner::text;
BEGIN
  SELECT visible_to, audience INTO t FROM public.ticket
   WHERE tenant_id = of_tenant AND id = of_ticket AND of_tenant = public.cur() FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such ticket' USING ERRCODE = 'P0002'; END IF;
  IF partner IS NULL OR partner = of_tenant OR NOT wanted <@ ARRAY[{groups}] THEN
    RAISE EXCEPTION 'no such share' USING ERRCODE = '22023';
  END IF;
  viewers := array_append(array_remove(t.visible_to, partner), partner);
  held := (SELECT jsonb_object_agg(g, coalesce(t.audience->g, '[]'::jsonb) - named
      || CASE WHEN g = 'progress' OR g = ANY (wanted) THEN jsonb_build_array(named) ELSE '[]'::jsonb END)
    FROM unnest(ARRAY[{groups}]) AS g);
  UPDATE public.ticket SET visible_to = viewers, audience = held WHERE tenant_id = of_tenant AND id = of_ticket;
{children}
  RETURN viewers;
END $$"""

_WIDEN = """
    UPDATE public.{table} SET visible_to = array_append(visible_to, partner)
     WHERE tenant_id = of_tenant AND ticket_id = of_ticket AND NOT narrowed AND NOT visible_to @> ARRAY[partner];"""

_TAKE = """
    UPDATE public.{table} SET visible_to = array_remove(visible_to, partner)
     WHERE tenant_id = of_tenant AND {of_ticket} AND visible_to @> ARRAY[partner];"""

_SHARE_GROUP = f"""
  IF '{{group}}' = ANY (wanted) THEN{_WIDEN}
  ELSE{_TAKE}
  END IF;"""

_SHARE_BESIDE = f"""
  IF ('{{group}}' = ANY (wanted)) IS NOT TRUE THEN{_TAKE}
  END IF;"""
"""Rows that name a second ticket are narrowed, each of them: sharing takes them away and never shows them to more."""

_UNSHARE = """
CREATE OR REPLACE FUNCTION unshare(of_tenant uuid, of_ticket uuid, partner uuid) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE t record; viewers uuid[];
BEGIN
  SELECT visible_to, audience INTO t FROM public.ticket
   WHERE tenant_id = of_tenant AND id = of_ticket AND visible_to @> ARRAY[public.cur()]
   AND (of_tenant = public.cur() OR partner = public.cur()) FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no such ticket' USING ERRCODE = 'P0002'; END IF;
  IF partner IS NULL OR partner = of_tenant THEN
    RAISE EXCEPTION 'no such share' USING ERRCODE = '22023';
  END IF;
  viewers := array_remove(t.visible_to, partner);
  UPDATE public.ticket SET visible_to = viewers,
    audience = (SELECT coalesce(jsonb_object_agg(key, value - partner::text), '{{}}'::jsonb)
                FROM jsonb_each(t.audience))
   WHERE tenant_id = of_tenant AND id = of_ticket;
{children}
  RETURN viewers;
END $$"""

_UNLIST = """
  DELETE FROM public.{table} WHERE tenant_id = partner AND owner_id = of_tenant AND ticket_id = of_ticket;"""

_BURY = f"""
  IF t.visible_to @> ARRAY[partner] THEN {BURY.format(viewers="unnest(ARRAY[partner])")};
  END IF;"""
"""Only who saw the ticket is told that it is gone: nobody plants an id in a stranger's feed."""


def field_groups() -> tuple[str, ...]:
    """Every field group that some table belongs to; `progress`, which each viewer holds, is the first."""
    named = {table.group for table in TABLES.values() if table.kind is Kind.CHILD and table.group}
    return ("progress", *sorted(named - {"progress"}))


def sharing_functions() -> tuple[Function, Function]:
    """`share` and `unshare`, over every child table that is declared by now.

    A row for which its author named who sees it (`narrowed`) is never shown to more. One that names a second ticket
    is taken from whoever loses either.
    """
    children = sorted(
        (table for table in TABLES.values() if table.kind is Kind.CHILD and table.group is not None),
        key=lambda table: table.name,
    )
    worklists = sorted(
        table.name for table in TABLES.values() if table.kind is Kind.WORKLIST and table.model is not Tombstone
    )
    groups = ", ".join(f"'{group}'" for group in field_groups())
    needs = {"ticket": "SELECT, UPDATE (visible_to, audience)"}
    needs |= {child.name: "SELECT, UPDATE (visible_to)" for child in children}
    needs_to_leave = needs | dict.fromkeys(worklists, "SELECT, DELETE") | {"tombstone": "SELECT, INSERT, UPDATE"}
    share = _SHARE.format(groups=groups, children="".join(_share(child) for child in children))
    leave = [_TAKE.format(table=child.name, of_ticket=_of_ticket(child)) for child in children]
    leave += [_UNLIST.format(table=name) for name in worklists]
    leave.append(_BURY)
    unshare = _UNSHARE.format(children="".join(leave))
    return (
        Function("share(uuid, uuid, uuid, text[])", share, needs),
        Function("unshare(uuid, uuid, uuid)", unshare, needs_to_leave),
    )


def _share(child: Table) -> str:
    if child.group == "progress":  # every viewer holds it
        text = "" if child.beside else _WIDEN
    else:
        text = _SHARE_BESIDE if child.beside else _SHARE_GROUP
    return text.format(table=child.name, group=child.group, of_ticket=_of_ticket(child))


def _of_ticket(child: Table) -> str:
    """Whether a row tells of the ticket: as its own, or beside its own."""
    if child.beside is None:
        return "ticket_id = of_ticket"
    return f"(ticket_id = of_ticket OR {child.beside} = of_ticket)"


async def share_ticket(ticket: Reference, organisation: UUID, groups: Iterable[str]) -> None:
    """Shows the ticket to another organisation, with exactly these field groups (`progress` always among them).

    For the user facility's commands. Raises DomainError not_found for a ticket that is not the bound organisation's
    own, for a group that nobody knows and for sharing with oneself.
    """
    await _call("SELECT share($1, $2, $3, $4)", ticket.tenant, ticket.id, organisation, list(groups))


async def unshare_ticket(ticket: Reference, organisation: UUID) -> None:
    """Takes the ticket from another organisation; it holds from the next statement. An organisation may also leave.

    Raises DomainError not_found for a ticket that the bound organisation may not unshare.
    """
    await _call("SELECT unshare($1, $2, $3)", ticket.tenant, ticket.id, organisation)


async def _call(sql: str, *values: object) -> None:
    try:
        await execute(sql, *values)
    except (asyncpg.NoDataFoundError, asyncpg.InvalidParameterValueError):
        raise not_found("ticket") from None
