"""Isolation: what role `app`, bound to one organisation, cannot do to another's rows with any SQL."""

import asyncpg
import pytest

from mendline.kernel import (
    DomainError,
    execute,
    fetch,
    fetchval,
    in_transaction,
    new_id,
    opaque,
    pool,
    rows,
    session,
    transaction,
)
from mendline.tickets import Ticket, TicketMessage, TicketPeople, TicketQuality
from support.database import look, unchanged

MESSAGE = (
    "INSERT INTO ticket_message (tenant_id, id, ticket_id, author_org, author_id, author_name, kind, body, channel,"
    " occurred_at, recorded_at, visible_to)"
    " VALUES ($1, $2, $3, $4, $4, 'x', 'comment', 'x', 'graphql', now(), now(), $5)"
)


async def refused(tenant, sql, *values) -> asyncpg.PostgresError:
    """The error by which Postgres refuses a statement of this organisation."""
    with pytest.raises(asyncpg.PostgresError) as caught:
        async with transaction(tenant):
            await execute(sql, *values)
    return caught.value


def told(error: asyncpg.PostgresError) -> tuple:
    """All that a caller can see of an error, ids apart."""
    return error.sqlstate, error.args[0], error.as_dict().get("detail"), error.as_dict().get("hint")


async def test_a_hidden_ticket_cannot_be_told_from_a_missing_one(cast, ticket):
    stranger = cast["vendor_w"]
    for sql in (
        MESSAGE,
        "INSERT INTO visit (tenant_id, id, ticket_id, author_org, technician_id, attempt, recorded_at, visible_to)"
        " VALUES ($1, $2, $3, $4, $4, 1, now(), $5)",
    ):
        for viewers in (None, [stranger], [stranger, cast["hospital_a"]]):
            async with unchanged():
                hidden = await refused(stranger, sql, ticket.tenant, new_id(), ticket.id, stranger, viewers)
                missing = await refused(stranger, sql, ticket.tenant, new_id(), new_id(), stranger, viewers)
            assert told(hidden) == told(missing) == ("P0002", "no such ticket", None, None)
    for function in (
        "SELECT worklist_put($1, $2)",
        "SELECT $1::uuid, $2::uuid FROM ticket WHERE tenant_id = $1 AND id = $2",
        "UPDATE ticket SET changed_by = 'x' WHERE tenant_id = $1 AND id = $2",
        "DELETE FROM worklist WHERE false AND tenant_id = $1 AND id = $2",
    ):
        answers = []
        for asked in (ticket.id, new_id()):
            try:
                async with transaction(stranger):
                    answers.append(await execute(function, ticket.tenant, asked))
            except asyncpg.PostgresError as error:
                answers.append(told(error))
        assert answers[0] == answers[1], function


async def test_the_definer_functions_check_the_tenant_themselves(cast, ticket):
    stranger, other = cast["vendor_w"], cast["hospital_b"]
    calls = {
        "SELECT share($1, $2, $3, '{people}')": stranger,
        "SELECT unshare($1, $2, $3)": cast["vendor_v"],
        "SELECT audit_append($1, $2, $3, '{}')": stranger,
    }
    for sql, about in calls.items():
        for caller in (stranger, other):
            async with unchanged():
                hidden = await refused(caller, sql, ticket.tenant, ticket.id, about)
                missing = await refused(caller, sql, ticket.tenant, new_id(), about)
            assert told(hidden) == told(missing) == ("P0002", "no such ticket", None, None), sql
    # The provider sees the ticket, and still neither shares it further nor takes it from anyone else.
    for sql, about in (
        ("SELECT share($1, $2, $3, '{people}')", cast["vendor_w"]),
        ("SELECT share($1, $2, $3, '{vigilance}')", cast["vendor_v"]),
        ("SELECT unshare($1, $2, $3)", cast["hospital_a"]),
    ):
        assert (await refused(cast["vendor_v"], sql, ticket.tenant, ticket.id, about)).sqlstate == "P0002"
    assert (await refused(ticket.tenant, "SELECT unshare($1, $2, $1)", *ticket)).sqlstate == "22023"


async def test_nobody_makes_a_ticket_in_anothers_name(cast, ticket):
    vendor, hospital = cast["vendor_v"], cast["hospital_a"]
    copy = (
        "INSERT INTO ticket (tenant_id, id, visible_to, audience, number, provider_id, device_card, facility_card,"
        " provider_card, kind, state, phase, version, attempt, priority, opened_at, changed_at,"
        " changed_by, audit_seq) SELECT $2, $3, $4, '{}', 'X-1', $1, '{}', '{}', '{}', kind, state, phase, 1, 1, 3,"
        " now(), now(), '', 0 FROM ticket LIMIT 1"
    )
    async with unchanged():
        for viewers in ([vendor], [vendor, hospital], [hospital]):
            assert (await refused(vendor, copy, vendor, hospital, new_id(), viewers)).sqlstate == "42501"
        assert (await refused(vendor, copy, vendor, vendor, new_id(), [hospital])).sqlstate == "42501"
    async with transaction(hospital):
        assert await execute(copy, vendor, hospital, new_id(), [vendor, hospital]) == "INSERT 0 1"


