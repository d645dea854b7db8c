"""What the functions of sessions, stewards, books and the feed must do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from mendline.kernel import new_id
from support.isolation.calls import Call, of
from support.isolation.literals import LOUD, QUIET, insert
from support.isolation.world import World


def _one(world: World, table: str, tenant: UUID) -> dict[str, Any]:
    return next(row for row in world.rows[table] if row["tenant_id"] == tenant)


@of("lapsed")
def _lapsed(world: World) -> Iterator[Call]:
    """Of the sessions and keys asked about, those that may act no more: ended, of who is suspended, or unknown."""
    mine, other = list(world.organisations.values())[:2]
    session, key = _one(world, "login_session", mine), _one(world, "api_key", mine)
    good = (
        f"UPDATE login_session SET revoked_at = NULL, expires_at = now() + interval '1 h' WHERE id = '{session['id']}';"
        f" UPDATE api_key SET revoked_at = NULL, expires_at = NULL WHERE id = '{key['id']}';"
        f" UPDATE member SET status = 'active' WHERE tenant_id = '{mine}'"
    )

    def asked(tenant: UUID, holder: UUID) -> str:
        return f"SELECT (SELECT count(*) FROM lapsed(ARRAY['{tenant}'::uuid], ARRAY['{holder}'::uuid], now()))"

    for holder in (session["id"], key["id"]):
        yield Call(asked(mine, holder), None, "0", role="gateway", first=good)
        yield Call(asked(other, holder), None, "1", role="gateway", first=good)
    yield Call(asked(mine, new_id()), None, "1", role="gateway", first=good)
    for table, row in (("login_session", session), ("api_key", key)):
        for ended in ("revoked_at = now()", "expires_at = now() - interval '1 s'"):
            first = f"{good}; UPDATE {table} SET {ended} WHERE id = '{row['id']}'"
            yield Call(asked(mine, row["id"]), None, "1", role="gateway", first=first)
    # Beside a colleague who may act, and another organisation's member of the very same id.
    member = _one(world, "member", mine)
    beside = [world.sampler().row("member", mine, "colleague"), {**member, "tenant_id": other, "place_id": None}]
    added = "; ".join(insert(world.shapes["member"], row) for row in beside)
    suspended = f"{good}; UPDATE member SET status = 'suspended' WHERE id = '{member['id']}'; {added}"
    yield Call(asked(mine, session["id"]), None, "1", role="gateway", first=suspended)


@of("shares_over")
def _shares_over(world: World) -> Iterator[Call]:
    """A share that is open after its end, and no other: not before, not when it was taken back or has been left."""
    shared = next(one for one in world.tickets if one.held)
    rows = [row for row in world.rows["ticket_participant"] if row["ticket_id"] == shared.id]
    place, partner = f"tenant_id = '{shared.owner}' AND id = '{rows[0]['id']}'", next(iter(shared.held))
    clean = "UPDATE ticket_participant SET ends_at = NULL"
    over = f"{clean}; UPDATE ticket_participant SET ends_at = '2020-01-02', organisation = '{partner}' WHERE {place}"
    asked = (
        "SELECT (SELECT count(*) FROM shares_over('{}', {}) AS s"
        f" WHERE (s.tenant, s.ticket, s.partner) = ('{shared.owner}', '{shared.id}', '{partner}'))"
    )
    yield Call(asked.format("2020-01-03", 50), None, "1", role="gateway", first=over)
    yield Call(asked.format("2020-01-03", 0), None, "0", role="gateway", first=over)
    yield Call(asked.format("2020-01-01", 50), None, "0", role="gateway", first=over)
    yield Call(asked.format("2020-01-03", 50), None, "0", role="gateway", first=clean)
    ended = f"{over}; UPDATE ticket_participant SET groups = '{{}}' WHERE {place}"
    yield Call(asked.format("2020-01-03", 50), None, "0", role="gateway", first=ended)
    # Beside another organisation's ticket of the same id, which the partner sees.
    left = f"{over}; UPDATE ticket SET visible_to = ARRAY[tenant_id] WHERE id = '{shared.id}'"
    yield Call(asked.format("2020-01-03", 50), None, "0", role="gateway", first=left, twin=shared)


@of("steward_acting")
def _steward_acting(world: World) -> Iterator[Call]:
    """Answers for the organisation's own steward alone, never inside another's transaction."""
    mine, other = list(world.organisations.values())[:2]
    steward = _one(world, "organisation", mine)["stewarded_by"]

    def asked(tenant: UUID, who: UUID) -> str:
        return f"SELECT (SELECT count(*) FROM steward_acting('{tenant}', '{who}'))"

    yield Call(asked(mine, steward), None, "1")
    yield Call(asked(mine, other), None, "0")
    yield Call(asked(other, steward), None, "0")
    yield Call(asked(mine, steward), mine, "1")
    yield Call(asked(mine, steward), other, "P0001")


@of("reads_of_ticket")
def _reads_of_ticket(world: World) -> Iterator[Call]:
    """What one's own people have read of a ticket; nobody asks for another's."""
    mine, other = list(world.organisations.values())[:2]
    ticket, owner = new_id(), new_id()
    first = (
        f"{QUIET}; UPDATE read_log SET tickets = ARRAY['{ticket}'::uuid], owners = ARRAY['{owner}'::uuid]"
        f" WHERE tenant_id IN ('{mine}', '{other}'); {LOUD}"
    )

    def asked(reader: UUID, tenant: UUID, of_ticket: UUID) -> str:
        return f"SELECT (SELECT count(*) FROM reads_of_ticket('{reader}', '{tenant}', '{of_ticket}'))"

    yield Call(asked(mine, owner, ticket), mine, "1", first=first)
    yield Call(asked(other, owner, ticket), mine, "0", first=first)
    yield Call(asked(mine, owner, ticket), other, "0", first=first)
    yield Call(asked(mine, owner, ticket), None, "0", first=first)
    yield Call(asked(mine, new_id(), ticket), mine, "0", first=first)
    yield Call(asked(mine, owner, new_id()), mine, "0", first=first)


@of("audit_heads")
def _audit_heads(world: World) -> Iterator[Call]:
    """The heads of one organisation's chains, in pages."""
    mine = next(iter(world.organisations.values()))
    ids = sorted(row["id"] for row in world.rows["ticket"] if row["tenant_id"] == mine)

    def asked(after: UUID, wanted: int) -> str:
        page = f"audit_heads('{mine}', '{after}', {wanted})"
        return f"SELECT (SELECT string_agg(ticket_id::text, ' ' ORDER BY ticket_id) FROM {page})"

    nothing = UUID(int=0)
    yield Call(asked(nothing, 100), None, " ".join(map(str, ids)), role="auditor")
    yield Call(asked(ids[0], 100), None, " ".join(map(str, ids[1:])), role="auditor")
    yield Call(asked(nothing, 1), None, str(ids[0]), role="auditor")


