"""What the functions beside sharing and the audit must do: worklists, who acts, forgetting."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from mendline.kernel import TABLES, new_id
from mendline.tickets import GROUPS
from mendline_tenants import POSITION, masked_name, masked_serial
from support.isolation.calls import Call, State, namesake, of, one_of_each
from support.isolation.literals import LOUD, QUIET, insert, literal
from support.isolation.world import Shared, World

WITH_PEOPLE = {"assignee", "location"}
WITH_CLINICAL = {"symptom", "use_state", "isolation"}
"""What of a worklist's card belongs to which field group."""


@of("worklist_put")
def _worklist_put(world: World) -> Iterator[Call]:
    for caller in list(world.organisations.values())[:1]:
        for shared in one_of_each(world, caller):
            stranger = next(t for t in world.organisations.values() if t not in _viewers(world, shared.owner))
            stale = _listed(world, shared, stranger)
            # Twice: what is as it was is left alone the second time, and must stay.
            sql = f"SELECT count(worklist_put('{shared.owner}', '{shared.id}')) FROM generate_series(1, 2)"
            after = _put(world, shared, stranger) if caller in shared.viewers else lambda _: None
            new = frozenset({"changed_in", "gone_at"})
            yield Call(sql, caller, None, after, twin=shared, first=stale, ignored=new)
            for tenant, ticket in ((caller, shared.id), (shared.owner, new_id())):
                if (tenant, ticket) != (shared.owner, shared.id):
                    yield Call(f"SELECT worklist_put('{tenant}', '{ticket}')", caller, twin=shared, first=stale)
            put = f"SELECT worklist_put('{shared.owner}', '{shared.id}')"
            if caller not in shared.viewers:  # whose namesake is its own
                yield Call(put, caller, first=namesake(world, shared, caller))
            elif shared.owner == caller:
                yield from _put_again(world, shared, put)


def _viewers(world: World, owner: UUID) -> set[UUID]:
    """Who sees any ticket of an organisation."""
    return {viewer for shared in world.tickets if shared.owner == owner for viewer in shared.viewers}


def _put_again(world: World, shared: Shared, put: str) -> Iterator[Call]:
    """A row that is as it was keeps its place in the feed, unless that is yet to come. A change is waited for."""
    where = f"owner_id = '{shared.owner}' AND ticket_id = '{shared.id}'"
    done = f"SET LOCAL app.tenant = '{shared.owner}'; {put}; UPDATE worklist SET changed_in = %s WHERE {where}"
    yield Call(put, shared.owner, first=done % 5)
    look = f"SELECT bool_and(changed_in = {POSITION}) FROM worklist WHERE {where}"
    place = frozenset({"changed_in"})
    yield Call(put, shared.owner, first=done % (2**63 - 1), ignored=place, look=look, saw="True")
    ticket = f"tenant_id = '{shared.owner}' AND id = '{shared.id}'"
    was = next(row for row in world.rows["ticket"] if (row["tenant_id"], row["id"]) == (shared.owner, shared.id))
    change, undo = (f"UPDATE ticket SET version = {n} WHERE {ticket}" for n in (was["version"] + 1, was["version"]))
    look = f"SELECT string_agg(DISTINCT version::text, ' ') FROM worklist WHERE {where}"
    saw, unwatched = str(was["version"] + 1), frozenset({"ticket", "worklist", "tombstone"})
    yield Call(put, shared.owner, look=look, saw=saw, unwatched=unwatched, meanwhile=change, undo=undo)


def _listed(world: World, shared: Shared, viewer: UUID) -> str:
    """A row of a participant that sees the ticket no more, and beside it rows that stay.

    They are of another ticket, of another organisation's ticket, and of one that was no participant of this ticket but
    of the owner's other one, and of another organisation's of the same id.
    """
    another = next(other for other in world.tickets if other.owner == shared.owner and other.id != shared.id)
    knowing = {*_viewers(world, shared.owner), viewer}
    elsewhere, never = [tenant for tenant in world.organisations.values() if tenant not in knowing][:2]
    sampler, table = world.sampler(), world.shapes["worklist"]
    statements = ["UPDATE worklist SET changed_in = 0", f"DELETE FROM tombstone WHERE tenant_id = '{viewer}'"]
    for listed, owner, ticket in (
        (viewer, shared.owner, shared.id),
        (viewer, shared.owner, another.id),
        (viewer, elsewhere, shared.id),
        (never, shared.owner, shared.id),
    ):
        row = sampler.row("worklist", listed, "stale", owner_id=owner, ticket_id=ticket)
        statements.append(insert(table, row))
    buried = sampler.row("tombstone", never, "stale", owner_id=shared.owner, ticket_id=shared.id)
    statements.append(insert(world.shapes["tombstone"], buried))
    once = [(shared.owner, shared.id, who) for who in (viewer, *shared.held)]
    once += [(shared.owner, another.id, never), (elsewhere, shared.id, never)]
    for owner, ticket, organisation in once:
        row = sampler.row("ticket_participant", owner, "once", ticket_id=ticket, organisation=organisation)
        statements.append(insert(world.shapes["ticket_participant"], {**row, "visible_to": [owner]}))
    return "; ".join((QUIET, *statements, LOUD))


