"""What happens to each ticket of the year: who does what, and how long after the step before."""

import random
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from mendline.kernel import DomainError, opaque
from mendline_tenants import system_actor
from support.year.acts import Act, Life, minutes, on
from support.year.town import Hospital, Town
from support.year.work import Job, cancelled

SYMPTOMS = (
    "开机报警,无法使用 alarm at start",
    "屏幕无显示 screen stays dark",
    "电池充不进电 battery does not charge",
    "流量不准 flow is off",
    "按键失灵 keys do not respond",
    "传感器读数漂移 sensor drifts",
    "打印头不走纸 printer is stuck",
    "漏液 leaks",
)

VALID = timedelta(days=7)
"""How long a quotation may be approved."""


def moments(draw: random.Random, tickets: int, began: datetime, days: int) -> list[datetime]:
    """When faults are reported: more by day than by night, more on weekdays, in the order of time."""
    found: list[datetime] = []
    while len(found) < tickets:
        moment = began + timedelta(seconds=draw.random() * days * 86_400)
        local = moment + timedelta(hours=8)  # Shanghai
        busy = (1.0 if 8 <= local.hour < 18 else 0.3) * (1.0 if local.weekday() < 5 else 0.5)
        if draw.random() < busy:
            found.append(moment)
    return sorted(found)


def life(draw: random.Random, town: Town, hospital: Hospital) -> Life:
    """One ticket from its report to the archive, by one of the ways that work goes."""
    device, nurse = draw.choice(hospital.devices), hospital.nurse
    use_state = draw.choices(("down", "degraded", "patient_affected", "unknown"), (45, 40, 5, 10))[0]
    fault = {"device": device, "symptom": draw.choice(SYMPTOMS), "use_state": use_state}
    reported = yield Act(timedelta(), nurse, "tickets.report", fault)
    yield Act(minutes(draw, 1, 10), nurse, "tickets.record_decontamination", {"status": "clean"})
    if draw.random() < 0.03:
        yield from _reported_twice(draw, town, hospital, fault, reported.ticket)
    cover = hospital.cover[device]
    if draw.random() < 0.04:
        town.ways["cancelled"] += 1
        yield from cancelled(draw, hospital)
    elif cover == "contract":
        yield from _by_contract(draw, town, hospital)
    elif cover == "warranty":
        town.ways["in warranty, passed on"] += 1
        yield from _passed_on(draw, town, hospital, "warranty")
    elif draw.random() < 0.5:
        yield from _own_repair(draw, town, hospital)
    else:
        town.ways["outside, passed on for a quotation"] += 1
        yield from _passed_on(draw, town, hospital, "outside")


def absence(draw: random.Random, town: Town) -> Life:
    """A technician is ill at once, or asks for days off; one in ten is told no."""
    technician, desk = draw.choice(list(town.vendor.technicians.values())), town.vendor.desk
    ill = draw.random() < 0.3
    begins = timedelta(hours=1) if ill else timedelta(days=draw.randint(3, 20))
    away = {
        "kind": "sick" if ill else "leave",
        "starts_at": begins,
        "ends_at": begins + timedelta(days=draw.randint(1, 5)),
    }
    try:
        asked = yield Act(timedelta(), technician, "dispatch.ask_absence", away)
    except DomainError as refused:  # away already
        if refused.code != "absence_overlaps":
            raise
        return
    town.ways[f"absences: {away['kind']}"] += 1
    if asked.state == "asked":
        answer = {"absence": asked.absence, "approve": draw.random() < 0.9, "reason": "人手不足 we are short of people"}
        yield Act(minutes(draw, 10, 60 * 24), desk, "dispatch.answer_absence", answer)


def _reported_twice(draw: random.Random, town: Town, hospital: Hospital, fault: dict[str, Any], first: str) -> Life:
    """The next shift tells of the same fault; clinical engineering sees that it does."""
    town.ways["duplicate"] += 1
    again = (yield Act(minutes(draw, 5, 60), hospital.nurse, "tickets.report", fault)).ticket
    given = {"ticket": again, "of": first}
    yield Act(minutes(draw, 1, 20), hospital.engineer, "tickets.mark_duplicate", given)
    yield Act(minutes(draw, 1, 20), hospital.engineer, "quality.archive", {"ticket": again})