@of("request_checkpoints")
def _request_checkpoints(world: World) -> Iterator[Call]:
    """A timer for who has written what no checkpoint covers, due at the end of that minute; for no other.

    Everything here is of one organisation, beside another whose leaves and checkpoint have the very same ids.
    """
    mine, other = list(world.organisations.values())[:2]
    ticket = next(one for one in world.tickets if one.owner == mine)
    silenced = "; ".join(
        f"DELETE FROM {table}"
        for table in ("audit_entry", "organisation_audit", "audit_leaf", "audit_checkpoint", "timer")
    )
    sampler, shapes, now = world.sampler(), world.shapes, datetime.now(UTC)

    def added(table: str, tenant: UUID, **given: Any) -> str:
        return insert(shapes[table], sampler.row(table, tenant, "added", **given))

    entry, page = ({"id": new_id(), "recorded_at": now - timedelta(minutes=13)} for _ in range(2))
    entry |= {"ticket_id": ticket.id, "seq": 7}
    wrote_entry, wrote_page = added("audit_entry", mine, **entry), added("organisation_audit", mine, **page)

    def leaf(tenant: UUID, of: UUID, seq: int, id: UUID) -> str:
        return added("audit_leaf", tenant, ticket_id=of, seq=seq, id=id)

    def looked(tenant: UUID, minutes: int, number: int = 1) -> str:
        return added("audit_checkpoint", tenant, covers_until=now - timedelta(minutes=minutes), number=number)

    beside = (looked(other, 0, 99), leaf(other, ticket.id, 99, page["id"]), leaf(mine, new_id(), 99, new_id()))
    waiting = added("timer", mine, key="tenants.checkpoint", due_at=now, completed_at=None)
    cases: list[tuple[tuple[str, ...], bool]] = [
        ((), False),
        ((wrote_entry, *beside), True),
        ((wrote_page, *beside), True),
        ((wrote_entry, leaf(mine, ticket.id, 6, new_id())), True),
        ((wrote_entry, leaf(mine, ticket.id, 7, new_id())), False),
        ((wrote_page, leaf(mine, new_id(), 1, page["id"])), False),
        # What was recorded long before the last look is left to the look at everything; not what is just late.
        *(((wrote, looked(mine, 12)), False) for wrote in (wrote_entry, wrote_page)),
        *(((wrote, looked(mine, 9)), True) for wrote in (wrote_entry, wrote_page)),
        *(((wrote, looked(mine, 14), looked(mine, 0, 0)), True) for wrote in (wrote_entry, wrote_page)),
        # One that waits is left alone, one that is done is set anew.
        ((wrote_page, waiting), False),
        ((wrote_page, waiting, "UPDATE timer SET completed_at = due_at"), True),
    ]
    minute = entry["recorded_at"].replace(second=0, microsecond=0) + timedelta(minutes=1)
    look = (
        f"SELECT coalesce(string_agg(tenant_id || ' ' || (due_at = '{minute.isoformat()}'), ' '), '') FROM timer"
        f" WHERE completed_at IS NULL AND due_at <> '{now.isoformat()}'"
    )
    for made, asked in cases:
        first = "; ".join((QUIET, silenced, *made, LOUD))
        yield Call(
            "SELECT request_checkpoints()",
            None,
            str(int(asked)),
            role="gateway",
            first=first,
            look=look,
            saw=f"{mine} true" if asked else "",
            unwatched=frozenset({"timer"}),
        )


