"""A vendor keeps a small hospital and repairs its pump; then the hospital claims itself, signs, and is its own."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from mendline.kernel import NIL, new_id, opaque, parse_opaque
from support.cast import PUMP, Cast
from support.queues import drain

TICKET = """query($t: ID!) { ticket(id: $t) { number state device { state } people { reporterName contactName }
  signatureSlots { id role state } participants { organisation { code } part } } }"""
DEVICES = "{ devices { nodes { id assetNumber state } } }"
NEW_PASSWORD = "a new password"


@dataclass
class House:
    """The kept hospital, and whoever asks about it."""

    portal: Any
    hospital: str
    code: str
    session: str | None = None

    @property
    def tenant(self) -> UUID:
        return parse_opaque("or", self.hospital).id

    async def post(self, document: str, token: str, acting: bool, **variables: Any) -> tuple[int, Any]:
        headers = {"accept-language": "en", "authorization": f"Bearer {token}"}
        headers |= {"x-acting-for": self.hospital} if acting else {}
        body = {"query": document, "variables": variables}
        response = await self.portal.client.post("/graphql", json=body, headers=headers)
        return response.status_code, response.json()

    async def acting(self, document: str, who: str = "desk_v", **variables: Any) -> Any:
        """The data of an operation of the steward in the hospital's name."""
        _, answer = await self.post(document, await self.portal.token(who), True, **variables)
        assert not answer.get("errors"), answer["errors"]
        return answer["data"]

    async def refused(self, document: str, who: str = "desk_v", **variables: Any) -> tuple[int, str]:
        """The status, and the code of the first refusal, of what the steward tries in the hospital's name."""
        status, answer = await self.post(document, await self.portal.token(who), True, **variables)
        return status, answer["errors"][0]["extensions"]["code"]

    async def own(self, document: str, token: str | None = None, **variables: Any) -> Any:
        """The data of an operation of the hospital's own administrator, or of another of its people."""
        _, answer = await self.post(document, token or self.session or "", False, **variables)
        assert not answer.get("errors"), answer["errors"]
        return answer["data"]

    async def settle(self) -> None:
        await drain([self.tenant, *self.portal.cast.organisations.values(), NIL])


@pytest_asyncio.fixture
async def house(portal: Any, cast: Cast) -> House:
    code = f"K{new_id().hex[-8:].upper()}"
    made = await portal.get(
        "desk_v",
        """mutation($c: String!) {
          stewardHospital(input: {code: $c, name: {zh: "小医院", en: "Small"}}) { hospital code } }""",
        c=code,
    )
    return House(portal, **made["stewardHospital"])


async def registry(house: House, cast: Cast) -> str:
    """The steward enters a ward, a pump with its contract, and what the pump's maker may see; answers the pump."""
    made = await house.acting(
        """mutation($v: ID!, $g: String!) {
          upsertPlace(input: {kind: UNIT, name: {zh: "门诊", en: "Clinic"}}) { place { id } }
          upsertModel(input: {name: {zh: "输液泵"}, modelNumber: "IP-200", manufacturer: {zh: "迈康"},
            deviceClass: "infusion_pump", deviceIdentifier: $g}) { model { id } }
          upsertContract(input: {title: "全保", provider: $v, startsOn: "2020-01-01", endsOn: "2099-01-01",
            deviceClasses: ["infusion_pump"], direct: true}) { contract { title } } }""",
        v=cast.organisation_id("vendor_v"),
        g=PUMP,
    )
    device = await house.acting(
        "mutation($m: ID!, $p: ID!) { upsertDevice(input: {assetNumber: "
        '"X-1", model: $m, place: $p, serial: "S1"}) { device { id } } }',
        m=made["upsertModel"]["model"]["id"],
        p=made["upsertPlace"]["place"]["id"],
    )
    await house.acting(
        """mutation($m: ID!) {
          upsertPartner(input: {organisation: $m, code: "MK", kind: MANUFACTURER, name: {zh: "迈康"}})
            { organisation { id } }
          upsertAgreement(input: {organisation: $m, part: MANUFACTURER, groups: ["quality"], ownModels: false})
            { agreement { id } } }""",
        m=cast.organisation_id("manufacturer_m"),
    )
    return str(device["upsertDevice"]["device"]["id"])


