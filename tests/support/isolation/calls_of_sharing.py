"""What the functions of sharing and of the audit must do, for every caller that matters, not read from their text."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from mendline.kernel import TABLES, Kind, new_id
from mendline_tenants import field_groups
from support.isolation.calls import Call, State, namesake, of, one_of_each
from support.isolation.literals import LOUD, QUIET, insert, literal
from support.isolation.world import Shared, World


def children(state: State, shared: Shared) -> Iterator[tuple[str, dict[str, Any]]]:
    """(field group, row) of each child of a ticket."""
    for (name, _), row in state.items():
        table = TABLES[name]
        if table.kind is Kind.CHILD and table.group and _is_of(row, shared):
            yield table.group, row


def _is_of(row: dict[str, Any], shared: Shared) -> bool:
    return (row["tenant_id"], row["ticket_id"]) == (str(shared.owner), str(shared.id))


def beside(state: State, shared: Shared) -> Iterator[tuple[str, dict[str, Any]]]:
    """(field group, row) of each child of another ticket that names this one as its second."""
    for (name, _), row in state.items():
        named = TABLES[name].beside
        if named and (row["tenant_id"], row[named]) == (str(shared.owner), str(shared.id)):
            yield TABLES[name].group or "", row


def ticket_of(state: State, shared: Shared) -> dict[str, Any]:
    """The ticket's row."""
    return state["ticket", (str(shared.owner), str(shared.id))]


def _text(value: object) -> str:
    return literal(value, "text[]")


def _of_two_others(world: World, shared: Shared, partner: UUID) -> str:
    """The statements that add rows which name two other tickets of the same owner: they stay with the partner."""
    other = next(one for one in world.tickets if one.owner == shared.owner and one.id != shared.id)
    statements = []
    for name, table in TABLES.items():
        if table.beside:
            given = {"ticket_id": other.id, table.beside: new_id(), "visible_to": sorted({shared.owner, partner})}
            statements.append(
                insert(world.shapes[name], world.sampler().row(name, shared.owner, "two others", **given))
            )
    return "; ".join((QUIET, *statements, LOUD))


def _let_in(shared: Shared, newcomer: UUID) -> tuple[str, str]:
    """(the statement by which somebody else lets an organisation in to progress, the one that undoes it)."""
    where = f"WHERE tenant_id = '{shared.owner}' AND id = '{shared.id}'"
    viewers, audience = _with(shared, newcomer)
    return tuple(
        f"UPDATE ticket SET visible_to = {literal(seen, 'uuid[]')}, audience = {literal(held, 'jsonb')} {where}"
        for seen, held in ((viewers, audience), (shared.viewers, shared.audience))
    )


def _with(shared: Shared, newcomer: UUID) -> tuple[list[UUID], dict[str, list[str]]]:
    audience = shared.audience
    return [*shared.viewers, newcomer], audience | {"progress": [*audience["progress"], str(newcomer)]}


def _with_newcomer(shared: Shared, newcomer: UUID, then: Callable[[State], None]) -> Callable[[State], None]:
    """What must be there when somebody has been let in before."""

    def after(state: State) -> None:
        viewers, audience = _with(shared, newcomer)
        ticket_of(state, shared).update(visible_to=[str(viewer) for viewer in viewers], audience=audience)
        then(state)

    return after


# --- sharing


@of("share")
def _share(world: World) -> Iterator[Call]:
    everybody = list(world.organisations.values())
    groups = field_groups()
    some = ("people", "quality") if {"people", "quality"} <= set(groups) else groups[1:2]
    for caller in everybody[:1]:
        for shared in one_of_each(world, caller):
            own = shared.owner == caller
            strangers = [tenant for tenant in everybody if tenant not in (*shared.viewers, caller)]
            asked = [(strangers[0], some), (strangers[0], groups)]
            asked += [(viewer, ()) for viewer in shared.viewers if viewer != shared.owner]
            asked += [(viewer, groups) for viewer in shared.viewers if viewer != shared.owner] if own else []
            for partner, wanted in asked:
                sql = f"SELECT share('{shared.owner}', '{shared.id}', '{partner}', {_text(wanted)})"
                after = _shared_with(shared, partner, wanted) if own else _nothing
                others = _of_two_others(world, shared, partner)
                yield Call(sql, caller, None if own else "no such ticket", after, twin=shared, first=others)
            if own:
                sql = f"SELECT share('{shared.owner}', '{shared.id}', '{strangers[0]}', {_text(some)})"
                after = _with_newcomer(shared, strangers[1], _shared_with(shared, strangers[0], some))
                change, undo = _let_in(shared, strangers[1])
                yield Call(sql, caller, None, after, meanwhile=change, undo=undo)
            for viewer in shared.held if own else ():
                yield _shared_again(shared, viewer, groups)
            yield from _bad_shares(shared, caller, strangers[0], own)
            stray = f"SELECT share('{caller}', '{shared.id if not own else new_id()}', '{strangers[0]}', '{{}}')"
            yield Call(stray, caller, "no such ticket", twin=shared)


