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
