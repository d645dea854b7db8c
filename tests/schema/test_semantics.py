"""GraphQL's own semantics, as the specification has them and graphql-core's suite tries them, over compiled reads."""

from typing import Any

import pytest
import pytest_asyncio

NURSE = "王护士"

VALID: dict[str, tuple[str, dict[str, Any], Any]] = {
    # collecting fields
    "fields keep the order of their first mention": (
        "{ me { locale name } x: me { name locale name } }",
        {},
        {"me": {"locale": "en", "name": NURSE}, "x": {"name": NURSE, "locale": "en"}},
    ),
    "what is asked twice is merged, deeply": (
        "{ me { organisation { kind } } ...A me { organisation { locale ...B } } }"
        " fragment A on Query { me { kind organisation { country } } } fragment B on Organisation { kind timezone }",
        {},
        {
            "me": {
                "organisation": {
                    "kind": "HOSPITAL",
                    "country": "CN",
                    "locale": "zh",
                    "timezone": "Asia/Shanghai",
                },
                "kind": "member",
            }
        },
    ),
    "aliases do not merge": (
        "{ a: me { name } b: me { kind } }",
        {},
        {"a": {"name": NURSE}, "b": {"kind": "member"}},
    ),
    "__typename anywhere, under any name": (
        "{ __typename q: __typename me { __typename organisation { t: __typename } }"
        " devices(first: 1) { __typename pageInfo { __typename } edges { __typename } } }",
        {},
        {
            "__typename": "Query",
            "q": "Query",
            "me": {"__typename": "Viewer", "organisation": {"t": "Organisation"}},
            "devices": {
                "__typename": "DeviceConnection",
                "pageInfo": {"__typename": "PageInfo"},
                "edges": [{"__typename": "DeviceEdge"}],
            },
        },
    ),
    "a fragment without a type condition": (
        "{ ... { me { ... @include(if: true) { name } } } }",
        {},
        {"me": {"name": NURSE}},
    ),
    "a fragment used twice counts once": (
        "{ ...A ...A me { kind } } fragment A on Query { me { name } }",
        {},
        {"me": {"name": NURSE, "kind": "member"}},
    ),
    "fragments within fragments": (
        "{ ...A } fragment A on Query { me { ...B } } fragment B on Viewer { ... on Viewer { ...C } }"
        " fragment C on Viewer { kind }",
        {},
        {"me": {"kind": "member"}},
    ),
    # directives
    "skip wins": ("{ me { name @include(if: true) @skip(if: true) kind } }", {}, {"me": {"kind": "member"}}),
    "include alone": ("{ me { name @include(if: false) kind @skip(if: false) } }", {}, {"me": {"kind": "member"}}),
    "on fragments": (
        "query($y: Boolean!) { me { ...A @skip(if: $y) ... @include(if: $y) { kind } } } fragment A on Viewer { name }",
        {"y": True},
        {"me": {"kind": "member"}},
    ),
    "a spread left out is not used up": (
        "{ me { ...A @skip(if: true) ...A } } fragment A on Viewer { name }",
        {},
        {"me": {"name": NURSE}},
    ),
    "one of two mentions is left out": (
        "{ me { name @skip(if: true) name } me @skip(if: true) { kind } }",
        {},
        {"me": {"name": NURSE}},
    ),
    "all is left out": ("{ me @skip(if: true) { name } }", {}, {}),
    "all of an object is left out": ("{ me { name @skip(if: true) } }", {}, {"me": {}}),
    "all of a list's objects is left out": (
        "{ devices(first: 1) { nodes { id @skip(if: true) } totalCount @include(if: false) } }",
        {},
        {"devices": {"nodes": [{}]}},
    ),
    # variables
    "a default holds where nothing is given": (
        "query($n: Int = 1) { devices(first: $n) { nodes { assetNumber } } }",
        {},
        {"devices": {"nodes": [{"assetNumber": "SB-0001"}]}},
    ),
    "what is given beats the default": (
        "query($n: Int = 1) { devices(first: $n) { nodes { assetNumber } } }",
        {"n": 2},
        {"devices": {"nodes": [{"assetNumber": "SB-0001"}, {"assetNumber": "SB-0002"}]}},
    ),
    "null beats the default": (
        "query($n: Int = 1) { devices(first: $n) { totalCount nodes { assetNumber } } }",
        {"n": None},
        {
            "devices": {
                "totalCount": 3,
                "nodes": [{"assetNumber": "SB-0001"}, {"assetNumber": "SB-0002"}, {"assetNumber": "SB-0100"}],
            }
        },
    ),
    "an argument's default holds where its variable has no value": (
        "query($o: DeviceOrder) { devices(orderBy: $o, first: 1) { nodes { assetNumber } } }",
        {},
        {"devices": {"nodes": [{"assetNumber": "SB-0001"}]}},
    ),
    "a field of a filter whose variable has no value is not there": (
        "query($s: String) { devices(filter: {serial: $s}) { totalCount } }",
        {},
        {"devices": {"totalCount": 3}},
    ),
    "a filter that is null filters nothing": (
        "{ devices(filter: null) { totalCount } x: devices(filter: {serial: null}) { totalCount } }",
        {},
        {"devices": {"totalCount": 3}, "x": {"totalCount": 3}},
    ),
    "one stands for a list of one": (
        "query($s: [DeviceState!]) { devices(filter: {state: $s}) { totalCount }"
        " x: devices(filter: {state: IN_SERVICE}) { totalCount } y: devices(filter: {state: []}) { totalCount } }",
        {"s": "RETIRED"},
        {"devices": {"totalCount": 0}, "x": {"totalCount": 3}, "y": {"totalCount": 0}},
    ),
    "a variable within a list": (
        "query($s: DeviceState!) { devices(filter: {state: [RETIRED, $s]}) { totalCount } }",
        {"s": "IN_SERVICE"},
        {"devices": {"totalCount": 3}},
    ),
    "variables that nobody declared are left alone": ("{ me { name } }", {"x": 1}, {"me": {"name": NURSE}}),
    "a number may stand for an id": ("{ node(id: 5) { id } }", {}, {"node": None}),
    "a whole float may stand for an int": (
        "query($n: Int) { devices(first: $n) { nodes { assetNumber } } }",
        {"n": 1.0},
        {"devices": {"nodes": [{"assetNumber": "SB-0001"}]}},
    ),
    "a text in blocks and with escapes": (
        '{ a: device(assetNumber: """SB-0001""") { serial } b: device(assetNumber: "SB\\u002D0001") { serial } }',
        {},
        {"a": {"serial": "SN1001"}, "b": {"serial": "SN1001"}},
    ),
    # nulls and lists
    "what is not there is null, and nothing is asked of it": (
        '{ device(assetNumber: "none") { model { name { zh } } history { nodes { id } } } me { name } }',
        {},
        {"device": None, "me": {"name": NURSE}},
    ),
    "nulls stand in their places in a list": ('{ nodes(ids: ["tk_x", "zz_y"]) { id } }', {}, {"nodes": [None, None]}),
    "an empty list": (
        "{ nodes(ids: []) { id } devices(first: 0) { nodes { id } } }",
        {},
        {"nodes": [], "devices": {"nodes": []}},
    ),
}