def _put(world: World, shared: Shared, stale: UUID) -> Callable[[State], None]:
    def after(state: State) -> None:
        where = str(shared.owner), str(shared.id)
        ticket = state["ticket", where]
        state.pop(("worklist", (str(stale), *where)))
        state["tombstone", (str(stale), *where)] = {
            "tenant_id": str(stale),
            "id": where[1],
            "owner_id": where[0],
            "ticket_id": where[1],
        }
        for viewer in shared.viewers:
            state.pop(("tombstone", (str(viewer), *where)))
            key = ("worklist", (str(viewer), *where))
            known = state[key]
            known |= {name: ticket[name] for name in _SAME}
            known |= {"part": _part(ticket, str(viewer)), "due_at": ticket["restoration_due_at"]}
            known["assignee_id"] = None
            card = {"device": ticket["device_card"], "facility": ticket["facility_card"]}
            card |= {"provider": ticket["provider_card"], "eta_at": ticket["eta_at"], "events": _events(state, where)}
            card["withheld"] = [group for group in GROUPS if str(viewer) not in ticket["audience"][group]]
            if str(viewer) not in ticket["audience"]["quality"]:
                masked = masked_serial(ticket["device_card"]["serial"])
                card["device"] = {**ticket["device_card"], "serial": masked}
            people = state["ticket_people", where]
            card["assignee"] = masked_name(people["assignee_name"])
            if str(viewer) in ticket["audience"]["people"]:
                known["assignee_id"] = people["assignee_id"]
                card |= {"assignee": people["assignee_name"], "location": people["location"]}
            if str(viewer) in ticket["audience"]["clinical"]:
                clinical = state["ticket_clinical", where]
                card |= {"symptom": clinical["symptom"][:200], "use_state": clinical["use_state"]}
                card |= {"isolation": clinical["isolation"]}
            known["card"] = card

    return after


_SAME = (
    *("kind", "state", "phase", "priority", "provider_id", "device_id", "parent_id", "version"),
    *("changed_at", "closed_at"),
)


def _part(ticket: dict[str, Any], viewer: str) -> str:
    parts = {ticket["manufacturer_id"]: "manufacturer", ticket["provider_id"]: "service_provider"}
    return (parts | {ticket["tenant_id"]: "user_facility"}).get(viewer, "participant")


def _events(state: State, where: tuple[str, str]) -> list[dict[str, Any]]:
    """The last three entries of a ticket's audit, the newest first."""
    entries = [
        row
        for (name, _), row in state.items()
        if name == "audit_entry" and (row["tenant_id"], row["ticket_id"]) == where
    ]
    return [
        {
            "seq": row["seq"],
            "command": row["command"],
            "role": row["actor_role"],
            "organisation": row["author_org"],
            "at": row["occurred_at"],
        }
        for row in sorted(entries, key=lambda row: -row["seq"])[:3]
    ]


# --- who acts


@of("member_acting")
def _member_acting(world: World) -> Iterator[Call]:
    """Answers in its own tenant alone, for the session of that member alone, and never inside another's transaction."""
    mine, other = list(world.organisations.values())[:2]
    member = world.known("member", mine)
    session = next(row["id"] for row in world.rows["login_session"] if row["tenant_id"] == mine)
    stranger = new_id()

    def sql(tenant: UUID, of: UUID | None, session: UUID | None) -> str:
        shown = f"'{session}'" if session else "NULL"
        return (
            "SELECT (SELECT count(*) FILTER (WHERE session_open) || ' of ' || count(*)"
            f" FROM member_acting('{tenant}', '{of}', {shown}, now()))"
        )

    opened = f"UPDATE login_session SET revoked_at = NULL WHERE id = '{session}'"
    yield Call(sql(mine, member, None), None, "1 of 1", first=_quota(world, mine))
    yield Call(sql(mine, member, session), None, "1 of 1", first=opened)
    yield Call(sql(mine, member, stranger), None, "0 of 1", first=opened)
    yield Call(sql(mine, stranger, None), None, "0 of 0")
    yield Call(sql(other, member, session), None, "0 of 0", first=opened)
    yield Call(sql(mine, member, None), other, "P0001")
    yield Call(sql(mine, member, None), mine, "1 of 1")
    # A colleague's session opens nothing, nor does one that was revoked or has expired.
    colleague = world.sampler().row("member", mine, "colleague")
    added = f"{opened}; {insert(world.shapes['member'], colleague)}"
    yield Call(sql(mine, colleague["id"], session), None, "0 of 1", first=added)
    for column, value in (("revoked_at", "now()"), ("expires_at", "now() - interval '1 second'")):
        ended = f"{opened}; UPDATE login_session SET {column} = {value} WHERE id = '{session}'"
        yield Call(sql(mine, member, session), None, "0 of 1", first=ended)