async def test_nobody_writes_in_anothers_name(cast, ticket):
    vendor, hospital = cast["vendor_v"], cast["hospital_a"]
    async with unchanged():
        error = await refused(vendor, MESSAGE, ticket.tenant, new_id(), ticket.id, hospital, None)
        assert error.sqlstate == "42501"
        for table, column in (("member", "login"), ("api_key", "name"), ("outbox", "name")):
            error = await refused(
                vendor,
                f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table},"
                f" jsonb_build_object('tenant_id', $1::uuid, 'id', $2::uuid, '{column}', 'x'))",
                hospital,
                new_id(),
            )
            assert error.sqlstate in {"42501", "23502"}


async def test_a_childs_viewers_are_never_more_than_the_tickets(cast, ticket):
    vendor, stranger = cast["vendor_v"], cast["vendor_w"]
    written = new_id()
    async with transaction(vendor):
        await execute(MESSAGE, ticket.tenant, written, ticket.id, vendor, [vendor, stranger, ticket.tenant])
    assert set((await look("SELECT visible_to FROM ticket_message WHERE id = $1", written))[0][0]) == {
        vendor,
        ticket.tenant,
    }
    # A row meant for fewer stays with fewer.
    async with transaction(ticket.tenant):
        await execute(MESSAGE, ticket.tenant, own := new_id(), ticket.id, ticket.tenant, [ticket.tenant])
    async with transaction(vendor):
        assert await rows.find(TicketMessage, ticket.tenant, own) is None
        assert await rows.find(TicketMessage, ticket.tenant, written) is not None


async def test_what_is_fixed_cannot_be_changed(cast, ticket):
    for tenant in (ticket.tenant, cast["vendor_v"]):
        for sql in (
            "UPDATE ticket SET visible_to = visible_to || $3::uuid WHERE tenant_id = $1 AND id = $2",
            "UPDATE ticket SET audience = '{}' WHERE tenant_id = $1 AND id = $2 AND $3::uuid IS NOT NULL",
            "UPDATE ticket SET tenant_id = $3 WHERE tenant_id = $1 AND id = $2",
            "UPDATE ticket SET audit_head = NULL WHERE tenant_id = $1 AND id = $2 AND $3::uuid IS NOT NULL",
            "UPDATE ticket_people SET visible_to = ARRAY[$3::uuid] WHERE tenant_id = $1 AND ticket_id = $2",
            "UPDATE ticket_message SET body = 'x' WHERE tenant_id = $1 AND ticket_id = $2 AND $3::uuid IS NOT NULL",
            "UPDATE audit_entry SET facts = '{}' WHERE tenant_id = $1 AND ticket_id = $2 AND $3::uuid IS NOT NULL",
            "DELETE FROM audit_entry WHERE tenant_id = $1 AND ticket_id = $2 AND $3::uuid IS NOT NULL",
            "DELETE FROM ticket WHERE tenant_id = $1 AND id = $2 AND $3::uuid IS NOT NULL",
            "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE tenant_id = $1 AND ticket_id = $2 AND id <> $3",
            "UPDATE worklist SET state = 'x' WHERE owner_id = $1 AND ticket_id = $2 AND $3::uuid IS NOT NULL",
            "INSERT INTO worklist SELECT * FROM worklist WHERE owner_id = $1 AND ticket_id = $2 AND id <> $3",
        ):
            async with unchanged():
                assert (await refused(tenant, sql, *ticket, cast["vendor_w"])).sqlstate == "42501", sql


async def test_field_groups_hold_for_reading_and_writing(cast, ticket):
    maker = cast["manufacturer_m"]
    async with transaction(ticket.tenant):
        await fetchval("SELECT share($1, $2, $3, '{quality}')", *ticket, maker)
    async with transaction(maker):
        assert await rows.find(Ticket, *ticket) is not None
        assert await rows.find(TicketQuality, *ticket) is not None
        assert await rows.find(TicketPeople, *ticket) is None
        assert await execute(
            "UPDATE ticket_people SET contact_name = 'x' WHERE tenant_id = $1 AND id = $2", *ticket
        ) == ("UPDATE 0")
    for viewers in (None, [maker]):
        error = await refused(
            maker,
            "INSERT INTO ticket_people (tenant_id, id, ticket_id, author_org, reporter_name, contact_name,"
            " contact_phone, location, visible_to) VALUES ($1, $2, $3, $4, '', '', '', '{}', $5)",
            ticket.tenant,
            new_id(),
            ticket.id,
            maker,
            viewers,
        )
        assert error.sqlstate == "42501"
    assert (await refused(maker, MESSAGE, ticket.tenant, new_id(), ticket.id, maker, [maker])).sqlstate == "42501"


