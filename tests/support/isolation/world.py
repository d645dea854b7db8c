"""A world for the battery: organisations whose every table has rows, and tickets that they share in every way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from mendline.kernel import NIL, TABLES, Kind, new_id
from mendline_tenants import field_groups
from support.isolation.catalogue import Shape, shapes
from support.isolation.samples import Row, Sampler

ORGANISATIONS = ("hospital_a", "hospital_b", "vendor_v", "vendor_w", "manufacturer_m", "testing_t")

Parts = Sequence[tuple[str, tuple[str, ...]]]
"""Who else holds which field groups of a ticket (progress always)."""

Sharing = Mapping[str, Sequence[Parts]]
"""Owner -> the parts in each of its tickets beside the private one."""


def in_a_ring(names: Sequence[str] = ORGANISATIONS) -> Sharing:
    """Each organisation shares two tickets: everything with the next, progress alone with the one after that."""
    around = [*names, *names]
    return {name: [((around[n + 1], field_groups()), (around[n + 2], ()))] * 2 for n, name in enumerate(names)}


@dataclass(frozen=True)
class Shared:
    """One ticket: whose it is, and who else holds which groups."""

    owner: UUID
    id: UUID
    held: Mapping[UUID, tuple[str, ...]]

    @property
    def viewers(self) -> list[UUID]:
        """Who sees it."""
        return sorted({self.owner, *self.held})

    def holders(self, group: str | None) -> list[UUID]:
        """Who holds a field group of it."""
        return [
            viewer
            for viewer in self.viewers
            if viewer == self.owner or group == "progress" or group in self.held[viewer]
        ]

    @property
    def audience(self) -> dict[str, list[str]]:
        """As the ticket's column holds it."""
        return {group: [str(viewer) for viewer in self.holders(group)] for group in field_groups()}


@dataclass
class World:
    """Who is there and which rows were stored, by table."""

    organisations: dict[str, UUID]
    shapes: dict[str, Shape]
    tickets: list[Shared] = field(default_factory=list)
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> UUID:
        """The id of an organisation."""
        return self.organisations[name]

    def known(self, table: str, tenant: UUID) -> UUID | None:
        """The id of this organisation's first row of a table."""
        return next((row["id"] for row in self.rows.get(table, ()) if row["tenant_id"] == tenant), None)

    def sibling(self, shared: Shared) -> UUID:
        """Another ticket of the same owner that is shared with the same, or one that nobody has."""
        others = (
            one.id for one in self.tickets if one is not shared and (one.owner, one.held) == (shared.owner, shared.held)
        )
        return next(others, new_id())

    def sampler(self) -> Sampler:
        """Makes further rows that fit this world."""
        return Sampler(self.shapes, self.known)

    def name_of(self, tenant: UUID) -> str:
        """An organisation's name here."""
        return next((name for name, known in self.organisations.items() if known == tenant), str(tenant))


async def make_world(
    administrator: asyncpg.Connection | asyncpg.Pool,
    names: Sequence[str] = ORGANISATIONS,
    sharing: Sharing | None = None,
) -> World:
    """Stores a world through the administrator. Raises AssertionError with what a new table wants for a sample row."""
    world = World({name: new_id() for name in names}, await shapes(administrator))
    shared = in_a_ring(names) if sharing is None else sharing
    for name in world.shapes:
        if name in TABLES:
            world.rows[name] = []
            for row in _rows(world, name, shared):
                world.rows[name].append(row)
            await _store(administrator, world, name)
    return world


def _rows(world: World, name: str, sharing: Sharing) -> Iterator[Row]:
    """Made one after the other: a row may refer to those of its own table."""
    table, sampler = TABLES[name], world.sampler()
    match table.kind:
        case Kind.TICKET:
            yield from _tickets(world, sampler, name, sharing)
        case Kind.CHILD:
            for shared in world.tickets:
                yield from _children(world, sampler, name, shared)
        case Kind.WORKLIST:
            for shared in world.tickets:
                for viewer in shared.viewers:
                    label = world.name_of(shared.owner)
                    yield sampler.row(name, viewer, label, owner_id=shared.owner, ticket_id=shared.id)
        case Kind.QUEUE:
            for organisation, tenant in {**world.organisations, "nobody": NIL}.items():
                # Done already, so that no relay of another test publishes them; one of them has failed.
                for error in (None, f"{organisation}:{name}.error"):
                    if tenant != NIL or not world.shapes[name].references:
                        given = {"error": error, **_own_ticket(world, name, tenant)}
                        done = sampler.row(name, tenant, organisation, **given)
                        yield done | {"completed_at": done["due_at"]}
        case Kind.CATALOGUE:
            yield sampler.row(name, NIL, "everybody")
        case _ if world.shapes[name].of_tenant:
            # What failed before anybody was known is a dead letter of nobody.
            nobody = {"nobody": NIL} if name == "dead_letter" else {}
            for organisation, tenant in {**world.organisations, **nobody}.items():
                yield sampler.row(name, tenant, organisation, **_own_ticket(world, name, tenant))
        case _:
            yield sampler.row(name, NIL, "everybody")


