"""Inputs of commands: a bad field is named with what would be right, for every command, and nothing is stored."""

import pytest

from mendline.kernel import COMMANDS, DomainError, new_id, opaque, parse_input
from support.cast import Cast
from support.database import unchanged

WRONG = [
    ("tickets.report", {}, "symptom"),
    ("tickets.report", {"symptom": 7}, "symptom"),
    ("tickets.report", {"symptom": "x", "use_state": "broken"}, "use_state"),
    ("tickets.report", {"symptom": "x", "spare_needed": "maybe"}, "spare_needed"),
    ("tickets.report", {"symptom": "x", "happened_at": "yesterday"}, "happened_at"),
    ("tickets.report", {"symptom": "nul\0byte"}, "symptom"),
    (
        "tickets.share",
        {"ticket": "tk", "organisation": "or", "part": "manufacturer", "groups": ["progress", 7]},
        "groups",
    ),
]


@pytest.mark.parametrize(("name", "given", "field"), WRONG)
async def test_a_wrong_field_is_named_and_nothing_is_stored(
    cast: Cast, name: str, given: dict[str, object], field: str
) -> None:
    async with unchanged():
        with pytest.raises(DomainError, match="invalid_input") as refusal:
            await cast.run("engineer_a", name, given, key="wrong")
    assert refusal.value.facts["field"].startswith(field) or field in refusal.value.facts["problem"]
    assert refusal.value.facts["problem"]


@pytest.mark.parametrize("given", [None, 7, "text", []])
async def test_what_is_no_input_at_all_is_refused_in_words_by_every_command(database: None, given: object) -> None:
    for entry in COMMANDS.values():
        with pytest.raises(DomainError, match="invalid_input"):
            parse_input(entry, given)


async def test_a_command_that_does_not_exist_is_named(cast: Cast) -> None:
    async with unchanged():
        with pytest.raises(DomainError, match=r"unknown_command\(name='tickets.delete'\)"):
            await cast.run("nurse_a", "tickets.delete")


async def test_a_ticket_that_is_not_there_and_one_that_is_not_ones_own_are_answered_alike(cast: Cast) -> None:
    foreign = await cast.run("nurse_b", "tickets.report", {"device": cast.device_id("pump_b"), "symptom": "x"})
    missing = opaque("tk", cast["hospital_b"], new_id())
    answers = set()
    for ticket in (foreign.ticket, missing):
        async with unchanged():
            with pytest.raises(DomainError, match="not_found") as refusal:
                await cast.run("nurse_a", "tickets.comment", {"ticket": ticket, "body": "x"})
        answers.add(str(refusal.value))
    assert len(answers) == 1


@pytest.mark.parametrize("ticket", ["nonsense", "", "tk_", "tk_" + "A" * 43, "dv_" + "A" * 43])
async def test_what_is_no_id_is_not_found(cast: Cast, ticket: str) -> None:
    async with unchanged():
        with pytest.raises(DomainError, match="not_found"):
            await cast.run("nurse_a", "tickets.comment", {"ticket": ticket, "body": "x"})
