"""Connections: pages by cursor in both directions, in either order, and filters over indexed columns."""

from typing import Any

LIST = """query($first: Int, $after: String, $last: Int, $before: String, $order: SortOrder! = DESC,
  $filter: WorklistFilter) {
  worklist(first: $first, after: $after, last: $last, before: $before, order: $order, filter: $filter) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { number } }
  } }"""


def numbers(page: Any) -> list[int]:
    return [int(edge["node"]["number"].rpartition("-")[2]) for edge in page["edges"]]


async def pages(portal: Any, size: str, cursor: str, bound: str, more: str, **variables: Any) -> list[list[int]]:
    """Every page, walking from one end to the other."""
    found, place = [], None
    while True:
        data = await portal.get("engineer_a", LIST, **{size: 2, cursor: place}, **variables)
        found.append(numbers(data["worklist"]))
        place = data["worklist"]["pageInfo"][bound]
        if not data["worklist"]["pageInfo"][more]:
            return found


async def test_pages_forward_and_backward(portal: Any) -> None:
    for _ in range(5):
        await portal.report()
    assert await pages(portal, "first", "after", "endCursor", "hasNextPage") == [[5, 4], [3, 2], [1]]
    assert await pages(portal, "last", "before", "startCursor", "hasPreviousPage") == [[2, 1], [4, 3], [5]]
    assert await pages(portal, "first", "after", "endCursor", "hasNextPage", order="ASC") == [[1, 2], [3, 4], [5]]
    assert await pages(portal, "last", "before", "startCursor", "hasPreviousPage", order="ASC") == [[4, 5], [2, 3], [1]]


async def test_an_empty_page(portal: Any) -> None:
    data = await portal.get("engineer_a", LIST, first=2)
    assert data["worklist"] == {
        "totalCount": 0,
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
        "edges": [],
    }


async def test_filters(portal: Any, cast: Any) -> None:
    first = await portal.report()
    await portal.report(device="monitor_a")  # no contract: it stays with the hospital, reported
    by_state = await portal.get("engineer_a", LIST, filter={"state": ["TRIAGED"]})
    assert numbers(by_state["worklist"]) == [1]
    both = await portal.get("engineer_a", LIST, filter={"state": ["TRIAGED", "REPORTED"], "phase": ["OPEN"]})
    assert numbers(both["worklist"]) == [2, 1]
    opened = (await portal.get("nurse_a", "query($i: ID!) { ticket(id: $i) { changedAt } }", i=first))["ticket"]
    since = await portal.get("engineer_a", LIST, filter={"changedSince": opened["changedAt"]})
    assert since["worklist"]["totalCount"] == 2
    nobody = await portal.get("engineer_a", LIST, filter={"assignee": cast.member_id("engineer_a")})
    assert nobody["worklist"]["totalCount"] == 0


async def test_what_is_no_page(portal: Any) -> None:
    for variables, code in (
        ({"first": 101}, "page_too_large"),
        ({"first": -1}, "invalid_input"),
        ({"first": 1, "last": 1}, "invalid_input"),
        ({"after": "nonsense"}, "invalid_input"),
        ({"after": "WzEsMl0="}, "invalid_input"),
    ):
        answer = await portal.ask("engineer_a", LIST, **variables)
        assert (answer.data, answer.codes) == ({"worklist": None}, [code]), variables
        assert answer.errors[0]["path"] == ["worklist"]


async def test_a_cursor_is_of_one_list_in_one_order(portal: Any) -> None:
    for _ in range(3):
        await portal.report()
    cursors = await portal.get(
        "engineer_a",
        "{ changed: worklist(first: 1) { pageInfo { endCursor } } due: worklist(first: 1, orderBy: DUE_AT)"
        " { pageInfo { endCursor } } up: worklist(first: 1, order: ASC) { pageInfo { endCursor } }"
        " devices(first: 1) { pageInfo { endCursor } } }",
    )
    cursor = {name: page["pageInfo"]["endCursor"] for name, page in cursors.items()}
    document = "query($a: String, $o: WorklistOrder!, $d: SortOrder) { worklist(after: $a, orderBy: $o, order: $d) %s }"
    asked = {"changed": ("CHANGED_AT", None), "due": ("DUE_AT", None), "up": ("CHANGED_AT", "ASC")}
    for name, (order, direction) in asked.items():
        for given, text in cursor.items():
            for wanted in ("{ nodes { number } }", "{ totalCount }"):
                answer = await portal.ask("engineer_a", document % wanted, a=text, o=order, d=direction)
                if given == name:
                    assert not answer.errors
                else:
                    assert (answer.data, answer.codes) == ({"worklist": None}, ["invalid_input"])
                    assert answer.errors[0]["message"] == "“after” is not right: this is not a cursor of this list"