def _shared_again(shared: Shared, partner: UUID, groups: tuple[str, ...]) -> Call:
    """Shut out and let in again: what had been written for some alone does not come back to it."""
    ticket = f"'{shared.owner}', '{shared.id}', '{partner}'"
    sql = f"SELECT CASE WHEN unshare({ticket}) IS NOT NULL THEN share({ticket}, {_text(groups)}) END"
    gone, back = _unshared(shared, partner), _shared_with(shared, partner, groups)

    def after(state: State) -> None:
        gone(state)
        back(state)
        state.pop(("tombstone", (str(partner), str(shared.owner), str(shared.id))), None)  # `share` does not look there

    return Call(sql, shared.owner, None, after, twin=shared)


def _bad_shares(shared: Shared, caller: UUID, partner: UUID, own: bool) -> Iterator[Call]:
    refused = "22023" if own else "no such ticket"
    for partner_sql, wanted in (
        (f"'{shared.owner}'", "'{}'"),
        ("NULL", "'{}'"),
        (f"'{partner}'", "'{no such group}'"),
        (f"'{partner}'", "'{NULL}'"),
    ):
        yield Call(f"SELECT share('{shared.owner}', '{shared.id}', {partner_sql}, {wanted})", caller, refused)


def _nothing(_: State) -> None:
    """It was refused."""


def _shared_with(shared: Shared, partner: UUID, wanted: tuple[str, ...]) -> Callable[[State], None]:
    def after(state: State) -> None:
        ticket, named = ticket_of(state, shared), str(partner)
        holders = {group: list(held) for group, held in ticket["audience"].items()}
        viewers = list(ticket["visible_to"])
        for group, row in children(state, shared):
            if group != "progress" and group not in wanted:
                row["visible_to"] = [viewer for viewer in row["visible_to"] if viewer != named]
            elif not row["narrowed"] and named not in row["visible_to"]:
                row["visible_to"] = [*row["visible_to"], named]
        for group, row in beside(state, shared):
            if group not in ("progress", *wanted):
                row["visible_to"] = [viewer for viewer in row["visible_to"] if viewer != named]
        ticket["visible_to"] = [*(viewer for viewer in viewers if viewer != named), named]
        for group, held in holders.items():
            left = [viewer for viewer in held if viewer != named]
            ticket["audience"][group] = [*left, named] if group in ("progress", *wanted) else left

    return after


@of("unshare")
def _unshare(world: World) -> Iterator[Call]:
    everybody = list(world.organisations.values())
    for caller in everybody[:1]:
        for shared in one_of_each(world, caller):
            for partner in {*shared.viewers, caller, everybody[-1]}:
                sql = f"SELECT unshare('{shared.owner}', '{shared.id}', '{partner}')"
                may = caller in shared.viewers and caller in (shared.owner, partner)
                if not may:
                    yield Call(sql, caller, "no such ticket", twin=shared)
                elif partner == shared.owner:
                    yield Call(sql, caller, "22023", twin=shared)
                else:
                    after = _unshared(shared, partner)
                    new = frozenset({"changed_in", "gone_at"})
                    first = f"DELETE FROM tombstone; {_of_two_others(world, shared, partner)}"
                    yield Call(sql, caller, None, after, twin=shared, first=first, ignored=new)
                    newcomer = next(tenant for tenant in everybody if tenant not in (*shared.viewers, partner))
                    change, undo = _let_in(shared, newcomer)
                    after, first = _with_newcomer(shared, newcomer, after), "DELETE FROM tombstone"
                    yield Call(sql, caller, None, after, first=first, ignored=new, meanwhile=change, undo=undo)
            bad = f"SELECT unshare('{shared.owner}', '{shared.id}', NULL)"
            yield Call(bad, caller, "22023" if shared.owner == caller else "no such ticket")
            stray = (
                f"SELECT unshare('{caller}', '{shared.id if shared.owner != caller else new_id()}', '{everybody[3]}')"
            )
            yield Call(stray, caller, "no such ticket", twin=shared)