INVALID: dict[str, tuple[str, dict[str, Any]]] = {
    "a field that does not exist": ("{ me { shoeSize } }", {}),
    "an argument that does not exist": ("{ me(size: 1) { name } }", {}),
    "a leaf with a selection": ("{ me { name { x } } }", {}),
    "an object without a selection": ("{ me }", {}),
    "one name for two fields": ("{ me { a: name a: kind } }", {}),
    "one name with different arguments": ("{ devices(first: 1) { totalCount } devices(first: 2) { totalCount } }", {}),
    "one name of two shapes": (
        "{ nodes(ids: []) { ... on Ticket { x: number } ... on Device { x: version } } }",
        {},
    ),
    "a fragment that nobody uses": ("{ me { name } } fragment A on Viewer { kind }", {}),
    "a fragment that does not exist": ("{ me { ...A } }", {}),
    "a fragment that can never apply": ("{ me { ... on Ticket { number } } }", {}),
    "a fragment within itself": ("{ me { ...A } } fragment A on Viewer { ...A }", {}),
    "a fragment on a scalar": ("{ me { ... on String { x } } }", {}),
    "a variable that is not declared": ("{ devices(first: $n) { totalCount } }", {}),
    "a variable that nobody uses": ("query($n: Int) { me { name } }", {}),
    "a variable declared twice": ("query($n: Int, $n: Int) { devices(first: $n) { totalCount } }", {}),
    "a variable of the wrong type": ("query($n: String) { devices(first: $n) { totalCount } }", {}),
    "a variable that may be null where null is none": ("query($i: ID) { node(id: $i) { id } }", {}),
    "a directive that does not exist": ("{ me @often { name } }", {}),
    "a directive twice": ("{ me @skip(if: false) @skip(if: false) { name } }", {}),
    "a directive without its argument": ("{ me @skip { name } }", {}),
    "a literal of the wrong type": ('{ devices(first: "2") { totalCount } }', {}),
    "a literal beyond 32 bits": ("{ devices(first: 2147483648) { totalCount } }", {}),
    "a word that is none of the enum": ("{ devices(order: UP) { totalCount } }", {}),
    "an enum's word in quotes": ('{ devices(order: "ASC") { totalCount } }', {}),
    "a field that the filter has not": ("{ devices(filter: {colour: 1}) { totalCount } }", {}),
    "a field that the filter must have": ('{ devices(filter: {external: {system: "x"}}) { totalCount } }', {}),
    "a required argument left out": ("{ node { id } }", {}),
    "no value for a variable that must have one": ("query($i: ID!) { node(id: $i) { id } }", {}),
    "null for a variable that must have a value": ("query($i: ID!) { node(id: $i) { id } }", {"i": None}),
    "a list for a text": ("query($i: ID!) { node(id: $i) { id } }", {"i": ["x"]}),
    "a fraction for an int": ("query($n: Int) { devices(first: $n) { totalCount } }", {"n": 1.5}),
    "true for an int": ("query($n: Int) { devices(first: $n) { totalCount } }", {"n": True}),
    "null within a list of words": (
        "query($s: [DeviceState!]) { devices(filter: {state: $s}) { totalCount } }",
        {"s": [None]},
    ),
    "an unknown field in a variable": (
        "query($f: DeviceFilter) { devices(filter: $f) { totalCount } }",
        {"f": {"x": 1}},
    ),
    "a text that is no moment": (
        "query($t: DateTime) { worklist(filter: {changedSince: $t}) { totalCount } }",
        {"t": "yesterday"},
    ),
    "no document": ("", {}),
    "no GraphQL": ("{ me { name }", {}),
    "two operations of one name": ("query A { me { name } } query A { me { name } }", {}),
    "an operation without a name beside another": ("{ me { name } } query A { me { name } }", {}),
}

