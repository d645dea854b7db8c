"""The table of steps is whole: every command exists, every state is reached, left, and has words."""

from typing import get_args

import pytest

from mendline.kernel import COMMANDS, LOCALES, catalogue
from mendline.tickets import KINDS, PHASES, STEPS, UseState, steps_from
from mendline_tenants import PERMISSIONS


@pytest.fixture(autouse=True)
def _domains(database: None) -> None:
    """Every domain is loaded."""


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.command)
def test_each_step_is_a_command_with_a_known_permission(step):
    assert step.command in COMMANDS, f"write the command {step.command} or take its step out of STEPS"
    assert COMMANDS[step.command].permission in PERMISSIONS


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.command)
def test_each_step_names_known_states(step):
    assert set(step.sources) <= set(PHASES)
    assert step.target is None or step.target in PHASES


def test_every_state_is_reached_and_only_archived_is_never_left():
    resumed = {"triaged", "accepted", "on_site"}
    decided = {
        "quality.sign": {"checked", "approved"},
        "tickets.triage": {"triaged", "quotation"},
        **dict.fromkeys(("tickets.drop_quotation", "tickets.decide_entitlement", "tickets.answer_dispute"), resumed),
        "tickets.answer_quotation": {*resumed, "quotation"},
    }
    assert set(decided) == {s.command for s in STEPS if s.target is None}
    reached = {"reported", *(s.target for s in STEPS if s.target), *(t for ts in decided.values() for t in ts)}
    assert reached == set(PHASES)
    left = {source for step in STEPS for source in step.sources}
    assert set(PHASES) - left == {"archived"}


@pytest.mark.parametrize("locale", LOCALES)
def test_states_phases_kinds_and_use_states_have_words(locale):
    words = catalogue(locale)
    names = [
        *(f"state.{state}" for state in PHASES),
        *(f"phase.{phase}" for phase in set(PHASES.values())),
        *(f"kind.{kind}" for kind in KINDS),
        *(f"use_state.{value}" for value in get_args(UseState)),
    ]
    assert [name for name in names if name not in words] == []


def test_what_each_part_may_do_next():
    assert "dispatch.offer_job" in steps_from("triaged", "fault", "provider")
    assert "dispatch.offer_job" not in steps_from("triaged", "fault", "facility")
    assert steps_from("archived", "fault", "facility") == []
