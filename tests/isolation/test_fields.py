"""GraphQL's permissions: every field asks for what the reviewed matrix says, and a field that did not is caught."""

from support.isolation.fields import bindings, field_findings, field_mutants, hunt_fields, promises
from support.isolation.hunt import BEHAVIOUR, NOTHING


def test_every_field_is_answered_to_those_alone_whom_the_matrix_names(database):
    found = []
    for bound in bindings().types.values():
        for field in bound.fields.values():
            found += field_findings(bound, field)
    assert found == []
    assert len(promises()) > 200


def test_every_mutant_of_a_field_is_caught(database):
    caught = hunt_fields(field_mutants())
    assert [one.mutant.name for one in caught if one.by == NOTHING] == []
    assert len(caught) > 100
    for kind in ("GraphQL permission", "GraphQL mask"):
        assert {one.by for one in caught if one.mutant.kind == kind} == {BEHAVIOUR}