FAULTS: dict[str, tuple[str, dict[str, Any], Any, list[list[str]]]] = {
    "an argument that is no page costs its field alone": (
        "{ a: devices(first: 101) { totalCount } me { name } }",
        {},
        {"a": None, "me": {"name": NURSE}},
        [["a"]],
    ),
    "each field has its own error, under its own name": (
        "{ a: devices(first: -1) { totalCount } b: devices(first: 1, last: 1) { totalCount } c: me { name } }",
        {},
        {"a": None, "b": None, "c": {"name": NURSE}},
        [["a"], ["b"]],
    ),
    "an error within a list is told once": (
        '{ devices(first: 2) { nodes { assetNumber history(after: "no") { totalCount } } } }',
        {},
        {"devices": {"nodes": [{"assetNumber": f"SB-000{n}", "history": None} for n in (1, 2)]}},
        [["devices", "nodes", "history"]],
    ),
    "null where an argument has a default and is never null": (
        "query($o: DeviceOrder = ASSET_NUMBER) { devices(orderBy: $o) { totalCount } me { name } }",
        {"o": None},
        {"devices": None, "me": {"name": NURSE}},
        [["devices"]],
    ),
    "what looks something up must be told what": (
        "{ device { id } me { name } }",
        {},
        {"device": None, "me": {"name": NURSE}},
        [["device"]],
    ),
    "a text that cannot be stored": (
        "query($s: String) { device(assetNumber: $s) { id } me { name } }",
        {"s": "a\0b"},
        {"device": None, "me": {"name": NURSE}},
        [["device"]],
    ),
    "a moment without a zone": (
        '{ worklist(filter: {changedSince: "2026-01-01T00:00:00"}) { totalCount } me { name } }',
        {},
        {"worklist": None, "me": {"name": NURSE}},
        [["worklist"]],
    ),
}

NAMED = "query A { me { name } } query B { me { kind } } fragment F on Viewer { name } query C { me { ...F } }"


@pytest_asyncio.fixture
async def ask(portal: Any) -> Any:
    async def asked(document: str, variables: dict[str, Any]) -> Any:
        return await portal.ask("nurse_a", document, **variables)

    return asked


@pytest.mark.parametrize("case", VALID)
async def test_what_is_valid_is_answered(ask: Any, case: str) -> None:
    document, variables, expected = VALID[case]
    answer = await ask(document, variables)
    assert not answer.errors
    assert repr(answer.data) == repr(expected)  # the order of the fields counts


