"""The state machine: six organisations report, share, promise, pass on and read in any order; nobody reads too much."""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from mendline.kernel import DomainError, opaque, parse_opaque, run
from mendline_tenants import Actor, system_actor
from support.cast import ORGANISATIONS, Cast, make_cast
from support.isolation.reading import wrong_list, wrong_own, wrong_rows, wrong_ticket
from support.isolation.reference import ALL, Case, Promise, Reference

T = TypeVar("T")
NAMES = tuple(ORGANISATIONS)
HOSPITALS = ("hospital_a", "hospital_b")
DEVICES = {"hospital_a": ("pump_a", "monitor_a"), "hospital_b": ("pump_b", "pump_b")}
PROVIDER = {"hospital_a": "vendor_v", "hospital_b": "vendor_w"}
"""Who answers for a hospital's pumps, by its contract."""

ANY, ORGANISATION, HOSPITAL = st.integers(0, 2**16), st.sampled_from(NAMES), st.sampled_from(HOSPITALS)
GROUPS = st.frozensets(st.sampled_from(sorted(ALL)), min_size=1)

ACTS: dict[str, dict[str, Any]] = {
    "tickets.remind": {},
    "tickets.set_use_state": {"use_state": "degraded"},
    "tickets.set_flags": {"isolation": True},
    "tickets.record_decontamination": {"status": "clean"},
    "tickets.triage": {"route": "own"},
    "tickets.ask_quotation": {},
    "tickets.quote": {
        "currency": "CNY",
        "lines": [{"text": "x", "unit_amount": 100}],
        "valid_until": "2100-01-01T00:00:00Z",
    },
    "tickets.drop_quotation": {"reason": "x"},
    "tickets.decide_entitlement": {"entitlement": "outside", "reason": "x"},
    "tickets.dispute_entitlement": {"entitlement": "warranty", "reason": "x"},
    "tickets.answer_dispute": {"granted": True, "reason": "x"},
    "tickets.amend_report": {"place_note": "x"},
    "tickets.fix_remotely": {},
    "tickets.cancel": {},
    "dispatch.suggest": {},
    "dispatch.offer_next": {},
    "dispatch.ask_group": {},
    "dispatch.withdraw_offers": {},
    "dispatch.accept_job": {},
    "fieldwork.finish": {"result": "repaired", "cause": "x", "action": "x"},
    "quality.check": {},
    "quality.archive": {},
}
"""Commands on a ticket that change nobody's part in it. Each may be refused, for any reason but that it is hidden."""


@dataclass
class Tally:
    """What has been done, and what went wrong."""

    operations: Counter[str] = field(default_factory=Counter)
    foreign: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def total(self) -> int:
        """Commands and reads."""
        return self.operations.total()