def _quota(world: World, tenant: UUID) -> str:
    """The statement that adds what was set for an organisation: the row that bears its id, beside one that does not."""
    row = world.sampler().row("quota", tenant, "quota", id=tenant, trusted_documents=True)
    return insert(world.shapes["quota"], row)


@of("key_acting")
def _key_acting(world: World) -> Iterator[Call]:
    """A key opens its own organisation with its own secret while it is neither revoked nor expired."""
    mine, other = list(world.organisations.values())[:2]
    row = next(row for row in world.rows["api_key"] if row["tenant_id"] == mine)
    good, bad = literal(row["secret_hash"], "bytea"), "'\\x00'::bytea"

    def sql(tenant: UUID, key: UUID, digest: str) -> str:
        return (
            "SELECT (SELECT count(*) FILTER (WHERE usable) || ' of ' || count(*)"
            f" FROM key_acting('{tenant}', '{key}', {digest}, now()))"
        )

    changes = (
        "UPDATE api_key SET used_at = NULL, revoked_at = NULL, expires_at = now() + interval '1 h'"
        f" WHERE id = '{row['id']}'"
    )
    unwatched = frozenset({"api_key"})
    yield Call(sql(mine, row["id"], good), None, "1 of 1", first=changes, ignored=frozenset({"used_at"}))
    for first, trusted in ((changes, "False"), (f"{changes}; {_quota(world, mine)}", "True")):
        listed = f"SELECT trusted_documents FROM key_acting('{mine}', '{row['id']}', {good}, now())"
        yield Call(f"SELECT ({listed})", None, trusted, first=first, unwatched=unwatched)
    yield Call(sql(mine, row["id"], bad), None, "0 of 0", first=changes)
    yield Call(sql(mine, new_id(), good), None, "0 of 0", first=changes)
    yield Call(sql(other, row["id"], good), None, "0 of 0", first=changes)
    yield Call(sql(mine, row["id"], good), other, "P0001", first=changes)
    # A key that is used many times a minute is noted as used once.
    used = f"{changes}; UPDATE api_key SET used_at = now() - interval '10 s' WHERE id = '{row['id']}'"
    yield Call(sql(mine, row["id"], good), None, "1 of 1", first=used)
    for column, value in (("revoked_at", "now()"), ("expires_at", "now() - interval '1 second'")):
        ended = f"{changes}; UPDATE api_key SET {column} = {value} WHERE id = '{row['id']}'"
        noted = frozenset({"used_at"} if column == "expires_at" else ())
        yield Call(sql(mine, row["id"], good), None, "0 of 1", first=ended, ignored=noted)


# --- forgetting


def _forgets(
    table: str, function: str, kept_for: str, column: str = "recorded_at"
) -> Callable[[World], Iterator[Call]]:
    def calls(world: World) -> Iterator[Call]:
        """However far ahead it is asked, what may still be needed stays; what is old goes, of every organisation."""
        old = world.rows[table][:2]
        keys = [tuple(str(row[name]) for name in TABLES[table].key) for row in old]
        named = " OR ".join(
            "(" + " AND ".join(f"{name} = '{row[name]}'" for name in TABLES[table].key) + ")" for row in old
        )
        aged = f"UPDATE {table} SET {column} = now() - interval '{kept_for}' - interval '1 minute' WHERE {named}"

        def after(state: State) -> None:
            for key in keys:
                del state[table, key]

        yield Call(f"SELECT {function}('infinity')", None, None, after, role="gateway", first=aged)
        yield Call(f"SELECT {function}('-infinity')", None, None, role="gateway", first=aged)

    return calls


@of("forget_idempotency_keys")
def _forget_idempotency_keys(world: World) -> Iterator[Call]:
    """The receipts of errands stay for good: an organisation's own keys that begin with their word, and no others."""
    yield from _forgets("idempotency_key", "forget_idempotency_keys", "24 hours")(world)
    row = world.rows["idempotency_key"][0]
    where = f"tenant_id = '{row['tenant_id']}' AND id = '{row['id']}'"
    for actor, key, stays in (
        (row["tenant_id"], "errand:1", True),
        (row["tenant_id"], "1", False),
        (new_id(), "errand:1", False),
    ):
        old = f"recorded_at = now() - interval '1 year', actor = '{actor}', key = '{key}'"
        look = f"SELECT count(*) FROM idempotency_key WHERE {where}"
        first, saw = f"UPDATE idempotency_key SET {old} WHERE {where}", str(int(stays))
        unwatched = frozenset({"idempotency_key"})
        yield Call(
            "SELECT forget_idempotency_keys('infinity')",
            None,
            role="gateway",
            first=first,
            look=look,
            saw=saw,
            unwatched=unwatched,
        )


of("forget_chat_buttons")(_forgets("chat_button", "forget_chat_buttons", "30 days"))
of("forget_tombstones")(_forgets("tombstone", "forget_tombstones", "90 days", "gone_at"))
