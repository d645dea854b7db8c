"""People: commands by which an organisation keeps its members."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from mendline.kernel import (
    DomainError,
    ExternalNumber,
    ExternalSystem,
    MemberId,
    PlaceId,
    command,
    emit,
    event,
    execute,
    find_by_reference,
    new_id,
    not_found,
    opaque,
    parse_opaque,
    rows,
    told,
    work,
)
from mendline_tenants.access.login import end_sessions
from mendline_tenants.access.passwords import SHORTEST, hash_password, password_matches
from mendline_tenants.actor import Actor
from mendline_tenants.members import Member
from mendline_tenants.organisations import Place

Login = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^\S+$")]
Name = Annotated[str, Meta(min_length=1, max_length=120)]
Password = Annotated[str, Meta(max_length=200)]
Role = Literal[
    "reporter",
    "ward_manager",
    "clinical_engineer",
    "service_desk",
    "dispatcher",
    "technician",
    "storekeeper",
    "quality",
    "analyst",
    "admin",
]

FOR_UNIT_ACCOUNTS = frozenset({"reporter"})
"""Roles of a shared account: it reports and follows, and never signs."""


class UpsertMember(Struct, frozen=True, kw_only=True):
    """A member, found again by its external reference, else by its login: made, or changed to what is said here.

    Without a password the one that is set stays.
    """

    login: Login
    name: Name
    roles: Annotated[list[Role], Meta(min_length=1, max_length=10)]
    name_en: Name | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    locale: Literal["zh", "en"] | None = None
    place: PlaceId | None = None
    unit_account: bool = False
    password: Password | None = None
    system: ExternalSystem | None = None
    number: ExternalNumber | None = None


class MemberSaved(Struct, frozen=True):
    """The member that was made or changed."""

    member: MemberId
    status: str


@command("tenants.upsert_member", "tenants.manage")
async def upsert_member(actor: Actor, input: UpsertMember) -> MemberSaved:
    """Makes or changes a member. Raises unit_account_roles, password_too_short, and not_found for a foreign place.

    Whoever is left without the role of an administrator by it stays logged in: roles are read at each use.
    """
    if input.unit_account and set(input.roles) - FOR_UNIT_ACCOUNTS:
        raise DomainError("unit_account_roles", roles=", ".join(sorted(FOR_UNIT_ACCOUNTS)))
    place = None
    if input.place is not None:
        reference = parse_opaque("pl", input.place)
        place = (await rows.get(Place, reference.tenant, reference.id)).id
    known = await find_by_reference(Member, actor.organisation, input.system, input.number)
    known = known or await rows.first(Member, "tenant_id = $1 AND login = $2", actor.organisation, input.login)
    values = {
        "login": input.login,
        "name": input.name,
        "name_en": input.name_en,
        "phone": input.phone,
        "locale": input.locale,
        "roles": list(dict.fromkeys(input.roles)),
        "place_id": place,
        "unit_account": input.unit_account,
        "system": input.system,
        "number": input.number,
    }
    if input.password is not None:
        values["password_hash"] = await _hashed(input.password)
    if known is None:
        member = Member(tenant_id=actor.organisation, id=new_id(), **values)
        await rows.insert(member)
    else:
        member = await rows.update(known, **values)
        if input.password is not None:
            await end_sessions(member.tenant_id, member.id)
    told(member=str(member.id), login=member.login, roles=member.roles)
    return _saved(member)


class SetPassword(Struct, frozen=True, kw_only=True):
    """A new password for oneself, with the old one; or for another member, by an administrator."""

    password: Password
    old_password: Password | None = None
    member: MemberId | None = None


@command("tenants.set_password", "tenants.self")
async def set_password(actor: Actor, input: SetPassword) -> MemberSaved:
    """Sets a password and ends every session of the member. Raises password_too_short, wrong_password, not_found."""
    own = input.member is None or parse_opaque("mb", input.member).id == actor.id
    if not own and not actor.may("tenants.manage"):
        raise not_found("member")
    member = await rows.lock(
        Member, actor.organisation, actor.id if input.member is None else parse_opaque("mb", input.member).id
    )
    if own and not await password_matches(member.password_hash, input.old_password or ""):
        raise DomainError("wrong_password")
    await rows.update(member, password_hash=await _hashed(input.password))
    await end_sessions(member.tenant_id, member.id)
    told(member=str(member.id))
    return _saved(member)


async def _hashed(password: str) -> str:
    if len(password) < SHORTEST:
        raise DomainError("password_too_short", shortest=SHORTEST)
    return await hash_password(password)


class SuspendMember(Struct, frozen=True):
    """Stops a member from acting: for a while, or because the person has left."""

    member: MemberId
    left: bool = False


@event("tenants.member_suspended")
class MemberSuspended(Struct, frozen=True):
    """A member acts no more since this moment: what they had begun falls to others."""

    tenant: UUID
    member: UUID
    at: datetime


@command("tenants.suspend_member", "tenants.manage")
async def suspend_member(actor: Actor, input: SuspendMember) -> MemberSaved:
    """From now on the member neither logs in nor acts from chat; what it did stays. Raises not_found, not_yourself."""
    member = await _member(actor, input.member)
    if member.id == actor.id:
        raise DomainError("not_yourself")
    await rows.update(member, status="left" if input.left else "suspended")
    await end_sessions(member.tenant_id, member.id)
    if input.left:
        await execute(
            "UPDATE chat_identity SET status = 'unlinked' WHERE tenant_id = $1 AND member_id = $2",
            member.tenant_id,
            member.id,
        )
    told(member=str(member.id), status=member.status)
    emit(MemberSuspended(member.tenant_id, member.id, work().occurred_at))
    return _saved(member)


class RestoreMember(Struct, frozen=True):
    """Lets a suspended member act again."""

    member: MemberId


@command("tenants.restore_member", "tenants.manage")
async def restore_member(actor: Actor, input: RestoreMember) -> MemberSaved:
    """The member may log in and act again; chat accounts of one who had left must be linked anew. Raises not_found."""
    member = await _member(actor, input.member)
    await rows.update(member, status="active")
    told(member=str(member.id), status="active")
    return _saved(member)


async def _member(actor: Actor, id: str) -> Member:
    reference = parse_opaque("mb", id)
    if reference.tenant != actor.organisation:
        raise not_found("member")
    return await rows.lock(Member, reference.tenant, reference.id)


def _saved(member: Member) -> MemberSaved:
    return MemberSaved(opaque("mb", member.tenant_id, member.id), member.status)