async def test_each_organisation_sees_its_own_tables_alone(cast, ticket):
    """Every table, read whole by an organisation that has no part in anything here."""
    tables = [row[0] for row in await look("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    stranger = cast["testing_t"]
    for table in tables:
        columns = {
            row[0]
            for row in await look(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1",
                table,
            )
        }
        if "tenant_id" not in columns:
            continue
        try:
            async with transaction(stranger):
                assert await fetch(f'SELECT 1 FROM "{table}" WHERE tenant_id <> $1', stranger) == [], table
        except asyncpg.InsufficientPrivilegeError:
            continue


async def test_who_owns_nothing_changes_nothing(cast, ticket):
    """Statements without a WHERE ask no SELECT policy: the policies for UPDATE and DELETE stand alone here."""
    nobody = new_id()
    allowed = await look(
        "SELECT table_name, min(column_name), has_table_privilege('app', quote_ident(table_name), 'DELETE')"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND has_column_privilege('app', quote_ident(table_name), column_name, 'UPDATE') GROUP BY 1"
    )
    assert {"ticket", "member", "ticket_people", "delivery"} <= {name for name, _, _ in allowed}
    for name, column, deletable in allowed:
        async with transaction(nobody):
            assert await execute(f'UPDATE "{name}" SET "{column}" = NULL') == "UPDATE 0", (name, column)
            if deletable:
                assert await execute(f'DELETE FROM "{name}"') == "DELETE 0", name


async def test_keys_do_not_tell_of_others_rows(cast, ticket):
    """The same id, login or asset number in another organisation is no conflict; a foreign reference is none either."""
    vendor, hospital = cast["vendor_v"], cast["hospital_a"]
    async with transaction(vendor):
        await execute(
            "INSERT INTO member (tenant_id, id, login, name, roles, unit_account, status, recorded_at)"
            " VALUES ($1, $2, 'nurse_a', 'x', '{}', false, 'active', now())",
            vendor,
            cast.members["nurse_a"],
        )
    error = await refused(
        vendor,
        "INSERT INTO login_session (tenant_id, id, member_id, refresh_hash, channel, recorded_at, used_at, expires_at)"
        " VALUES ($1, $2, $3, '', 'x', now(), now(), now())",
        vendor,
        new_id(),
        cast.members["manager_a"],
    )
    assert error.sqlstate == "23503"
    assert str(hospital) not in str(error)


async def test_without_a_tenant_nothing_is_seen_and_our_code_refuses(cast, ticket):
    async with pool("app").acquire() as connection:
        assert await connection.fetchval("SELECT cur()") is None
        for table in ("ticket", "member", "organisation", "worklist", "audit_entry", "chat_identity"):
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "INSERT INTO partner (tenant_id, id, code, kind, name) VALUES ($1, $1, 'x', 'vendor', '{}')", new_id()
            )
    with pytest.raises(TypeError):
        async with transaction(None):
            pass
    with pytest.raises(RuntimeError, match="no transaction"):
        await rows.find(Ticket, *ticket)
    with pytest.raises(RuntimeError, match="do not nest"):
        async with transaction(cast["hospital_a"]), transaction(cast["hospital_b"]):
            pass
    assert not in_transaction()
    async with transaction(cast["hospital_a"]):
        inside = session()
    assert not inside.open


async def test_roles_keep_to_their_part(cast, ticket):
    """The relay reads routing alone, the gateway no organisation's rows, the auditor only books."""
    async with pool("relay").acquire() as connection:
        await connection.fetch("SELECT tenant_id, id, due_at FROM delivery LIMIT 1")
        for sql in ("SELECT * FROM delivery", "SELECT * FROM ticket", "SELECT payload FROM outbox"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(sql)
    for role, closed in (("gateway", ("ticket", "member", "outbox")), ("auditor", ("ticket", "member", "api_key"))):
        async with pool(role).acquire() as connection:
            for table in closed:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(f"SELECT * FROM {table}")
    async with pool("app").acquire() as connection:
        for table in ("organisation_slug", "link_code", "chat_installation", "link_attempt"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT * FROM {table}")
        for role in ("owner", "keeper", "gateway"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"SET ROLE {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SET row_security = off; SELECT * FROM ticket")


async def test_foreign_ids_in_commands_are_not_found(cast, ticket):
    foreign = {"ticket": cast.device_id("pump_a").replace("dv_", "tk_")}
    hidden = {"ticket": opaque("tk", *ticket)}
    missing = {"ticket": opaque("tk", ticket.tenant, new_id())}
    said = []
    for target in (hidden, missing, foreign, {"ticket": "tk_nonsense"}):
        async with unchanged():
            with pytest.raises(DomainError) as caught:
                await cast.run("dispatcher_w", "tickets.comment", {**target, "body": "x"})
        said.append((caught.value.code, tuple(caught.value.facts)))
    assert set(said) == {("not_found", ("what",))}