def _own_ticket(world: World, name: str, tenant: UUID) -> dict[str, Any]:
    """Rows of one's own that name a ticket name one that exists."""
    named = world.known("ticket", tenant) if "ticket_id" in world.shapes[name].columns else None
    return {"ticket_id": named} if named else {}


def _tickets(world: World, sampler: Sampler, name: str, sharing: Sharing) -> Iterator[Row]:
    for organisation, tenant in world.organisations.items():
        for parts in ((), *sharing.get(organisation, ())):
            shared = Shared(tenant, new_id(), {world[other]: groups for other, groups in parts})
            world.tickets.append(shared)
            given = {"id": shared.id, "visible_to": shared.viewers, "audience": shared.audience, "parent_id": None}
            yield sampler.row(name, tenant, organisation, **given, audit_seq=0, audit_head=None)


def _children(world: World, sampler: Sampler, name: str, shared: Shared) -> Iterator[Row]:
    """What the owner wrote for its group, for all holders by name and for itself alone, and what the holders wrote.

    Who sees each is read back once they are stored. The first that names a second ticket names one shared alike.
    """
    table = TABLES[name]
    holders = shared.holders(table.group)
    written = [(shared.owner, None), (shared.owner, holders), (shared.owner, [shared.owner])]
    written += [(author, None) for author in holders if author != shared.owner]
    label = world.name_of(shared.owner)
    for number, (author, seen_by) in enumerate(written):
        beside = {table.beside: world.sibling(shared)} if table.beside and number == 0 else {}
        given = {"ticket_id": shared.id, "author_org": author, "visible_to": seen_by, **beside}
        row = sampler.row(name, shared.owner, label, **given)
        if number == 0 and len(TABLES[name].references) == 1:
            row["id"] = shared.id  # a field group's one row bears the ticket's id
        yield row


async def _store(administrator: asyncpg.Connection | asyncpg.Pool, world: World, name: str) -> None:
    columns = tuple(world.shapes[name].columns)
    listed, places = ", ".join(f'"{c}"' for c in columns), ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    rows = [tuple(row[column] for column in columns) for row in world.rows[name]]
    try:
        await administrator.executemany(f'INSERT INTO "{name}" ({listed}) VALUES ({places})', rows)
    except asyncpg.PostgresError as error:
        raise AssertionError(
            f"a sample row of {name} was refused ({error}): say in WORDS of tests/support/isolation/samples.py what its"
            " columns hold"
        ) from error
    if TABLES[name].kind is Kind.CHILD:
        stored = await administrator.fetch(f'SELECT id, tenant_id, visible_to, narrowed FROM "{name}"')
        seen = {(row["tenant_id"], row["id"]): row for row in stored}
        for row in world.rows[name]:
            row |= dict(seen[row["tenant_id"], row["id"]])


async def forget_world(administrator: asyncpg.Pool, world: World) -> None:
    """Takes every row of a world away again, those that no organisation owns too."""
    async with administrator.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        for name, shape in world.shapes.items():
            if name in TABLES and shape.of_tenant:
                ids = [row["id"] for row in world.rows[name] if row["tenant_id"] == NIL]
                await connection.execute(
                    f'DELETE FROM "{name}" WHERE tenant_id = ANY ($1) OR (tenant_id = $2 AND id = ANY ($3))',
                    list(world.organisations.values()),
                    NIL,
                    ids,
                )
            elif name in TABLES:
                column = TABLES[name].key[0]
                values = [row[column] for row in world.rows[name]]
                await connection.execute(f'DELETE FROM "{name}" WHERE "{column}" = ANY ($1)', values)
