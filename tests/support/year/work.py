"""The work on one ticket: somebody is found, comes, waits, lends, reports; the ward accepts it or sends it back."""

import random
from collections.abc import Generator
from datetime import timedelta
from typing import Any

from mendline.kernel import DomainError
from mendline_tenants import Actor
from support.year.acts import Act, Life, minutes
from support.year.town import Hospital, Team, Town

RETRY = timedelta(hours=2)
"""After which the dispatcher looks again when nobody could go."""


class Job:
    """The work of one team for one hospital."""

    def __init__(self, draw: random.Random, town: Town, hospital: Hospital, team: Team) -> None:
        self._draw, self._town, self._hospital, self._team = draw, town, hospital, team

    def done(self) -> Generator[Act, Any, bool]:
        """From the search for a technician to the archive; False when the ward has cancelled it on the way."""
        if not (yield from self._visit()):
            return False
        yield from self.accepted()
        return True

    def fixed_remotely(self) -> Life:
        """The desk takes it, and a technician reports it."""
        technician = self._draw.choice(list(self._team.technicians.values()))
        yield self._act(5, 60, self._team.desk, "tickets.fix_remotely")
        yield self._act(10, 90, technician, "fieldwork.finish", **self._report("repaired"))
        yield from self.accepted()

    def accepted(self) -> Life:
        """Checked and signed; one in twenty-five is sent back and done again."""
        engineer, manager = self._hospital.engineer, self._hospital.manager
        yield self._act(1, 5, engineer, "quality.check")
        while self._draw.random() < 0.04:
            self._town.ways["acceptance refused"] += 1
            yield self._act(10, 200, manager, "quality.reject", reason="还是报警 alarms again")
            yield from self._visit(again=True)
            yield self._act(1, 5, engineer, "quality.check")
        yield self._act(10, 600, manager, "quality.sign")
        yield self._act(10, 900, engineer, "quality.sign")
        yield self._act(1, 10, engineer, "quality.archive")

    def _visit(self, *, again: bool = False) -> Generator[Act, Any, bool]:
        """Somebody is found, comes and works; parts and the ward may keep them waiting."""
        draw = self._draw
        technician = yield from self._found()
        yield self._act(2, 40, technician, "fieldwork.set_eta", minutes=draw.randint(20, 180))
        if draw.random() < 0.01 and not again:
            self._town.ways["cancelled on the way"] += 1
            yield from cancelled(draw, self._hospital)
            return False
        yield self._act(20, 200, technician, "fieldwork.arrive")
        if draw.random() < 0.3:
            yield self._act(5, 30, technician, "fieldwork.add_note", body="测试中 testing")
        while draw.random() < 0.2:
            yield from self._pause(technician)
        if draw.random() < 0.05:
            yield from self._at_depot(technician)
        outcome = draw.choices(("repaired", "not_reproduced"), (94, 6))[0]
        yield self._act(20, 240, technician, "fieldwork.finish", **self._report(outcome))
        return True

    def _pause(self, technician: Actor) -> Life:
        """For hours or days; what was contaminated is cleaned first."""
        reason = self._draw.choice(("parts", "parts", "access", "customer", "decontamination"))
        self._town.ways[f"paused for {reason}"] += 1
        yield self._act(10, 90, technician, "fieldwork.wait", reason=reason)
        if reason == "decontamination":
            yield self._act(10, 60, self._hospital.nurse, "tickets.record_decontamination", status="clean")
        yield self._act(60, 60 * 72, technician, "fieldwork.resume")
        if reason == "customer" and self._draw.random() < 0.5:
            yield from self._new_base("用户推迟 the ward put it off")

    def _at_depot(self, technician: Actor) -> Life:
        """Away for days; a spare unit stands in, where there is one, and comes back."""
        hospital = self._hospital
        spare = hospital.spares.pop() if hospital.spares else None
        if spare:
            self._town.ways["spare unit lent"] += 1
            lent = {"device": spare, "due_at": timedelta(days=14)}
            yield self._act(5, 60, hospital.engineer, "tickets.lend_device", **lent)
        self._town.ways["at the depot"] += 1
        yield self._act(20, 90, technician, "fieldwork.send_to_depot")
        yield self._act(60 * 24, 60 * 24 * 10, technician, "fieldwork.return_from_depot")
        if spare:
            yield self._act(30, 300, hospital.engineer, "tickets.take_back_device", device=spare)
            hospital.spares.append(spare)
        if self._draw.random() < 0.3:
            yield from self._new_base("返厂后重新约定 agreed anew after the depot")

    def _new_base(self, reason: str) -> Life:
        try:
            yield self._act(5, 60, self._hospital.engineer, "tickets.rebase_clock", reason=reason)
            self._town.ways["clocks given a new base"] += 1
        except DomainError as refused:  # none is agreed, or all have stopped
            if refused.code != "clock_not_running":
                raise

    def _found(self) -> Generator[Act, Any, Actor]:
        """The technician who takes the job; one in twelve declines, and at night there may be nobody."""
        draw, desk = self._draw, self._team.desk
        while True:
            suggested = yield self._act(1, 20, desk, "dispatch.suggest")
            if suggested.best is None:
                self._town.ways["nobody free"] += 1
                yield Act(RETRY, desk, "tickets.comment", {"body": "等白班 waiting for the next shift"})
                continue
            try:
                yield self._act(1, 15, desk, "dispatch.offer_job", technician=suggested.best)
            except DomainError as refused:  # meanwhile the shift has ended
                if refused.code != "not_qualified":
                    raise
                continue
            technician = self._team.technicians[suggested.best]
            if draw.random() < 1 / 12:
                self._town.ways["job declined"] += 1
                yield self._act(1, 30, technician, "dispatch.decline_job", reason="路太远 too far")
                continue
            yield self._act(1, 30, technician, "dispatch.accept_job")
            return technician

    def _report(self, outcome: str) -> dict[str, Any]:
        told = {"result": outcome, "cause": "部件老化 worn part", "action": "更换 replaced"}
        return told | {"work_minutes": self._draw.randint(15, 240)}

    def _act(self, least: float, most: float, who: Actor, command: str, **given: Any) -> Act:
        return Act(minutes(self._draw, least, most), who, command, given)


def cancelled(draw: random.Random, hospital: Hospital) -> Life:
    """It works again, says the ward."""
    yield Act(minutes(draw, 5, 300), hospital.nurse, "tickets.cancel", {"reason": "好了 works again"})
    yield Act(minutes(draw, 5, 60), hospital.engineer, "quality.archive", {})
