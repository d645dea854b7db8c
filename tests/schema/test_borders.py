"""Borders: what each part in a ticket is answered follows from the matrix; no name or number crosses in full."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_list_type, is_non_null_type

from mendline.kernel import TABLES, Reference, fetch, new_id, now, opaque, parse_opaque, rows, transaction
from mendline.tickets import GROUPS
from mendline_bots.drawing import card_message
from mendline_bots.ticket_view import view_ticket
from mendline_schema.checks.facts import Fact
from mendline_schema.checks.matrix import held_by_part
from mendline_schema.declarations.fields import Column
from mendline_schema.schema import build_schema, field_facts
from mendline_tenants import (
    MASKS,
    ROLES,
    LoginSession,
    Member,
    masked_name,
    masked_phone,
    masked_serial,
    permissions_of,
)
from mendline_tenants.access.tokens import access_token
from support.cast import PEOPLE, Cast
from support.database import administrator, look
from support.schema_paths import arguments, asked, paths

EVERY_ROLE = tuple(role for role in ROLES if role != "system")
MASKED = {"name": masked_name, "phone": masked_phone, "serial": masked_serial}
PHONES = {"nurse_a": "13811112222", "technician_v": "13933334444"}
CONTACT, CONTACT_PHONE, SERIAL = "金丝雀病区联系人", "13755556666", "CANARY-SN-77001"
NAMES = [PEOPLE[who][1] for who in PEOPLE if PEOPLE[who][0] in ("hospital_a", "vendor_v")]
SHARES = [(), *((group,) for group in GROUPS[1:]), GROUPS[1:]]


@pytest.fixture
async def ticket(portal: Any, cast: Cast) -> str:
    """A ticket on which everything has happened that can be read, up to the first signature; every column is filled."""
    async with administrator().acquire() as connection:
        for who, phone in PHONES.items():
            await connection.execute("UPDATE member SET phone = $2 WHERE id = $1", cast.members[who], phone)
        device = "UPDATE device SET serial = $2, software_version = '1.0' WHERE id = $1"
        await connection.execute(device, cast.devices["pump_a"], SERIAL)
    report = {"device": cast.device_id("pump_a"), "symptom": "报警", "use_state": "down"}
    made = await cast.run(
        "nurse_a", "tickets.report", {**report, "contact_name": CONTACT, "contact_phone": CONTACT_PHONE}
    )
    given = {"ticket": made.ticket}
    facts = {"filename": "a.jpg", "media_type": "image/jpeg", "size": 3, "sha256": "0" * 64, "caption": "x"}
    await cast.drain()
    await cast.run("nurse_a", "tickets.record_decontamination", {**given, "status": "clean"})
    await cast.run("dispatcher_v", "dispatch.offer_job", {**given, "technician": cast.member_id("technician_v")})
    await cast.run("technician_v", "dispatch.accept_job", given)
    await cast.run("engineer_a", "tickets.override_priority", {**given, "priority": 1, "reason": "r"})
    for minutes in (30, 90):
        await cast.run("technician_v", "fieldwork.set_eta", {**given, "minutes": minutes})
    await cast.run("technician_v", "fieldwork.arrive", given)
    await cast.run("technician_v", "fieldwork.attach_evidence", {**given, **facts})
    await cast.run("nurse_a", "fieldwork.attach_evidence", {**given, **facts})
    await cast.run("technician_v", "fieldwork.finish", {**given, "result": "repaired", "cause": "c", "action": "a"})
    await cast.drain()
    slots = await look("SELECT * FROM signature_slot WHERE tenant_id = $1 ORDER BY position", cast["hospital_a"])
    await cast.run("manager_a", "quality.sign", {"slot": opaque("sl", cast["hospital_a"], slots[0]["id"])})
    await _fill(parse_opaque("tk", made.ticket))
    await cast.run("engineer_a", "tickets.comment", {**given, "body": "x"})  # and so into the worklists
    for organisation in ("hospital_a", "vendor_v", "testing_t"):
        await _all_roles(portal, cast, organisation)
    return str(made.ticket)


async def _fill(ticket: Reference) -> None:
    """Gives every column of the ticket and its children that holds nothing some value: nothing shall compare empty."""
    values = {"text": "'filled'", "integer": "7", "bigint": "7", "boolean": "true", "double precision": "1.5"}
    values |= {"timestamp with time zone": "now()", "date": "current_date", "jsonb": """'{"zh": "字", "en": "word"}'"""}
    columns = await look(
        "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c WHERE is_nullable = 'YES'"
        " AND (c.table_name = 'ticket' OR EXISTS (SELECT FROM information_schema.columns o WHERE"
        " o.table_name = c.table_name AND o.column_name = 'ticket_id')) AND c.table_schema = 'public'"
        " AND c.table_name NOT LIKE 'worklist%' AND c.table_name NOT LIKE 'chat%' AND c.table_name <> ALL ($1)",
        [table.name for table in TABLES.values() if table.append_only],
    )
    for table, column, kind in columns:
        if kind in values and column not in ("system", "external_number", "waiting_for"):
            if (table, column) == ("ticket", "outcome"):  # it has not ended
                continue
            key = "id" if table == "ticket" else "ticket_id"
            of_ticket = f"WHERE tenant_id = $1 AND {key} = $2"
            sql = f'UPDATE "{table}" SET "{column}" = {values[kind]} {of_ticket} AND "{column}" IS NULL'
            await administrator().execute(sql, *ticket)
    lists = """UPDATE ticket_clinical SET access_windows = '[["2026-01-01T08:00:00Z", "2026-01-01T09:00:00Z"]]'"""
    await administrator().execute(f"{lists} WHERE tenant_id = $1 AND id = $2", *ticket)
    lists = """UPDATE ticket_vigilance SET words = '["冒烟"]' WHERE tenant_id = $1 AND id = $2"""
    await administrator().execute(lists, *ticket)


async def _all_roles(portal: Any, cast: Cast, organisation: str) -> None:
    """Somebody of this organisation who may read whatever it may."""
    tenant = cast[organisation]
    member = Member(tenant_id=tenant, login="all", name="Everybody", roles=list(EVERY_ROLE))
    session = LoginSession(tenant_id=tenant, id=new_id(), member_id=member.id, refresh_hash=b"none")
    session.expires_at = now() + timedelta(hours=1)
    async with transaction(tenant):
        await rows.insert(member, session)
    portal.tokens[organisation] = access_token(tenant, member.id, session.id)


class Whole:
    """The whole of a ticket and of its worklist item, as a selection and as what each viewer should be answered."""

    def __init__(self, everything: bool = False) -> None:
        self.everything = everything  # with what differs between viewers by its nature
        schema = build_schema()
        self.schema = schema._schema
        self.bindings = schema.execution_context_class.statements.bindings  # type: ignore[attr-defined]
        self.known: dict[tuple[str, str], Fact] = {(fact.type, fact.field): fact for fact in field_facts(schema)}

    def selection(self, name: str) -> str:
        """Every field of a type that has the same answer for all who hold its group."""
        return "{ " + " ".join(self._asked(name)) + " }"

    def _asked(self, name: str) -> Iterator[str]:
        for key, field in self._type(name).fields.items():
            if self.varies(name, key) and not self.everything:
                continue
            named = get_named_type(field.type)
            if is_leaf_type(named):
                yield key
            elif self.known[name, key].group in (*GROUPS, "holder") and named.name not in (
                "Ticket",
                "TicketConnection",
            ):
                target = self.bindings.find(name, key).target
                inner = self.selection(target)
                yield f"{key} {{ nodes {inner} }}" if named.name.endswith("Connection") else f"{key} {inner}"

    def varies(self, name: str, key: str) -> bool:
        """Whether the answer differs between viewers by its nature: names of partners, a signed URL, one's own part."""
        read = self.bindings.find(name, key).read
        sql = getattr(read, "sql", None) or ""
        return (
            "{organisation}" in sql or (isinstance(read, Column) and bool(read.finish)) or key in ("part", "withheld")
        )

    def answer(self, value: Any, name: str, held: frozenset[str]) -> Any:
        """What a viewer that holds these groups is answered where the user facility is answered `value`."""
        return {key: self._field(item, name, key, held) for key, item in value.items()}

    def _field(self, value: Any, name: str, key: str, held: frozenset[str]) -> Any:
        fact, definition = self.known[name, key], self._type(name).fields[key].type
        if fact.mask and MASKS[fact.mask].group not in held and fact.group in (*held, "holder", MASKS[fact.mask].group):
            return MASKED[fact.mask](value) if value else value
        if fact.group in GROUPS and fact.group not in held:
            if get_named_type(definition).name.endswith("Connection"):
                return {"nodes": []}
            return [] if is_list_type(definition.of_type if is_non_null_type(definition) else definition) else None
        target = self.bindings.find(name, key).target
        if target is None or value is None:
            return value
        if isinstance(value, list):
            return [self.answer(item, target, held) for item in value]
        if set(value) == {"nodes"}:
            return {"nodes": [self.answer(item, target, held) for item in value["nodes"]]}
        return self.answer(value, target, held)

    def _type(self, name: str) -> GraphQLObjectType:
        found = self.schema.type_map[name]
        assert isinstance(found, GraphQLObjectType)
        return found


