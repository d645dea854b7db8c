"""Errands: what is asked of another organisation is done once, whatever is cut short, and told to both."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from mendline.kernel import (
    DomainError,
    execute,
    frozen,
    new_id,
    now,
    opaque,
    parse_opaque,
    perform,
    rows,
    run,
    transaction,
)
from mendline.kernel.housekeeping import forget_keys
from mendline_tenants import ASKABLE, Errand, ask, ask_and_wait, outcome, system_actor
from mendline_tenants.partnership import errands
from support.database import look, unchanged
from support.queues import drain

REASON = {"reason": "需要厂家工装"}


@pytest.fixture
def given(cast, ticket):
    """What vendor V asks of hospital A: to pass its ticket on."""
    return {"ticket": opaque("tk", *ticket), "subcontractor": cast.organisation_id("vendor_w"), **REASON}


async def asked_alone(cast, given):
    """The request is committed, and the process that would have done it is gone."""
    return await cast.run("desk_v", "tickets.ask_subcontract", given)


async def requests(ticket):
    found = await look("SELECT state FROM subcontract WHERE tenant_id = $1 AND ticket_id = $2", *ticket)
    return [row["state"] for row in found]


async def errand(asked):
    reference = parse_opaque("er", asked.errand)
    async with transaction(reference.tenant):
        return await rows.get(Errand, *reference)


async def later(cast, seconds=600):
    """What workers do in the time to come."""
    await drain([cast["vendor_v"]], queues=["errand"], at=now() + timedelta(seconds=seconds), failures=True)


@pytest.fixture
def cut(monkeypatch):
    """Makes a function of errands.py fail once, as when the process is killed there."""

    def cut_short(target, name, before=True):
        real, cuts = getattr(target, name), []

        async def failing(*given, **named):
            result = None if before and not cuts else await real(*given, **named)
            if not cuts:
                cuts.append(1)
                raise ConnectionError("killed")
            return result

        monkeypatch.setattr(target, name, failing)

    return cut_short


async def test_who_asks_and_waits_gets_the_outcome(cast, ticket, given):
    answer = await ask_and_wait(cast.actor("desk_v"), "tickets.ask_subcontract", given)
    assert answer.state == "asked"
    assert await requests(ticket) == ["asked"]


async def test_what_was_only_asked_is_done_by_a_worker_and_no_sooner_than_by_who_waits(cast, ticket, given):
    asked = await asked_alone(cast, given)
    await drain([cast["vendor_v"]], queues=["errand"])
    assert await requests(ticket) == []
    await later(cast)
    assert await requests(ticket) == ["asked"]
    assert (await outcome(asked)).state == "asked"


async def test_a_death_before_the_other_began_loses_nothing(cast, ticket, given, cut):
    cut(errands, "run")
    asked = await asked_alone(cast, given)
    assert not await perform("errand", *parse_opaque("er", asked.errand))
    assert await requests(ticket) == []
    await later(cast)
    assert await requests(ticket) == ["asked"]


async def test_a_death_after_the_other_has_done_it_does_nothing_twice(cast, ticket, given, cut):
    cut(errands, "_answer")
    asked = await asked_alone(cast, given)
    assert not await perform("errand", *parse_opaque("er", asked.errand))
    assert (await errand(asked)).state == "asked"
    assert await requests(ticket) == ["asked"]
    async with unchanged("errand", "organisation_audit"):
        await later(cast)
    assert (await errand(asked)).state == "done"
    assert await requests(ticket) == ["asked"]


async def test_a_death_after_the_answer_was_stored_tells_it_once(cast, ticket, given, cut):
    cut(errands, "_answer", before=False)
    asked = await asked_alone(cast, given)
    await perform("errand", *parse_opaque("er", asked.errand))
    await later(cast)
    told = await look(
        "SELECT 1 FROM organisation_audit WHERE tenant_id = $1 AND command = 'tenants.errand_answered'",
        cast["vendor_v"],
    )
    assert (len(told), await requests(ticket)) == (1, ["asked"])


async def test_many_who_do_the_same_errand_do_it_once(cast, ticket, given):
    asked = await asked_alone(cast, given)
    answers = await asyncio.gather(*(outcome(asked) for _ in range(4)), later(cast))
    assert len(set(answers[:4])) == 1
    assert await requests(ticket) == ["asked"]


async def test_a_replay_answers_with_the_first_outcome(cast, ticket, given):
    actor = cast.actor("desk_v")
    first = await ask_and_wait(actor, "tickets.ask_subcontract", given, key="k")
    async with unchanged():
        assert await ask_and_wait(actor, "tickets.ask_subcontract", given, key="k") == first
        with pytest.raises(DomainError, match="key_reused"):
            await ask_and_wait(actor, "tickets.ask_subcontract", {**given, "reason": "x"}, key="k")


async def test_a_refusal_of_the_other_is_told_and_stays(cast, ticket, given):
    await ask_and_wait(cast.actor("desk_v"), "tickets.ask_subcontract", given)
    late = await stored(cast, "tickets.file_subcontract", cast["hospital_a"], await first_input(cast))
    for _ in range(2):
        with pytest.raises(DomainError, match="subcontract_open"):
            await outcome(late)
    assert (await errand(late)).state == "refused"
    assert await requests(ticket) == ["asked"]


async def first_input(cast):
    return (await look("SELECT input FROM errand WHERE tenant_id = $1", cast["vendor_v"]))[0]["input"]


async def stored(cast, command, of, input, by="vendor_v"):
    """An errand's row as an attacker would write it who had the whole of one organisation in hand."""
    async with transaction(cast[by]):
        row = Errand(tenant_id=cast[by], asked_of=of, asked_by=cast[by], command=command, input=input)
        await rows.insert(row)
    return errands.Asked(opaque("er", cast[by], row.id))


