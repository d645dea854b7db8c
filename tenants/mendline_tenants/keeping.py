"""Keeping: commands by which an organisation keeps its places, its partners and its policies."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from mendline.kernel import (
    DomainError,
    ExternalNumber,
    ExternalSystem,
    OrganisationId,
    PlaceId,
    command,
    execute,
    find_by_reference,
    new_id,
    not_found,
    opaque,
    parse_opaque,
    problem_facts,
    rows,
    told,
)
from mendline_tenants.actor import Actor
from mendline_tenants.calendars import require_zone
from mendline_tenants.day_plan_policy import NAME as DAY_PLAN
from mendline_tenants.day_plan_policy import DayPlanPolicy
from mendline_tenants.organisations import Organisation, Partner, Place

Words = dict[Literal["zh", "en"], Annotated[str, Meta(min_length=1, max_length=200)]]


class UpsertPlace(Struct, frozen=True, kw_only=True):
    """A place, found again by its id or by its external reference (system, number); otherwise made.

    Coordinates in degrees (WGS 84). clinical_weight: how much a fault there matters, 0-3.
    """

    kind: Literal["campus", "department", "unit", "bed", "depot"]
    name: Annotated[Words, Meta(min_length=1)]
    place: PlaceId | None = None
    parent: PlaceId | None = None
    timezone: Annotated[str, Meta(max_length=60)] | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    clinical_weight: Annotated[int, Meta(ge=0, le=3)] = 0
    system: ExternalSystem | None = None
    number: ExternalNumber | None = None


class PlaceSaved(Struct, frozen=True):
    """The place that was made or changed."""

    place: PlaceId


@command("tenants.upsert_place", "tenants.keep")
async def upsert_place(actor: Actor, input: UpsertPlace) -> PlaceSaved:
    """Makes or changes a place.

    Raises not_found for a place or parent that is not one's own, place_inside_itself, invalid_input for the time zone.
    """
    tenant = actor.organisation
    if input.timezone is not None:
        require_zone(input.timezone, "timezone")
    known = await find_by_reference(Place, tenant, input.system, input.number)
    if input.place is not None:
        known = await rows.get(Place, tenant, parse_opaque("pl", input.place).id)
    parent = await rows.get(Place, tenant, parse_opaque("pl", input.parent).id) if input.parent else None
    above = parent
    while above is not None:
        if known is not None and above.id == known.id:
            raise DomainError("place_inside_itself")
        above = await rows.find(Place, tenant, above.parent_id) if above.parent_id else None
    values = {
        "kind": input.kind,
        "name": input.name,
        "parent_id": parent.id if parent else None,
        "timezone": input.timezone,
        "latitude": input.latitude,
        "longitude": input.longitude,
        "clinical_weight": input.clinical_weight,
        "system": input.system,
        "number": input.number,
    }
    if known is None:
        known = Place(tenant_id=tenant, id=new_id(), **values)
        await rows.insert(known)
    else:
        await rows.update(known, **values)
    told(place=str(known.id), name=known.name)
    return PlaceSaved(opaque("pl", tenant, known.id))


class UpsertPartner(Struct, frozen=True, kw_only=True):
    """Another organisation as this one knows and names it. system, number: its number in one's own ERP, say."""

    organisation: OrganisationId
    code: Annotated[str, Meta(min_length=1, max_length=40)]
    kind: Literal["hospital", "manufacturer", "vendor", "testing_body"]
    name: Annotated[Words, Meta(min_length=1)]
    phone: Annotated[str, Meta(max_length=40)] | None = None
    system: ExternalSystem | None = None
    number: ExternalNumber | None = None


class PartnerSaved(Struct, frozen=True):
    """The partner that was made or changed."""

    organisation: OrganisationId


@command("tenants.upsert_partner", "tenants.keep")
async def upsert_partner(actor: Actor, input: UpsertPartner) -> PartnerSaved:
    """Makes or changes a partner. Whether that organisation exists here is not told: the id is taken as given.

    Raises already_exists when another partner has the external reference.
    """
    reference = parse_opaque("or", input.organisation)
    if reference.tenant != reference.id or reference.id == actor.organisation:
        raise not_found("organisation")
    of_the_reference = await find_by_reference(Partner, actor.organisation, input.system, input.number)
    if of_the_reference is not None and of_the_reference.id != reference.id:
        raise DomainError("already_exists")
    values = {f: getattr(input, f) for f in ("code", "kind", "name", "phone", "system", "number")}
    known = of_the_reference or await rows.find(Partner, actor.organisation, reference.id)
    if known is None:
        await rows.insert(Partner(tenant_id=actor.organisation, id=reference.id, **values))
    else:
        await rows.update(known, **values)
    told(partner=str(reference.id), name=input.name)
    return PartnerSaved(input.organisation)


class AcceptanceSlot(Struct, frozen=True):
    """One signature of acceptance: the role that signs, and what its signature says."""

    role: Literal["ward_manager", "clinical_engineer", "quality"]
    meaning: Annotated[str, Meta(min_length=1, max_length=60)]


POLICIES: dict[str, Any] = {
    "triage": Literal["direct", "clinical_engineering"],
    "acceptance": Annotated[list[AcceptanceSlot], Meta(min_length=1, max_length=8)],
    "document_warnings": Annotated[list[Annotated[int, Meta(ge=0, le=730)]], Meta(max_length=8)],
    DAY_PLAN: DayPlanPolicy,
}
"""Every policy an organisation may set, and the type of its value.

triage: `clinical_engineering` sees every report first, even one that a contract would send straight to its provider.
acceptance: the ordered signatures. document_warnings: how many days before its end a regulatory document is spoken of.
dispatch.day_plan: how days are planned (day_plan_policy.py).
"""


class SetPolicy(Struct, frozen=True):
    """One policy and its value; None goes back to what holds for all."""

    name: Annotated[str, Meta(max_length=60)]
    value: Any = None


class PolicySet(Struct, frozen=True):
    """The policies that the organisation has set itself."""

    policies: dict[str, Any]


@command("tenants.set_policy", "tenants.manage")
async def set_policy(actor: Actor, input: SetPolicy) -> PolicySet:
    """Sets a policy; tickets under way follow it from their next step. Raises unknown_policy, invalid_input."""
    if input.name not in POLICIES:
        raise DomainError("unknown_policy", name=input.name, known=", ".join(sorted(POLICIES)))
    organisation = await rows.lock(Organisation, actor.organisation, actor.organisation)
    policies = {**organisation.policies}
    if input.value is None:
        policies.pop(input.name, None)
    else:
        policies[input.name] = _checked(input)
    await execute(
        "UPDATE organisation SET policies = $2 WHERE tenant_id = $1 AND id = $1", actor.organisation, policies
    )
    told(name=input.name, value=policies.get(input.name))
    return PolicySet(policies)


def _checked(input: SetPolicy) -> Any:
    try:
        return msgspec.to_builtins(msgspec.convert(input.value, POLICIES[input.name]))
    except msgspec.ValidationError as error:
        facts = problem_facts(str(error))
        raise DomainError("invalid_input", **{**facts, "field": f"value.{facts['field']}"}) from None