async def test_what_is_due_first_and_never_last(portal: Any, cast: Any) -> None:
    """Tickets without a due time have their place too, in both directions and page by page."""
    for device in ("pump_a", "monitor_a", "pump_a2", "monitor_a"):  # monitors have no contract, so nothing is due
        await portal.report(device=device)
    document = """query($f: Int, $a: String, $l: Int, $b: String, $d: SortOrder) { worklist(
      first: $f, after: $a, last: $l, before: $b, orderBy: DUE_AT, order: $d) { nodes { number dueAt }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

    async def walk(size: str, cursor: str, bound: str, more: str, direction: str | None) -> list[int]:
        found, place = [], None
        while True:
            page = (await portal.get("engineer_a", document, **{size: 1, cursor: place}, d=direction))["worklist"]
            found += [int(node["number"].rpartition("-")[2]) for node in page["nodes"]]
            place = page["pageInfo"][bound]
            if not page["pageInfo"][more]:
                return found

    assert await walk("f", "a", "endCursor", "hasNextPage", None) == [1, 3, 2, 4]
    assert await walk("f", "a", "endCursor", "hasNextPage", "DESC") == [4, 2, 3, 1]
    assert await walk("l", "b", "startCursor", "hasPreviousPage", None) == [4, 2, 3, 1]
    soon = "query($t: DateTime!) { worklist(filter: {dueBefore: $t}) { totalCount } }"
    assert (await portal.get("engineer_a", soon, t="2900-01-01T00:00:00Z"))["worklist"]["totalCount"] == 2


async def test_pages_tell_what_lies_beyond_them(portal: Any) -> None:
    """As the Relay specification has it; beyond a cursor it is looked at, and not guessed."""
    for _ in range(4):
        await portal.report()
    page = (await portal.get("engineer_a", LIST, first=4, order="ASC"))["worklist"]
    first, second, third, fourth = (edge["cursor"] for edge in page["edges"])

    async def info(**variables: Any) -> tuple[list[int], bool, bool]:
        found = (await portal.get("engineer_a", LIST, order="ASC", **variables))["worklist"]
        return numbers(found), found["pageInfo"]["hasPreviousPage"], found["pageInfo"]["hasNextPage"]

    assert await info(first=2) == ([1, 2], False, True)
    assert await info(first=2, after=second) == ([3, 4], True, False)
    assert await info(first=2, after=first, before=fourth) == ([2, 3], True, False)
    assert await info(first=1, after=first, before=fourth) == ([2], True, True)
    assert await info(last=1, after=first, before=fourth) == ([3], True, True)
    assert await info(last=2, before=third) == ([1, 2], False, True)
    assert await info(first=0, after=second) == ([], True, True)
    assert await info(after=fourth) == ([], True, False)
    assert await info(after=third, before=second) == ([], True, False)
    number = (await portal.get("engineer_a", LIST, first=1, order="ASC"))["worklist"]["edges"][0]["node"]["number"]
    assert await info(after=third, filter={"number": number}) == ([], True, False)
    assert await info(after=first, filter={"number": "none"}) == ([], False, False)


async def test_a_cursor_of_another_list_is_told_in_every_place_that_a_fragment_puts_it(portal: Any) -> None:
    elsewhere = await portal.get("engineer_a", "{ devices(first: 1) { pageInfo { endCursor } } }")
    document = """query($a: String) { devices(first: 3) { nodes { ...Past } edges { node { ...Past } } } }
        fragment Past on Device { assetNumber timeline(before: $a) { totalCount } }"""
    answer = await portal.ask("engineer_a", document, a=elsewhere["devices"]["pageInfo"]["endCursor"])
    told = [(error["path"], error["extensions"]["code"]) for error in answer.errors]
    assert told == [
        (["devices", "nodes", "timeline"], "invalid_input"),
        (["devices", "edges", "node", "timeline"], "invalid_input"),
    ]
    shown = [*answer.data["devices"]["nodes"], *(edge["node"] for edge in answer.data["devices"]["edges"])]
    assert shown
    assert all(one["assetNumber"] and one["timeline"] is None for one in shown)