async def test_what_may_not_be_asked_is_refused_as_if_nothing_were_there(cast, ticket, given):
    await ask_and_wait(cast.actor("desk_v"), "tickets.ask_subcontract", given)
    real = await first_input(cast)
    missing = {**real, "ticket": opaque("tk", cast["hospital_a"], new_id())}
    tries = [
        ("vendor_w", cast["hospital_a"], real),  # a stranger names a ticket that is there
        ("vendor_w", cast["hospital_a"], missing),
        ("vendor_v", cast["hospital_a"], missing),
        ("vendor_v", cast["hospital_b"], real),  # another hospital is asked
        ("vendor_v", new_id(), real),  # nobody is asked
        ("hospital_a", cast["hospital_a"], real),  # the hospital asks itself
    ]
    said = set()
    for by, of, wanted in tries:
        asked = await stored(cast, "tickets.file_subcontract", of, wanted, by)
        async with unchanged("errand", "organisation_audit"):
            with pytest.raises(DomainError) as refused:
                await outcome(asked)
        said.add(str(refused.value))
        notes = await look(
            "SELECT 1 FROM organisation_audit WHERE tenant_id = $1 AND facts ? 'asked_by'", cast["hospital_a"]
        )
        assert notes == []
    assert said == {"not_found(what='ticket')"}


async def test_only_what_is_registered_can_be_asked(cast, ticket):
    given = {"ticket": opaque("tk", *ticket), "provider": cast.organisation_id("vendor_w")}
    asked = await stored(cast, "tickets.pass_on", cast["hospital_a"], given)
    async with unchanged("errand", "organisation_audit"):
        with pytest.raises(DomainError, match="unknown_command"):
            await outcome(asked)
    async with transaction(cast["vendor_v"]):
        with pytest.raises(TypeError, match="nothing that another organisation can be asked"):
            await ask(cast.actor("desk_v"), cast["hospital_a"], "tickets.pass_on", asked)


async def test_nobody_does_an_errand_that_was_not_asked(cast, ticket, given):
    await ask_and_wait(cast.actor("desk_v"), "tickets.ask_subcontract", given)
    filed = await first_input(cast)
    async with unchanged():
        for name in ASKABLE:
            for who in ("engineer_a", "admin_a", "desk_v"):
                with pytest.raises(DomainError, match=r"forbidden|invalid_input|unknown_command"):
                    await cast.run(who, name, filed)
        with pytest.raises(DomainError, match="forbidden"):
            await run(system_actor(cast["hospital_a"]), "tickets.file_subcontract", filed)


async def test_the_row_is_the_askers_alone(cast, ticket, given):
    await asked_alone(cast, given)
    for name in ("hospital_a", "vendor_w"):
        async with transaction(cast[name]):
            assert await rows.select(Errand, "tenant_id = $1", cast["vendor_v"]) == []
    async with transaction(cast["hospital_a"]):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await rows.insert(
                Errand(
                    tenant_id=cast["vendor_v"],
                    asked_of=cast["hospital_a"],
                    asked_by=cast["vendor_v"],
                    command="tickets.file_subcontract",
                    input={},
                )
            )


async def test_an_errand_that_takes_too_long_is_under_way_and_gets_done(cast, ticket, given, monkeypatch):
    async def away(*_):
        raise ConnectionError("the database is away")

    monkeypatch.setattr(errands, "PATIENCE", 0.3)
    with monkeypatch.context() as broken:
        broken.setattr(errands, "run", away)
        asked = await asked_alone(cast, given)
        with pytest.raises(DomainError, match="errand_under_way"):
            await outcome(asked)
    await later(cast)
    assert (await outcome(asked)).state == "asked"


async def test_an_errand_is_not_done_again_however_late_it_is_asked_again(cast, ticket, given):
    asked = await asked_alone(cast, given)
    await outcome(asked)
    reference = parse_opaque("er", asked.errand)
    with frozen(now() + timedelta(days=400)):
        await forget_keys()
    async with transaction(cast["vendor_v"]):  # as a dead letter that is replayed, whose outcome was never stored
        await execute(
            "UPDATE errand SET state = 'asked', outcome = NULL, completed_at = NULL, held_until = NULL"
            " WHERE tenant_id = $1 AND id = $2",
            *reference,
        )
    await outcome(asked)
    assert await requests(ticket) == ["asked"]


async def test_what_was_done_counts_even_where_another_attempt_was_refused(cast, ticket, given):
    asked = await asked_alone(cast, given)
    row = await errand(asked)
    await errands._answer(row, "refused", {"code": "not_found", "facts": {"what": "ticket"}})
    await errands._answer(row, "done", {"subcontract": "x", "state": "asked", "ticket": "y", "child": None})
    assert (await errand(asked)).state == "done"
    await errands._answer(row, "refused", {"code": "not_found", "facts": {"what": "ticket"}})
    assert (await outcome(asked)).state == "asked"
