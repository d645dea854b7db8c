"""What happens to each ticket of the year: who does what, and how long after the step before."""

import random
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from mendline.kernel import DomainError
from mendline_tenants import Actor
from support.year.town import Hospital, Town

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

RETRY = timedelta(hours=2)
"""After which the dispatcher looks again when nobody could go."""


class Act(NamedTuple):
    """One command: how long after the last one, who gives it, its name and input (the ticket's id is put in)."""

    after: timedelta
    who: Actor
    command: str
    input: dict[str, Any]


Life = Generator[Act, Any, None]
"""Acts; each is answered with its result, or the refusal is thrown in."""


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
    nurse, engineer = hospital.nurse, hospital.engineer
    use_state = draw.choices(("down", "degraded", "patient_affected", "unknown"), (45, 40, 5, 10))[0]
    fault = {"device": draw.choice(hospital.devices), "symptom": draw.choice(SYMPTOMS), "use_state": use_state}
    yield Act(timedelta(), nurse, "tickets.report", fault)
    yield Act(_minutes(draw, 1, 10), nurse, "tickets.record_decontamination", {"status": "clean"})
    way = draw.random()
    if way < 0.04:
        yield Act(_minutes(draw, 5, 300), nurse, "tickets.cancel", {"reason": "好了 works again"})
        yield Act(_minutes(draw, 5, 60), engineer, "quality.archive", {})
        return
    if way < 0.12:
        desk = town.dispatcher
        technician = draw.choice(list(town.technicians.values()))
        yield Act(_minutes(draw, 5, 60), desk, "tickets.fix_remotely", {})
        yield Act(_minutes(draw, 10, 90), technician, "fieldwork.finish", _report(draw, "repaired"))
    else:
        yield from _visit(draw, town, hospital)
    yield from _acceptance(draw, town, hospital)


def _visit(draw: random.Random, town: Town, hospital: Hospital) -> Life:
    """Somebody is found, comes and works; parts and the ward may keep them waiting."""
    technician = yield from _found(draw, town)
    yield Act(_minutes(draw, 2, 40), technician, "fieldwork.set_eta", {"minutes": draw.randint(20, 180)})
    yield Act(_minutes(draw, 20, 200), technician, "fieldwork.arrive", {})
    if draw.random() < 0.3:
        yield Act(_minutes(draw, 5, 30), technician, "fieldwork.add_note", {"body": "测试中 testing"})
    while draw.random() < 0.2:
        reason = draw.choice(("parts", "parts", "access", "customer", "decontamination"))
        yield Act(_minutes(draw, 10, 90), technician, "fieldwork.wait", {"reason": reason})
        if reason == "decontamination":
            clean = {"status": "clean"}
            yield Act(_minutes(draw, 10, 60), hospital.nurse, "tickets.record_decontamination", clean)
        yield Act(_minutes(draw, 60, 60 * 72), technician, "fieldwork.resume", {})
    if draw.random() < 0.05:
        yield Act(_minutes(draw, 20, 90), technician, "fieldwork.send_to_depot", {})
        yield Act(_minutes(draw, 60 * 24, 60 * 24 * 10), technician, "fieldwork.return_from_depot", {})
    outcome = draw.choices(("repaired", "not_reproduced"), (94, 6))[0]
    yield Act(_minutes(draw, 20, 240), technician, "fieldwork.finish", _report(draw, outcome))


def _found(draw: random.Random, town: Town) -> Generator[Act, Any, Actor]:
    """The technician who takes the job; one in twelve declines, and at night there may be nobody."""
    while True:
        suggested = yield Act(_minutes(draw, 1, 20), town.dispatcher, "dispatch.suggest", {})
        if suggested.best is None:
            yield from _nobody(town)
            continue
        try:
            best = suggested.best
            yield Act(_minutes(draw, 1, 15), town.dispatcher, "dispatch.offer_job", {"technician": best})
        except DomainError as refused:  # meanwhile the shift has ended
            if refused.code != "not_qualified":
                raise
            continue
        technician = town.technicians[best]
        if draw.random() < 1 / 12:
            yield Act(_minutes(draw, 1, 30), technician, "dispatch.decline_job", {"reason": "路太远 too far"})
            continue
        yield Act(_minutes(draw, 1, 30), technician, "dispatch.accept_job", {})
        return technician


def _nobody(town: Town) -> Life:
    yield Act(RETRY, town.dispatcher, "tickets.comment", {"body": "等白班 waiting for the next shift"})


def _acceptance(draw: random.Random, town: Town, hospital: Hospital) -> Life:
    """Checked and signed; one in twenty-five is sent back and done again."""
    yield Act(_minutes(draw, 1, 5), hospital.engineer, "quality.check", {})
    while draw.random() < 0.04:
        yield Act(_minutes(draw, 10, 200), hospital.manager, "quality.reject", {"reason": "还是报警 alarms again"})
        yield from _visit(draw, town, hospital)
        yield Act(_minutes(draw, 1, 5), hospital.engineer, "quality.check", {})
    yield Act(_minutes(draw, 10, 600), hospital.manager, "quality.sign", {})
    yield Act(_minutes(draw, 10, 900), hospital.engineer, "quality.sign", {})
    yield Act(_minutes(draw, 1, 10), hospital.engineer, "quality.archive", {})


def _report(draw: random.Random, outcome: str) -> dict[str, Any]:
    return {
        "result": outcome,
        "cause": "部件老化 worn part",
        "action": "更换 replaced",
        "work_minutes": draw.randint(15, 240),
    }


def _minutes(draw: random.Random, least: float, most: float) -> timedelta:
    """Mostly short, sometimes long."""
    return timedelta(minutes=min(most, least + draw.expovariate(3 / (most - least))))