async def repaired(house: House, cast: Cast, device: str) -> str:
    """A caller's fault is reported in the hospital's name and repaired by the vendor in its own; answers the ticket."""
    reported = await house.acting(
        """mutation($d: ID!) { reportFault(input: {device: $d, symptom: "报警", useState: DOWN,
          contactName: "门诊刘护士", contactPhone: "13800000000"}) { ticket { id provider { name { en } } } } }""",
        d=device,
    )
    ticket = str(reported["reportFault"]["ticket"]["id"])
    assert reported["reportFault"]["ticket"]["provider"]["name"]["en"] == "Vendor V"
    technician = cast.member_id("technician_v")
    steps = (
        ("dispatcher_v", "offerJob(input: {ticket: $t, technician: $m})"),
        ("technician_v", "acceptJob(input: {ticket: $t})"),
        ("technician_v", "arrive(input: {ticket: $t})"),
        ("technician_v", 'finishJob(input: {ticket: $t, result: REPAIRED, cause: "堵", action: "换"})'),
    )
    for who, step in steps:
        head = "mutation($t: ID!, $m: ID!)" if "$m" in step else "mutation($t: ID!)"
        named = {"t": ticket, "m": technician} if "$m" in step else {"t": ticket}
        await house.portal.get(who, f"{head} {{ {step} {{ ticket {{ state }} }} }}", **named)
    await house.settle()
    return ticket


async def claimed(house: House) -> dict[str, Any]:
    """The hospital's first administrator claims it, with the code that came by another way."""
    answer = await house.acting("mutation { makeClaimCode(input: {}) { organisation code expiresAt } }")
    made = answer["makeClaimCode"]
    answer = await house.portal.ask(
        None,
        """mutation($o: String!, $c: String!, $p: String!) { claimHospital(input:
          {organisation: $o, code: $c, login: "it", name: "管理员", password: $p}) { accessToken } }""",
        o=made["organisation"],
        c=made["code"],
        p=NEW_PASSWORD,
    )
    assert not answer.errors, answer.errors
    house.session = answer.data["claimHospital"]["accessToken"]
    return dict(made)


async def hired(house: House, login: str, role: str) -> str:
    """The administrator makes a member, who logs in; answers the access token."""
    await house.own(
        f"""mutation($l: String!, $p: String!) {{ upsertMember(input: {{login: $l, name: $l, roles: [{role}],
          password: $p}}) {{ member {{ id }} }} }}""",
        l=login,
        p=NEW_PASSWORD,
    )
    entered = await house.portal.ask(
        None,
        """mutation($o: String!, $l: String!, $p: String!) {
          login(input: {organisation: $o, login: $l, password: $p}) { accessToken } }""",
        o=house.code,
        l=login,
        p=NEW_PASSWORD,
    )
    return str(entered.data["login"]["accessToken"])


async def test_a_kept_hospital_is_served_claimed_and_its_own(house: House, portal: Any, cast: Cast) -> None:
    device = await registry(house, cast)
    ticket = await repaired(house, cast, device)
    seen = (await house.acting(TICKET, t=ticket))["ticket"]
    assert (seen["state"], seen["device"]["state"]) == ("CHECKED", "OUT_OF_SERVICE")
    assert seen["people"]["contactName"] == "门诊刘护士"
    slot = seen["signatureSlots"][0]["id"]
    sign = "mutation($s: ID!) { sign(input: {slot: $s}) { ticket { state } } }"
    assert await house.refused(sign, s=slot) == (200, "forbidden")
    assert (await portal.ask("desk_v", sign, s=slot)).codes == ["forbidden"]
    assert (await portal.get("desk_v", "query($d: ID!) { device(id: $d) { state } }", d=device))["device"] is None
    kept = await portal.get("desk_v", "{ stewardships { nodes { hospital { code } endedAt } } }")
    assert kept["stewardships"]["nodes"] == [{"hospital": {"code": house.code}, "endedAt": None}]

    await claimed(house)
    for document in (DEVICES, "mutation { makeClaimCode(input: {}) { code } }"):
        assert await house.refused(document) == (403, "not_stewarded")
    own = await house.own("{ organisation { code steward { code } } devices { nodes { assetNumber } } }")
    assert own["organisation"] == {"code": house.code, "steward": None}
    assert own["devices"]["nodes"] == [{"assetNumber": "X-1"}]
    ward, engineer = await hired(house, "ward", "WARD_MANAGER"), await hired(house, "engineer", "CLINICAL_ENGINEER")
    slots = (await house.own(TICKET, engineer, t=ticket))["ticket"]["signatureSlots"]
    for token, slot in ((ward, slots[0]["id"]), (engineer, slots[1]["id"])):
        await house.own(sign, token, s=slot)
    await house.settle()
    end = (await house.own(TICKET, engineer, t=ticket))["ticket"]
    assert (end["state"], end["device"]["state"]) == ("ARCHIVED", "IN_SERVICE")

    mine = (await portal.get("desk_v", TICKET, t=ticket))["ticket"]
    assert (mine["state"], mine["device"]) == ("ARCHIVED", None)
    maker = "query($t: ID!) { ticket(id: $t) { number quality { result } } }"
    assert (await portal.get("analyst_m", maker, t=ticket))["ticket"]["quality"]["result"] == "REPAIRED"
    await house.own(
        "mutation($t: ID!, $o: ID!) { unshareTicket(input: {ticket: $t, organisation: $o}) { number } }",
        engineer,
        t=ticket,
        o=cast.organisation_id("manufacturer_m"),
    )
    assert (await portal.get("analyst_m", maker, t=ticket))["ticket"] is None
    kept = await portal.get("desk_v", "{ stewardships { nodes { endedAt } } }")
    assert kept["stewardships"]["nodes"][0]["endedAt"] is not None