@pytest.mark.parametrize("case", INVALID)
async def test_what_is_invalid_is_refused_whole(ask: Any, case: str) -> None:
    document, variables = INVALID[case]
    answer = await ask(document, variables)
    assert answer.data is None
    assert answer.codes, "there is an error"
    assert set(answer.codes) <= {"bad_request", "query_missing"}


@pytest.mark.parametrize("case", FAULTS)
async def test_what_cannot_be_asked_is_an_error_of_its_field(ask: Any, case: str) -> None:
    document, variables, expected, paths = FAULTS[case]
    answer = await ask(document, variables)
    assert repr(answer.data) == repr(expected)
    assert [error["path"] for error in answer.errors] == paths
    assert all(error["message"] and error["extensions"]["code"] for error in answer.errors)


@pytest.mark.parametrize(
    ("name", "expected"), [("A", {"name": NURSE}), ("B", {"kind": "member"}), ("C", {"name": NURSE})]
)
async def test_the_operation_that_is_named_runs(portal: Any, name: str, expected: Any) -> None:
    headers = {"authorization": f"Bearer {await portal.token('nurse_a')}"}
    body = {"query": NAMED, "operationName": name}
    response = await portal.client.post("/graphql", json=body, headers=headers)
    assert response.json()["data"] == {"me": expected}


@pytest.mark.parametrize("name", [None, "", "D"])
async def test_which_operation_must_be_said(portal: Any, name: str | None) -> None:
    headers = {"authorization": f"Bearer {await portal.token('nurse_a')}"}
    response = await portal.client.post("/graphql", json={"query": NAMED, "operationName": name}, headers=headers)
    body = response.json()
    assert body.get("data") is None
    assert body["errors"]


async def test_times_are_utc_however_they_were_given(portal: Any, cast: Any) -> None:
    windows = [["2027-01-01T08:00:00+08:00", "2027-01-01T10:30:00.120000+08:00"]]
    data = await portal.get(
        "nurse_a",
        'mutation($d: ID!, $w: [[DateTime!]!]) { reportFault(input: {device: $d, symptom: "x", accessWindows: $w})'
        " { ticket { clinical { accessWindows } } } }",
        d=cast.device_id("pump_a"),
        w=windows,
    )
    expected = [["2027-01-01T00:00:00+00:00", "2027-01-01T02:30:00.12+00:00"]]
    assert data["reportFault"]["ticket"]["clinical"]["accessWindows"] == expected


IDENTITY = """{ me { identity { __typename ...Key ... on Member { login roles } ... on Node { id } } } }
  fragment Key on ApiKey { name scopes secret: __typename }"""


async def test_fragments_on_a_union(portal: Any, cast: Any) -> None:
    """Who asks is a member or a key; each is answered what was asked of its type, and oneself may always be read."""
    data = await portal.get("nurse_a", IDENTITY)
    member = {"__typename": "Member", "login": "nurse_a", "roles": ["REPORTER"], "id": cast.member_id("nurse_a")}
    assert repr(data["me"]["identity"]) == repr(member)
    made = await cast.run("admin_a", "tenants.create_api_key", {"name": "Portal", "scopes": ["read.progress"]})
    headers = {"authorization": f"Bearer {made.secret}"}
    answer = (await portal.client.post("/graphql", json={"query": IDENTITY}, headers=headers)).json()
    key = {"__typename": "ApiKey", "name": "Portal", "scopes": ["read.progress"], "secret": "ApiKey", "id": made.key}
    assert repr(answer["data"]["me"]["identity"]) == repr(key)


async def test_an_id_of_another_kind_finds_nothing(portal: Any, cast: Any) -> None:
    ticket = await portal.report()
    device, foreign = cast.device_id("pump_a"), cast.device_id("pump_b")
    body = ticket[3:]
    document = """query($t: ID!, $d: ID!, $f: ID!, $s: ID!) {
      a: ticket(id: $d) { id } b: device(id: $t) { id } c: node(id: $f) { id } d: node(id: $s) { id }
      e: nodes(ids: [$t, $f, $d, $s, $t]) { id __typename } f: worklist(filter: {device: $f}) { totalCount }
      g: worklist(filter: {device: $t}) { totalCount } h: worklist(filter: {device: $d}) { totalCount } }"""
    data = await portal.get("nurse_a", document, t=ticket, d=device, f=foreign, s=f"dv_{body}")
    assert [data[key] for key in "abcd"] == [None] * 4
    found = {"id": ticket, "__typename": "Ticket"}
    assert data["e"] == [found, None, {"id": device, "__typename": "Device"}, None, found]
    assert [data[key]["totalCount"] for key in "fgh"] == [0, 0, 1]
