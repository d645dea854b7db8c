"""No order of commands brings a device back into use before its acceptance is signed (property test)."""

import asyncio
import contextlib

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mendline.devices import Device
from mendline.kernel import DomainError, opaque, parse_opaque, rows, transaction
from mendline.quality import SignatureSlot
from mendline.tickets import Ticket

WAYS_OUT = [26, 27, 28]
"""Indices into `moves` that lead out of the work: tried more often than the others."""
ANY = st.integers(0, 28) | st.sampled_from(WAYS_OUT)
RIGHT_ORDER = [0, 1, 4, 7, 9, 10, 11]
"""Indices into `moves` that lead from the report to the last signature."""

CANCELLED_AFTER_A_VISIT = [([], True), ([], True), ([], True), ([27, 26], True)]
"""Offered, accepted, there; what it would cost is too much, and the report is taken back."""

FINISH = {"cause": "电池老化", "action": "更换电池"}
LINES = [{"text": "换电池", "unit_amount": 10_000}]
AT_IT = ("on_site", "at_depot", "finished", "checked", "rework")
"""States that say that somebody has been at the device."""


def moves(cast):
    """Every act that somebody of the cast may try, right or wrong."""
    technician = {"technician": cast.member_id("technician_v")}
    return [
        ("dispatcher_v", "dispatch.offer_job", technician),
        ("technician_v", "dispatch.accept_job", {}),
        ("technician_v", "dispatch.decline_job", {"reason": "x"}),
        ("technician_v", "fieldwork.set_eta", {"minutes": 5}),
        ("technician_v", "fieldwork.arrive", {}),
        ("technician_v", "fieldwork.wait", {"reason": "parts"}),
        ("technician_v", "fieldwork.resume", {}),
        ("technician_v", "fieldwork.finish", {"result": "repaired", **FINISH}),
        ("technician_v", "fieldwork.finish", {"result": "not_repairable", **FINISH}),
        ("hospital_a", "quality.check", {}),
        ("manager_a", "quality.sign", None),
        ("engineer_a", "quality.sign", None),
        ("unit_a", "quality.sign", None),
        ("technician_v", "quality.sign", None),
        ("manager_a", "quality.reject", {"reason": "还有报警"}),
        ("engineer_a", "quality.reject", {"reason": "没有检测"}),
        ("hospital_a", "quality.archive", {}),
        ("nurse_a", "tickets.set_use_state", {"use_state": "degraded"}),
        ("nurse_a", "tickets.set_use_state", {"use_state": "patient_affected"}),
        ("nurse_a", "tickets.record_decontamination", {"status": "clean"}),
        ("engineer_a", "tickets.fix_remotely", {}),
        ("dispatcher_v", "tickets.fix_remotely", {}),
        ("engineer_a", "quality.condemn", {"reason": "老旧"}),
        ("engineer_a", "devices.upsert_device", "in_service"),
        ("engineer_a", "devices.upsert_device", "restricted"),
        ("engineer_a", "devices.upsert_device", "retired"),
        ("nurse_a", "tickets.cancel", {}),
        ("dispatcher_v", "tickets.quote", {"currency": "CNY", "lines": LINES, "valid_until": "2099-01-01T00:00:00Z"}),
        ("dispatcher_v", "tickets.drop_quotation", {"reason": "免费"}),
    ]


async def state_of(cast, ticket):
    tenant, ticket_id = parse_opaque("tk", ticket)
    async with transaction(tenant):
        stored = await rows.get(Ticket, tenant, ticket_id)
        device = await rows.get(Device, tenant, cast.devices["pump_a"])
        slots = await rows.select(
            SignatureSlot,
            "tenant_id = $1 AND ticket_id = $2 AND attempt = $3 ORDER BY position",
            tenant,
            ticket_id,
            stored.attempt,
        )
    return stored, device, slots


async def play(cast, choices):
    model = await model_of(cast)
    report = {"device": cast.device_id("pump_a"), "symptom": "报警,停机", "use_state": "down"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    every, touched = moves(cast), False
    for choice in choices:
        who, command, given_input = every[choice % len(every)]
        _, device_before, slots = await state_of(cast, ticket)
        if given_input is None:
            slot = next((s for s in slots if s.state == "open"), slots[0] if slots else None)
            if slot is None:
                continue
            given_input = {"slot": opaque("sl", slot.tenant_id, slot.id)}
        elif isinstance(given_input, str):
            given_input = {"asset_number": device_before.asset_number, "model": model, "state": given_input}
        else:
            given_input = {"ticket": ticket, **given_input}
        with contextlib.suppress(DomainError):
            await cast.run(who, command, given_input)
        stored, device, slots = await state_of(cast, ticket)
        touched = touched or stored.state in AT_IT
        if stored.state == "cancelled" and not touched:
            return  # nobody has worked on it: the report is undone
        if device.state in ("in_service", "restricted"):
            assert slots, (who, command)
            assert all(slot.state == "signed" for slot in slots), (who, command, stored.state)
            assert {slot.role for slot in slots} == {"ward_manager", "clinical_engineer"}
            return


async def model_of(cast):
    async with transaction(cast["hospital_a"]):
        device = await rows.get(Device, cast["hospital_a"], cast.devices["pump_a"])
    return opaque("md", device.tenant_id, device.model_id)


async def test_no_order_of_commands_returns_a_device_unsigned(cast):
    from support.cast import make_cast

    loop = asyncio.get_running_loop()

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @example(CANCELLED_AFTER_A_VISIT)
    @given(st.lists(st.tuples(st.lists(ANY, max_size=4), st.sampled_from((True, True, True, False))), max_size=9))
    def examples(stretches):
        """The right order with other acts in between, and some of its own left out."""
        order = iter(RIGHT_ORDER * 2)
        choices = [choice for others, kept in stretches for choice in (*others, *([next(order)] if kept else []))]

        async def one():
            await play(await make_cast(), choices)

        asyncio.run_coroutine_threadsafe(one(), loop).result()

    await asyncio.to_thread(examples)


async def test_the_whole_order_returns_it(cast):
    """The negative control of the property: the right order does bring the device back."""
    await play(cast, RIGHT_ORDER)
    async with transaction(cast["hospital_a"]):
        device = await rows.get(Device, cast["hospital_a"], cast.devices["pump_a"])
    assert device.state == "in_service"