async def test_the_hospitals_book_says_what_its_steward_did(house: House, portal: Any, cast: Cast) -> None:
    ticket = await repaired(house, cast, await registry(house, cast))
    await claimed(house)
    told = await house.own("{ organisationAudit(first: 50) { nodes { command facts } } }")
    by_command = {entry["command"]: entry["facts"] for entry in told["organisationAudit"]["nodes"]}
    for command in ("tenants.found", "devices.upsert_device", "tenants.upsert_agreement", "tenants.make_claim_code"):
        assert by_command[command]["asked_by"] == str(cast["vendor_v"]), command
    assert "asked_by" not in by_command["tenants.claim"]
    engineer = await hired(house, "engineer", "CLINICAL_ENGINEER")
    audit = await house.own(
        "query($t: ID!) { ticket(id: $t) { audit { nodes { command actorRole facts } } } }", engineer, t=ticket
    )
    first = audit["ticket"]["audit"]["nodes"][0]
    assert (first["command"], first["actorRole"], first["facts"]["asked_by"]) == (
        "tickets.report",
        "steward",
        str(cast["vendor_v"]),
    )


@pytest.mark.parametrize("named", ["hospital_a", "vendor_w", None, "nonsense"])
async def test_nobody_acts_for_who_is_not_in_their_care(house: House, cast: Cast, named: str | None) -> None:
    tenant = cast.organisations.get(named or "", new_id())
    house.hospital = "nonsense" if named == "nonsense" else opaque("or", tenant, tenant)
    status, code = await house.refused(DEVICES)
    assert (status, code) == (403, "not_found" if named == "nonsense" else "not_stewarded")


async def test_strangers_do_not_act_for_a_kept_hospital(house: House, portal: Any) -> None:
    assert await house.refused(DEVICES, "dispatcher_w") == (403, "forbidden")
    assert await house.refused(DEVICES, "admin_a") == (403, "not_stewarded")
    assert (await house.acting("{ me { kind permissions organisation { code } } }"))["me"] | {"permissions": []} == {
        "kind": "steward",
        "permissions": [],
        "organisation": {"code": house.code},
    }
    assert (await portal.ask(None, DEVICES)).codes == ["unauthenticated"]


async def test_what_a_steward_follows_ends_with_the_claim(house: House, portal: Any, cast: Cast, port: int) -> None:
    ticket = await repaired(house, cast, await registry(house, cast))
    async with connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]

        async def send(**message: Any) -> None:
            await socket.send(msgspec.json.encode(message).decode())

        async def receive() -> Any:
            return msgspec.json.decode(await asyncio.wait_for(socket.recv(), 5))

        token = await portal.token("desk_v")
        await send(type="connection_init", payload={"authorization": f"Bearer {token}", "x-acting-for": house.hospital})
        assert (await receive())["type"] == "connection_ack"
        follow = "subscription { worklistChanged { item { number } initial } }"
        await send(id="1", type="subscribe", payload={"query": follow})
        assert (await receive())["payload"]["data"]["worklistChanged"]["initial"] is True
        await claimed(house)
        engineer = await hired(house, "engineer", "CLINICAL_ENGINEER")
        said = 'mutation($t: ID!) { comment(input: {ticket: $t, body: "x"}) { number } }'
        await house.own(said, engineer, t=ticket)
        await house.settle()
        ended = await receive()
        assert "not_stewarded" in str(ended)
        assert "worklistChanged" not in str(ended.get("payload"))
