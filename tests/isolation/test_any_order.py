"""Any order of commands and reads: six organisations, and beside them a small model of who may see what."""

import asyncio

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from support.isolation.machine import Isolation, Tally

RUNS, STEPS = 14, 60


@pytest_asyncio.fixture
async def loop(database: None) -> asyncio.AbstractEventLoop:
    """The loop of the pools; it rests while a test that is no coroutine runs."""
    return asyncio.get_running_loop()


def machine(loop) -> type[Isolation]:
    """A machine of this test's own."""
    return type("Run", (Isolation,), {"loop": loop, "tally": Tally()})


def how(**more) -> settings:
    return settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), **more)


def test_nobody_reads_or_does_what_is_not_theirs(loop):
    made = machine(loop)
    run_state_machine_as_test(made, settings=how(max_examples=RUNS, stateful_step_count=STEPS, derandomize=True))
    assert made.tally.foreign == []
    assert made.tally.total > 1500
    assert len(made.tally.operations) > 15


@pytest.mark.parametrize("group", ["clinical", "messages"])
def test_a_model_that_knows_less_is_contradicted(loop, monkeypatch, group):
    """The negative control: were a group shared that the model does not know of, a run would find it."""
    from support.isolation import reference

    monkeypatch.setattr(reference, "PROVIDERS", reference.PROVIDERS - {group})
    made = machine(loop)
    quickly = how(max_examples=40, stateful_step_count=STEPS, phases=[Phase.generate], derandomize=True)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(made, settings=quickly)
    assert made.tally.foreign != []
