"""Ids: ordered inside, opaque outside, and the same string from Python and from Postgres."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.kernel import DomainError, Reference, new_id, opaque, parse_opaque
from support.database import look


@given(tenant=st.uuids(), id=st.uuids())
def test_an_opaque_id_is_read_back(tenant, id) -> None:  # type: ignore[no-untyped-def]
    text = opaque("tk", tenant, id)
    assert parse_opaque("tk", text) == Reference(tenant, id)
    assert len(text) <= 80


@given(text=st.text(max_size=60))
def test_whatever_else_is_not_found(text: str) -> None:
    for given_text in (text, f"tk_{text}"):
        with pytest.raises(DomainError, match="not_found"):
            parse_opaque("tk", given_text)


def test_an_id_of_another_kind_is_not_found() -> None:
    with pytest.raises(DomainError, match="not_found"):
        parse_opaque("dv", opaque("tk", new_id(), new_id()))


def test_what_is_no_text_is_not_found() -> None:
    with pytest.raises(DomainError, match="not_found"):
        parse_opaque("tk", None)  # type: ignore[arg-type]


def test_ids_are_ordered_by_the_time_they_were_made() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert made[0].version == 7


async def test_postgres_makes_the_same_string(database: None) -> None:
    for _ in range(20):
        tenant, row = new_id(), new_id()
        assert (await look("SELECT opaque('tk', $1, $2) AS text", tenant, row))[0]["text"] == opaque("tk", tenant, row)