def _by_contract(draw: random.Random, town: Town, hospital: Hospital) -> Life:
    """The vendor has it at once: fixed from afar, quoted where it is not covered, passed on, or visited."""
    job, desk = Job(draw, town, hospital, town.vendor), town.vendor.desk
    way = draw.random()
    if way < 0.08:
        town.ways["fixed remotely"] += 1
        yield from job.fixed_remotely()
        return
    if way < 0.14:
        town.ways["quoted beside a contract"] += 1
        yield Act(minutes(draw, 5, 60), desk, "tickets.ask_quotation", {})
        if not (yield from _quoted(draw, town, hospital)):
            yield from cancelled(draw, hospital)
            return
    elif way < 0.18:
        child = yield from _subcontracted(draw, town, hospital)
        if child:
            yield from _child_done(draw, town, hospital, child, Job(draw, town, hospital, town.subcontractor))
            return
    else:
        town.ways["by contract"] += 1
    yield from job.done()


def _own_repair(draw: random.Random, town: Town, hospital: Hospital) -> Life:
    town.ways["own repair"] += 1
    yield Act(minutes(draw, 5, 120), hospital.engineer, "tickets.triage", {"route": "own"})
    yield from Job(draw, town, hospital, hospital.own).done()


def _passed_on(draw: random.Random, town: Town, hospital: Hospital, route: str) -> Life:
    """To the vendor, as a child; what is not in warranty is done when its quotation is approved, else at home."""
    engineer, vendor = hospital.engineer, town.vendor
    yield Act(minutes(draw, 5, 120), engineer, "tickets.triage", {"route": route})
    given = {"provider": opaque("or", vendor.id, vendor.id)}
    child = (yield Act(minutes(draw, 1, 60), engineer, "tickets.pass_on", given)).ticket
    if route == "warranty" or (yield from on(child, _quoted(draw, town, hospital))):
        yield from _child_done(draw, town, hospital, child, Job(draw, town, hospital, vendor))
        return
    yield from on(child, cancelled(draw, hospital))
    yield from _taken_back(draw, town, hospital)


def _child_done(draw: random.Random, town: Town, hospital: Hospital, child: str, job: Job) -> Life:
    """The other provider does it, and its parent ends with it."""
    if not (yield from on(child, job.done())):
        yield from _taken_back(draw, town, hospital)
        return
    yield Act(minutes(draw, 1, 10), hospital.engineer, "quality.conclude", {})
    yield Act(minutes(draw, 1, 10), hospital.engineer, "quality.archive", {})


def _taken_back(draw: random.Random, town: Town, hospital: Hospital) -> Life:
    """Nobody else does it: the hospital looks again, and the fault is gone."""
    town.ways["taken back"] += 1
    yield Act(minutes(draw, 5, 120), hospital.engineer, "tickets.take_back", {})
    yield from cancelled(draw, hospital)


def _quoted(draw: random.Random, town: Town, hospital: Hospital) -> Generator[Act, Any, bool]:
    """Quoted until it is approved; some are forgotten and expire, some refused, once or for good, some waived."""
    desk = town.vendor.desk
    while True:
        price = {"text": "更换主板 mainboard", "unit_amount": draw.randint(200, 20_000) * 100}
        given = {"currency": "CNY", "lines": [price], "valid_until": VALID}
        quotation = (yield Act(minutes(draw, 10, 600), desk, "tickets.quote", given)).quotation
        way = draw.choices(("approved", "expired", "refused", "refused for good", "waived"), (62, 10, 15, 8, 5))[0]
        town.ways[f"quotation {way}"] += 1
        if way == "expired":
            rings = VALID + timedelta(minutes=1)
            yield Act(rings, system_actor(town.vendor.id), "tickets.expire_quotation", {"quotation": quotation})
            continue
        if way == "waived":
            yield Act(minutes(draw, 10, 300), desk, "tickets.drop_quotation", {"reason": "免费处理 goodwill"})
            return True
        answer = {"quotation": quotation, "approved": way == "approved", "reason": "" if way == "approved" else "太贵"}
        yield Act(minutes(draw, 10, 60 * 48), hospital.engineer, "tickets.answer_quotation", answer)
        if way != "refused":
            return way == "approved"


def _subcontracted(draw: random.Random, town: Town, hospital: Hospital) -> Generator[Act, Any, str | None]:
    """The vendor asks whether another may do it; the child, where the hospital consents."""
    other = opaque("or", town.subcontractor.id, town.subcontractor.id)
    why = {"subcontractor": other, "reason": "本周人手不足 short of people this week"}
    asked = yield Act(minutes(draw, 5, 120), town.vendor.desk, "tickets.ask_subcontract", why)
    consents = draw.random() < 0.8
    town.ways["subcontracted" if consents else "subcontracting refused"] += 1
    answer = {
        "subcontract": asked.subcontract,
        "approved": consents,
        "reason": "" if consents else "须原厂人员 staff only",
    }
    answered = yield Act(minutes(draw, 10, 600), hospital.engineer, "tickets.answer_subcontract", answer)
    return answered.child if consents else None