@of("request_fault_learning")
def _request_fault_learning(world: World) -> Iterator[Call]:
    """A timer for every organisation, whatever it has; one that waits already is left as it is."""
    listed = ", ".join(f"'{tenant}'" for tenant in world.organisations.values())
    look = (
        "SELECT string_agg(tenant_id::text, ' ' ORDER BY tenant_id) FROM timer"
        f" WHERE key = 'tickets.learn_fault_model' AND tenant_id IN ({listed})"
    )
    saw = " ".join(sorted(map(str, world.organisations.values())))
    sql, first = "SELECT request_fault_learning()", f"{QUIET}; DELETE FROM timer; {LOUD}"
    unwatched = frozenset({"timer"})
    yield Call(sql, None, role="gateway", first=first, look=look, saw=saw, unwatched=unwatched)
    yield Call(sql, None, "0", role="gateway", first=f"{first}; SELECT request_fault_learning()", unwatched=unwatched)


@of("feed_cluster")
def _feed_cluster(world: World) -> Iterator[Call]:
    """Names the cluster, whoever asks."""
    yield Call("SELECT feed_cluster() ~ '^[0-9]+/[0-9A-F]{8}$'", next(iter(world.organisations.values())), "True")


@of("feed_after")
def _feed_after(world: World) -> Iterator[Call]:
    """A place in this cluster's feed; one of another cluster, or one that is not yet, begins anew."""
    caller = next(iter(world.organisations.values()))
    yield Call("SELECT feed_after(feed_cluster(), 1)", caller, "1")
    yield Call("SELECT feed_after('elsewhere', 1)", caller, "MD001")
    yield Call("SELECT feed_after(feed_cluster(), 9223372036854775807)", caller, "MD001")