def empty(value: Any, path: str = "") -> Iterator[str]:
    """Where nothing is, so that a comparison of it would show nothing."""
    if value is None or value in ({}, []):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from empty(item, f"{path}.{key}")
    elif isinstance(value, list):
        found = [set(empty(item, path)) for item in value]
        yield from set.intersection(*found) if found else ()


NEVER_FILLED = {
    ".ticket.externalSystem",
    ".ticket.externalNumber",
    ".ticket.waitingFor",
    ".ticket.outcome",
    ".worklist.nodes.outcome",
    ".ticket.subcontracts",
    ".ticket.loans",
    ".ticket.possibleDuplicates",
    ".ticket.repeats",
    ".ticket.quotations",
    ".ticket.commercial.disputedBy",
    ".ticket.entitlementLog.nodes.serviceLevel.tier",
    ".ticket.clinical.faultCode",
    ".ticket.clinical.faultProposal.code",
    ".ticket.clinical.faultProposal.confidence",
    ".ticket.clinical.faultProposal.words",
    ".ticket.clinical.faultProposal.model",
    ".ticket.clinical.faultProposal.dangers",
    ".ticket.estimates.beforeAt",
    ".ticket.estimates.nodes.beforeAt",
    ".ticket.clinical.priorityReasons.reason",
}
"""What this ticket has not: an end, a number elsewhere, something it waits for, a subcontractor, revised words."""


