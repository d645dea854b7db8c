"""Arguments filled in from variables are those that graphql-core would give, whatever was given before."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, get_argument_values, parse
from graphql.execution.values import VariableValues

from mendline_schema.reads.variables import arguments_of, variables_of
from mendline_schema.schema import build_schema

SCHEMA = build_schema()._schema

STATES = {"state": ["ACCEPTED", "OFFERED"], "n": 3, "after": "x"}
CASES: dict[str, tuple[str, list[Mapping[str, Any]]]] = {
    "none": ("{ worklist { totalCount } }", [{}, {}]),
    "constants": ('{ worklist(first: 3, filter: { number: "a" }) { totalCount } }', [{}, {}]),
    "one in its place": (
        "query($n: Int, $after: String) { worklist(first: $n, after: $after) { totalCount } }",
        [STATES, {"n": 4, "after": "y"}, {"n": None, "after": "y"}, {"n": 5}, {}, STATES],
    ),
    "missing at first": ("query($n: Int) { worklist(first: $n) { totalCount } }", [{}, {"n": 1}, {"n": 2}, {}]),
    "in an object": (
        'query($state: [TicketState!], $n: Int) { worklist(first: $n, filter: { state: $state, number: "a" })'
        " { totalCount } }",
        [STATES, {"state": ["ACCEPTED"], "n": 1}, {"n": 1}, {"state": None}, {"state": []}, STATES],
    ),
    "the whole object": (
        "query($filter: WorklistFilter) { worklist(filter: $filter) { totalCount } }",
        [{"filter": {"state": ["OFFERED"]}}, {"filter": {"number": "b"}}, {"filter": None}, {}],
    ),
    "in a list": (
        "query($one: TicketState!) { worklist(filter: { state: [OFFERED, $one] }) { totalCount } }",
        [{"one": "ACCEPTED"}, {"one": "OFFERED"}],
    ),
    "with a default": (
        "query($n: Int = 7, $by: WorklistOrder = DUE_AT) { worklist(first: $n, orderBy: $by) { totalCount } }",
        [{}, {"n": 1}, {"by": "PRIORITY"}, {"n": 2, "by": "OPENED_AT"}],
    ),
    "in deeper objects": (
        'query($number: String!) { device(external: { system: "his", number: $number }) { id } }',
        [{"number": "1"}, {"number": "2"}],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_they_are_graphql_cores(case: str) -> None:
    text, requests = CASES[case]
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    node = operation.selection_set.selections[0]
    assert isinstance(node, FieldNode)
    assert SCHEMA.query_type is not None
    definition = SCHEMA.query_type.fields[node.name.value]
    for given in requests:
        variables = variables_of(SCHEMA, operation, {name: value for name, value in given.items() if name in text})
        assert isinstance(variables, VariableValues)
        assert arguments_of(definition, node, variables) == get_argument_values(definition, node, variables)
