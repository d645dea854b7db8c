"""Equivalence: random operations over a full house are answered as graphql-core's own executor answers them."""

from collections.abc import Callable
from typing import Any

import pytest

from mendline.kernel import LRU
from mendline_schema.reads import pages, sql
from mendline_schema.reads.plan import Planner
from mendline_schema.schema import build_schema
from support.cast import Cast
from support.equivalence import Fault, Hunt, readable
from support.full_house import READERS, fill
from support.material import material
from support.reference_rows import Rows

OPERATIONS = 500


async def hunting(cast: Cast) -> Hunt:
    """A hunt over a full house."""
    await fill(cast)
    rows = Rows()
    actors = [cast.actor(who, locale=("zh", "en")[n % 2]) for n, who in enumerate(READERS)]
    return Hunt(actors, rows, await material(actors, rows))


@pytest.mark.timeout(900)
async def test_random_operations(cast: Cast, blobs: None) -> None:
    hunt = await hunting(cast)
    for seed in range(OPERATIONS):
        fault = await hunt.compare(seed)
        assert fault is None, f"the compiler and graphql-core's executor differ:\n{fault}"
    assert hunt.counts["compared"] > 0.9 * OPERATIONS, hunt.counts
    left_out = readable() - hunt.fields
    assert len(left_out) < 0.1 * len(readable()), f"the operations never ask for {sorted(left_out)}"


def without_fragments(collect: Any) -> Any:
    """Forgets what named fragments ask for."""

    def forgetful(self: Planner, parent: Any, selections: Any, nodes: Any, visited: set[str]) -> None:
        visited.update(self._fragments)
        collect(self, parent, selections, nodes, visited)

    return forgetful


WRONG: tuple[tuple[Any, str, Callable[[Any], Any]], ...] = (
    (pages, "ordering", lambda right: lambda alias, order, backward: right(alias, order, not backward)),
    (sql.Writer, "_allowed", lambda right: lambda self, needs, field, selected: True),
    (Planner, "_included", lambda right: lambda self, selection: True),
    (Planner, "_collect", without_fragments),
)
"""Ways to be wrong: where, the name of what is replaced, and by what."""


@pytest.mark.timeout(600)
async def test_a_wrong_compiler_is_noticed(cast: Cast, blobs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """In few operations, and shown by a document of a few lines."""
    hunt = await hunting(cast)
    statements = build_schema().execution_context_class.statements  # type: ignore[attr-defined]
    for where, name, broken in WRONG:
        with monkeypatch.context() as patch:
            patch.setattr(statements, "_kept", LRU(1_000))
            patch.setattr(where, name, broken(getattr(where, name)))
            fault = await first_fault(hunt, 100)
        assert fault is not None, f"nothing noticed that {name} is wrong"
        assert len(fault.operation.document.splitlines()) < 20, fault


async def first_fault(hunt: Hunt, operations: int) -> Fault | None:
    """The first operation that is answered differently."""
    for seed in range(operations):
        if fault := await hunt.compare(seed):
            return fault
    return None