async def share(cast: Cast, ticket: str, groups: tuple[str, ...]) -> None:
    given = {"ticket": ticket, "organisation": cast.organisation_id("testing_t"), "groups": groups or ("progress",)}
    await cast.run("engineer_a", "tickets.share", given)


async def test_each_part_is_answered_what_the_matrix_says(portal: Any, cast: Cast, ticket: str, blobs: None) -> None:
    whole = Whole()
    document = (
        f"query($id: ID!) {{ ticket(id: $id) {whole.selection('Ticket')}"
        f" worklist {{ nodes {whole.selection('WorklistItem')} }} }}"
    )
    withheld = "query($id: ID!) { ticket(id: $id) { withheld } worklist { nodes { withheld } } }"
    for organisation, groups in [("vendor_v", held_by_part()["provider"]), *(("testing_t", share) for share in SHARES)]:
        if organisation == "testing_t":
            await share(cast, ticket, groups)
        full = await portal.get("hospital_a", document, id=ticket)
        assert set(empty(full)) <= NEVER_FILLED, set(empty(full)) - NEVER_FILLED
        held = frozenset({"progress", *groups})
        seen = await portal.get(organisation, document, id=ticket)
        assert seen["ticket"] == whole.answer(full["ticket"], "Ticket", held), (organisation, groups)
        (line,), (theirs,) = full["worklist"]["nodes"], seen["worklist"]["nodes"]
        assert theirs == whole.answer(line, "WorklistItem", held), (organisation, groups)
        hidden = [group.upper() for group in GROUPS if group not in held]
        told = await portal.get(organisation, withheld, id=ticket)
        assert told == {"ticket": {"withheld": hidden}, "worklist": {"nodes": [{"withheld": hidden}]}}
    assert (await portal.get("hospital_a", withheld, id=ticket))["ticket"] == {"withheld": []}


