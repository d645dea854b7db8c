"""The reference model: which organisation holds which field groups of which ticket, kept by hand beside the house."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

ALL = frozenset({"progress", "people", "clinical", "quality", "commercial", "messages", "vigilance"})
PROVIDERS = ALL - {"vigilance"}
"""What a service provider gets for its work."""

Place = tuple[UUID, UUID]
"""Where a ticket is: (tenant, id)."""


@dataclass(frozen=True)
class Held:
    """An organisation's part in a ticket. lasting: whether work that is passed on takes it along."""

    part: str
    groups: frozenset[str]
    lasting: bool = True


@dataclass(frozen=True)
class Promise:
    """A standing agreement of a hospital."""

    partner: UUID
    part: str
    groups: frozenset[str]
    own_models: bool = False


@dataclass
class Case:
    """One ticket: its parts, and the marks that stand in it, by field group."""

    place: Place
    provider: UUID
    parts: dict[UUID, Held]
    marks: dict[str, set[str]] = field(default_factory=lambda: {group: set() for group in ALL})

    @property
    def owner(self) -> UUID:
        """The user facility."""
        return self.place[0]

    def sees(self, organisation: UUID) -> bool:
        """Whether it sees the ticket."""
        return organisation in self.parts

    def holds(self, organisation: UUID, group: str) -> bool:
        """Whether it holds a field group of it."""
        return organisation in self.parts and group in self.parts[organisation].groups

    def shown(self, organisation: UUID) -> set[str]:
        """The marks that it may read here."""
        return {mark for group, marks in self.marks.items() if self.holds(organisation, group) for mark in marks}


@dataclass
class Reference:
    """Everything that has been done, and what follows from it."""

    cases: dict[Place, Case] = field(default_factory=dict)
    promises: dict[UUID, dict[str, Promise]] = field(default_factory=dict)

    def report(self, place: Place, provider: UUID, maker: UUID | None) -> Case:
        """A ticket came to be: of its hospital, its provider, and those to whom it was promised."""
        owner = place[0]
        parts = _answering(owner, provider)
        promised = [
            (promise.partner, Held(promise.part, promise.groups | {"progress"}))
            for promise in self.promises.get(owner, {}).values()
            if (promise.part != "service_provider" or provider in (promise.partner, owner))
            and (not promise.own_models or promise.partner == maker)
        ]
        self.cases[place] = Case(place, provider, _joined(parts, promised, owner))
        return self.cases[place]

    def pass_on(self, parent: Case, place: Place, provider: UUID) -> Case:
        """A child: the hospital, the new provider, and whoever had a lasting part in the parent."""
        parts = _answering(parent.owner, provider)
        inherited = [
            (organisation, held)
            for organisation, held in parent.parts.items()
            if held.lasting and held.part not in ("user_facility", "service_provider")
        ]
        child = Case(place, provider, _joined(parts, inherited, parent.owner))
        for group in ALL - {"messages"}:
            child.marks[group] |= parent.marks[group]
        self.cases[place] = child
        return child

    def share(self, case: Case, partner: UUID, groups: Iterable[str]) -> None:
        """The hospital let a partner in, with exactly these groups."""
        case.parts[partner] = Held("participant", frozenset(groups) | {"progress"})

    def unshare(self, case: Case, partner: UUID) -> None:
        """The hospital shut it out."""
        del case.parts[partner]

    def may_read(self, organisation: UUID) -> set[str]:
        """Every mark that an organisation may read anywhere."""
        return {mark for case in self.cases.values() for mark in case.shown(organisation)}

    def visible(self, organisation: UUID) -> Iterator[Case]:
        """The tickets that it sees."""
        return (case for case in self.cases.values() if case.sees(organisation))


def _answering(owner: UUID, provider: UUID) -> dict[UUID, Held]:
    """The hospital with everything, and another that answers for the ticket with what its work needs."""
    parts = {provider: Held("service_provider", PROVIDERS)}
    return parts | {owner: Held("user_facility", ALL)}


def _joined(parts: Mapping[UUID, Held], more: Iterable[tuple[UUID, Held]], owner: UUID) -> dict[UUID, Held]:
    """Parts that come together: the first word for it stays, the groups add up; the owner has all already."""
    joined = dict(parts)
    for organisation, held in more:
        known = joined.get(organisation)
        if known is None:
            joined[organisation] = held
        elif organisation != owner:
            joined[organisation] = Held(known.part, known.groups | held.groups, known.lasting)
    return joined