def _unshared(shared: Shared, partner: UUID) -> Callable[[State], None]:
    def after(state: State) -> None:
        ticket, named = ticket_of(state, shared), str(partner)
        ticket["visible_to"] = [viewer for viewer in ticket["visible_to"] if viewer != named]
        for group, held in ticket["audience"].items():
            ticket["audience"][group] = [viewer for viewer in held if viewer != named]
        for _, row in (*children(state, shared), *beside(state, shared)):
            row["visible_to"] = [viewer for viewer in row["visible_to"] if viewer != named]
        listed = (named, str(shared.owner), str(shared.id))
        state.pop(("worklist", listed), None)
        if partner in shared.viewers:  # who never saw it hears of nothing
            state["tombstone", listed] = {
                "tenant_id": named,
                "id": str(shared.id),
                "owner_id": str(shared.owner),
                "ticket_id": str(shared.id),
            }

    return after


# --- the audit


@of("audit_append")
def _audit_append(world: World) -> Iterator[Call]:
    entry = (
        '{"command": "x", "actor_role": "y", "channel": "z", "facts": {}, "occurred_at": "2026-01-01T00:00:00Z",'
        ' "claimed": false, "correlation": "", "actor": "00000000-0000-0000-0000-000000000001"}'
    )
    for caller in list(world.organisations.values())[:1]:
        for shared in one_of_each(world, caller):
            entry_id = new_id()
            sql = f"SELECT audit_append('{shared.owner}', '{shared.id}', '{entry_id}', '{entry}')"
            seen = caller in shared.viewers
            after = _appended(shared, caller, entry_id) if seen else _nothing
            made_up = frozenset({"recorded_at", "hash", "prev_hash", "audit_head", "channel", "facts", "command"})
            yield Call(sql, caller, None if seen else "no such ticket", after, twin=shared, ignored=made_up)
            if not seen:  # whose namesake is its own
                yield Call(sql, caller, "no such ticket", first=namesake(world, shared, caller))
            elif shared.owner == caller:
                numbered = f"UPDATE ticket SET audit_seq = %s WHERE tenant_id = '{caller}' AND id = '{shared.id}'"
                later = _after_another(shared, after)
                change, undo = numbered % 1, numbered % 0
                yield Call(sql, caller, None, later, ignored=made_up, meanwhile=change, undo=undo)
            # Named in one's own tenant, where there is no such ticket; and one that nobody has.
            for tenant, ticket in ((caller, shared.id), (shared.owner, new_id())):
                if (tenant, ticket) != (shared.owner, shared.id):
                    stray = f"SELECT audit_append('{tenant}', '{ticket}', '{entry_id}', '{entry}')"
                    yield Call(stray, caller, "no such ticket", twin=shared)


def _after_another(shared: Shared, then: Callable[[State], None]) -> Callable[[State], None]:
    def after(state: State) -> None:
        ticket_of(state, shared)["audit_seq"] += 1
        then(state)

    return after


def _appended(shared: Shared, caller: UUID, id: UUID) -> Callable[[State], None]:
    def after(state: State) -> None:
        ticket = ticket_of(state, shared)
        ticket["audit_seq"] += 1
        state["audit_entry", (str(shared.owner), str(id))] = {
            "tenant_id": str(shared.owner),
            "id": str(id),
            "ticket_id": str(shared.id),
            "visible_to": ticket["visible_to"],
            "narrowed": False,
            "author_org": str(caller),
            "seq": ticket["audit_seq"],
            "actor": "00000000-0000-0000-0000-000000000001",
            "actor_role": "y",
            "occurred_at": "2026-01-01T00:00:00+00:00",
            "claimed": False,
            "correlation": "",
        }

    return after