class Isolation(RuleBasedStateMachine):
    """One run begins with a fresh cast. `loop` and `tally` are set by whoever starts it."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    tally: ClassVar[Tally]

    def __init__(self) -> None:
        super().__init__()
        self.cast = Cast()
        self.known = Reference()
        self.marks = 0

    @initialize()
    def begin(self) -> None:
        """Six organisations that have nothing in common yet but contracts, and a ticket of each hospital."""
        self.cast = self._do(make_cast())
        for hospital in HOSPITALS:
            self.report(hospital, 0)

    # --- commands

    @rule(hospital=HOSPITAL, device=st.integers(0, 1))
    def report(self, hospital: str, device: int) -> None:
        """A fault is reported; its words are marks."""
        name = DEVICES[hospital][device]
        given = {
            "device": self.cast.device_id(name),
            "symptom": self._mark("clinical"),
            "contact_name": self._mark("people"),
        }
        done = self._command(hospital, "tickets.report", given)
        pump = name.startswith("pump")
        provider = self.cast[PROVIDER[hospital] if pump else hospital]
        maker = self.cast["manufacturer_m"] if pump else None
        case = self.known.report(tuple(parse_opaque("tk", done.ticket)), provider, maker)
        case.marks["clinical"].add(given["symptom"])
        case.marks["people"].add(given["contact_name"])

    @rule(ticket=ANY, who=ORGANISATION, partner=ORGANISATION, groups=GROUPS)
    def share(self, ticket: int, who: str, partner: str, groups: frozenset[str]) -> None:
        """Somebody tries to share a ticket; only its hospital can, and only with a partner."""
        case = self._case(ticket)
        given = {"organisation": self.cast.organisation_id(partner), "groups": sorted(groups)}
        if self._on(case, who, "tickets.share", given, facility=True) is not None:
            self.known.share(case, self.cast[partner], groups)

    @rule(ticket=ANY, who=ORGANISATION, partner=ORGANISATION)
    def unshare(self, ticket: int, who: str, partner: str) -> None:
        """Somebody tries to shut an organisation out."""
        case = self._case(ticket)
        given = {"organisation": self.cast.organisation_id(partner)}
        if self.cast[partner] == case.owner:  # the answer to its own hospital is that of a share that is not there
            return
        if self._on(case, who, "tickets.unshare", given, facility=True) is not None:
            self.known.unshare(case, self.cast[partner])

    @rule(ticket=ANY, who=ORGANISATION)
    def comment(self, ticket: int, who: str) -> None:
        """Somebody says something; only who holds the messages can."""
        case, mark = self._case(ticket), self._mark("messages")
        if self._on(case, who, "tickets.comment", {"body": mark}) is not None:
            self._must(case.holds(self.cast[who], "messages"), f"{who} wrote into {case.place}")
            case.marks["messages"].add(mark)

    @rule(ticket=ANY, who=ORGANISATION, provider=ORGANISATION)
    def pass_on(self, ticket: int, who: str, provider: str) -> None:
        """Somebody tries to pass work on."""
        case = self._case(ticket)
        given = {"provider": self.cast.organisation_id(provider)}
        done = self._on(case, who, "tickets.pass_on", given, facility=True)
        if done is not None:
            self.known.pass_on(case, tuple(parse_opaque("tk", done.ticket)), self.cast[provider])

    @rule(ticket=ANY, who=ORGANISATION, command=st.sampled_from(sorted(ACTS)))
    def act(self, ticket: int, who: str, command: str) -> None:
        """Somebody does something that changes nobody's part."""
        self._on(self._case(ticket), who, command, ACTS[command])

    @rule(
        hospital=HOSPITAL,
        partner=ORGANISATION,
        groups=GROUPS,
        part=st.sampled_from(("service_provider", "manufacturer", "testing_body", "participant")),
        own=st.booleans(),
    )
    def promise(self, hospital: str, partner: str, groups: frozenset[str], part: str, own: bool) -> None:
        """A hospital promises to share new tickets."""
        given = {"organisation": self.cast.organisation_id(partner), "groups": sorted(groups), "part": part}
        try:
            done = self._command(hospital, "tenants.upsert_agreement", given | {"own_models": own})
        except DomainError as refusal:
            self._must(refusal.code == "not_found", str(refusal))  # no partner of this hospital
            return
        promised = Promise(self.cast[partner], part, groups | {"progress"}, own)
        self.known.promises.setdefault(self.cast[hospital], {})[done.agreement] = promised

    @rule(hospital=HOSPITAL, who=HOSPITAL, which=ANY)
    def end_promise(self, hospital: str, who: str, which: int) -> None:
        """A promise ends; another hospital's cannot be ended."""
        promises = self.known.promises.get(self.cast[hospital], {})
        if promises:
            agreement = sorted(promises)[which % len(promises)]
            try:
                self._command(who, "tenants.end_agreement", {"agreement": agreement})
            except DomainError as refusal:
                self._must(who != hospital and refusal.code == "not_found", str(refusal))
                return
            self._must(who == hospital, f"{who} ended a promise of {hospital}")
            del promises[agreement]

    # --- reads

    @rule(ticket=ANY)
    def look(self, ticket: int) -> None:
        """All six read one ticket whole."""
        case = self._case(ticket)
        for name in NAMES:
            self._read("ticket", name, wrong_ticket(self._actor(name), case, self.known))

    @rule()
    def list_all(self) -> None:
        """All six read their worklists."""
        for name in NAMES:
            self._read("worklist", name, wrong_list(self._actor(name), self.known))

    @rule()
    def look_at_own(self) -> None:
        """All six read their own books."""
        for name in NAMES:
            self._read("own books", name, wrong_own(self._actor(name), self.known))

    @rule(who=ORGANISATION)
    def scan(self, who: str) -> None:
        """One of them reads every table without a WHERE."""
        self._read("every table", who, wrong_rows(self.cast[who], self.known))

    # --- how

    def _actor(self, name: str) -> Actor:
        return system_actor(self.cast[name])

    def _case(self, number: int) -> Case:
        cases = list(self.known.cases.values())
        return cases[number % len(cases)]

    def _mark(self, group: str) -> str:
        self.marks += 1
        return f"mk{group}{self.marks}km"

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def _command(self, who: str, name: str, given: dict[str, Any]) -> Any:
        self.tally.operations[name] += 1
        return self._do(run(self._actor(who), name, given))

    def _on(self, case: Case, who: str, name: str, given: dict[str, Any], facility: bool = False) -> Any:
        """Runs a command on a ticket. None when it was refused; a hidden ticket must be not found."""
        organisation: UUID = self.cast[who]
        try:
            done = self._command(who, name, {"ticket": opaque("tk", *case.place), **given})
        except DomainError as refusal:
            told = (refusal.code, refusal.facts.get("what"))
            hidden = told == ("not_found", "ticket")
            self._must(hidden == (not case.sees(organisation)), f"{name} by {who} on {case.place}: {refusal}")
            return None
        self._must(case.sees(organisation), f"{name} by {who} was done on {case.place}, which is hidden")
        self._must(not facility or organisation == case.owner, f"{name} by {who} was done on {case.place}")
        return done

    def _read(self, what: str, who: str, reading: Coroutine[Any, Any, list[str]]) -> None:
        self.tally.operations[what] += 1
        wrong = self._do(reading)
        self._must(not wrong, f"{what} as {who}: {wrong[:5]}")

    def _must(self, right: bool, words: str) -> None:
        if not right:
            self.tally.foreign.append(words)
            raise AssertionError(words)
