"""What the functions of sessions, stewards, books and the feed must do."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from mendline.kernel import new_id
from support.isolation.calls import Call, of
from support.isolation.literals import insert
from support.isolation.world import World

LOUDLY, QUIETLY = "SET LOCAL session_replication_role = origin", "SET LOCAL session_replication_role = replica"


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
    left = f"{over}; UPDATE ticket SET visible_to = ARRAY[tenant_id] WHERE id = '{shared.id}'"
    yield Call(asked.format("2020-01-03", 50), None, "0", role="gateway", first=left)


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
        f"{QUIETLY}; UPDATE read_log SET tickets = ARRAY['{ticket}'::uuid], owners = ARRAY['{owner}'::uuid]"
        f" WHERE tenant_id IN ('{mine}', '{other}'); {LOUDLY}"
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
    """A timer for every organisation that has written since its last checkpoint, and for no other."""
    silent, *others = world.organisations.values()
    first = (
        f"{QUIETLY}; DELETE FROM audit_entry WHERE tenant_id = '{silent}';"
        f" DELETE FROM organisation_audit WHERE tenant_id = '{silent}'; DELETE FROM timer; {LOUDLY}"
    )
    listed = ", ".join(f"'{tenant}'" for tenant in world.organisations.values())
    look = (
        "SELECT string_agg(tenant_id::text, ' ' ORDER BY tenant_id) FROM timer WHERE key = 'tenants.checkpoint'"
        f" AND tenant_id IN ({listed})"
    )
    saw = " ".join(sorted(map(str, others)))
    unwatched = frozenset({"timer"})
    sql = "SELECT request_checkpoints()"
    yield Call(sql, None, role="gateway", first=first, look=look, saw=saw, unwatched=unwatched)


@of("request_fault_learning")
def _request_fault_learning(world: World) -> Iterator[Call]:
    """A timer for every organisation, whatever it has; one that waits already is left as it is."""
    listed = ", ".join(f"'{tenant}'" for tenant in world.organisations.values())
    look = (
        "SELECT string_agg(tenant_id::text, ' ' ORDER BY tenant_id) FROM timer"
        f" WHERE key = 'tickets.learn_fault_model' AND tenant_id IN ({listed})"
    )
    saw = " ".join(sorted(map(str, world.organisations.values())))
    sql, first = "SELECT request_fault_learning()", f"{QUIETLY}; DELETE FROM timer; {LOUDLY}"
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