async def received(portal: Any, cast: Cast, organisation: str, ticket: str) -> str:
    """All that an organisation can get to see of a ticket: every type, every command's answer, its card, its rows."""
    schema = build_schema()
    bindings = schema.execution_context_class.statements.bindings  # type: ignore[attr-defined]
    ids = {"tk": ticket, "ticket": ticket, "node": ticket, "device": cast.device_id("pump_a")}
    ids |= {"member": cast.member_id("nurse_a")}
    whole = Whole(everything=True)
    document = f"query($id: ID!) {{ ticket(id: $id) {whole.selection('Ticket')} }}"
    got: list[Any] = [await portal.get(organisation, document, id=ticket)]
    worklist = await portal.get(organisation, f"{{ worklist {{ nodes {whole.selection('WorklistItem')} }} }}")
    got.append(worklist)
    for name, way in paths(schema._schema, bindings, ids).items():
        type_ = schema._schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        selection = " ".join(asked(field, key, ids) for key, field in type_.fields.items())
        answer = await portal.ask(organisation, way.document(selection) if way.before else f"{{ {selection} }}")
        got += [answer.data, answer.errors]
    mutations = schema._schema.mutation_type
    assert mutations is not None
    for name, field in mutations.fields.items():
        text = arguments(name, field, ids).replace('"x"', f'"{ticket}"')
        answer = await portal.ask(organisation, f"mutation {{ {name}{text} {{ __typename }} }}")
        got += [answer.data, answer.errors]
    actor = cast.actor("tester_t")
    everyone = msgspec.structs.replace(actor, permissions=permissions_of(EVERY_ROLE))
    async with transaction(cast[organisation]):
        view = await view_ticket(everyone, parse_opaque("tk", ticket))
        for table in ("worklist", "audit_entry", "ticket_participant", "visit", "service_report", "outbox"):
            got.append([dict(row) for row in await fetch(f'SELECT * FROM "{table}"')])
    return f"{got} {card_message(view)}"


@pytest.mark.parametrize("groups", [(), ("quality",), ("messages", "clinical", "commercial", "vigilance")])
async def test_no_name_number_or_serial_crosses(
    portal: Any, cast: Cast, ticket: str, blobs: None, groups: tuple[str, ...]
) -> None:
    await share(cast, ticket, groups)
    text = await received(portal, cast, "testing_t", ticket)
    assert cast.codes["hospital_a"] in text, "it sees the ticket at all"
    canaries = [*NAMES, *PHONES.values(), CONTACT, CONTACT_PHONE]
    if "quality" not in groups:
        canaries.append(SERIAL)
    found = [canary for canary in canaries if canary in text]
    assert found == []
    assert "••••7001" in text or "quality" in groups


async def test_ones_own_name_is_shown_in_full_and_a_role_may_lack_the_group(portal: Any, cast: Cast) -> None:
    ticket = await portal.report()
    await share(cast, ticket, ("messages",))
    await _all_roles(portal, cast, "testing_t")
    for who in ("nurse_a", "tester_t"):
        await cast.run(who, "tickets.comment", {"ticket": ticket, "body": "x"})
    names = "query($id: ID!) { ticket(id: $id) { messages { nodes { authorName } } } }"
    seen = await portal.get("testing_t", names, id=ticket)
    assert [node["authorName"] for node in seen["ticket"]["messages"]["nodes"]] == ["王**", "检测沈"]
    made = await portal.get(
        "admin_a", 'mutation { createApiKey(input: {name: "portal", scopes: ["portal"]}) { secret } }'
    )
    portal.tokens["key"] = made["createApiKey"]["secret"]
    seen = await portal.get("key", names, id=ticket)
    assert [node["authorName"] for node in seen["ticket"]["messages"]["nodes"]] == ["王**", "检**"]
    assert await look("SELECT FROM read_log WHERE tenant_id = $1", cast["hospital_a"]) == []
