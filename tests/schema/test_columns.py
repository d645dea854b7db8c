"""A subquery takes those columns of its rows that the statement uses, wherever it uses them."""

from mendline_schema.reads.columns import name_columns


def test_used_columns_stand_in_the_place_of_all() -> None:
    page = '(SELECT r1.* FROM "ticket" r1 WHERE r1.tenant_id = $1 ORDER BY r1."opened_at" DESC LIMIT 50) r1'
    written = name_columns(f"SELECT json_build_object('id', opaque('tk', r1.tenant_id, r1.id)) FROM {page}")
    assert 'SELECT r1."tenant_id", r1."id", r1."opened_at" FROM "ticket" r1' in written


def test_each_alias_has_its_own() -> None:
    written = name_columns("SELECT r1.a, r12.b FROM (SELECT r1.* FROM x r1) r1, (SELECT r12.* FROM y r12) r12")
    assert written == 'SELECT r1.a, r12.b FROM (SELECT r1."a" FROM x r1) r1, (SELECT r12."b" FROM y r12) r12'


def test_of_what_nothing_is_used_nothing_is_taken() -> None:
    assert name_columns("SELECT count(*) FROM (SELECT r1.* FROM x r1) r1").endswith("(SELECT  FROM x r1) r1")


def test_other_names_are_left_alone() -> None:
    for sql in ("SELECT p.v0 FROM p", "SELECT * FROM read_r1 r1", "SELECT bar1.* FROM bar1"):
        assert name_columns(sql) == sql
