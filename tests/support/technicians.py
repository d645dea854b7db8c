"""More technicians for a vendor of the cast, all of them qualified for infusion pumps and always on shift."""

from uuid import UUID

from mendline.dispatch import Qualification, Technician
from mendline.kernel import rows, transaction
from mendline_tenants import Actor, Member, permissions_of
from support.cast import WEEK, Cast


async def engaged(cast: Cast, count: int, organisation: str = "vendor_v") -> list[Actor]:
    """So many new technicians, ready to act."""
    tenant, made = cast[organisation], []
    async with transaction(tenant):
        for number in range(1, count + 1):
            member = Member(tenant_id=tenant, login=f"extra{number}", name=f"技师{number:02}", roles=["technician"])
            technician = Technician(tenant_id=tenant, id=member.id, member_id=member.id, shifts=WEEK)
            held = Qualification(tenant_id=tenant, technician_id=member.id, device_class="infusion_pump")
            await rows.insert(member)
            await rows.insert(technician, held)
            made.append(technician_actor(tenant, member.id, member.name))
    return made


def technician_actor(tenant: UUID, member: UUID, name: str) -> Actor:
    """A technician ready to act."""
    may = permissions_of(("technician",))
    return Actor(tenant, member, "member", name, may, "graphql", roles=("technician",))
