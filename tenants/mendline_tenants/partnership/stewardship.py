"""Stewardship: a vendor keeps a hospital that has no account yet, and its members act in the hospital's name."""

from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

import msgspec
from msgspec import Meta, Struct
from tortoise import fields

from mendline.kernel import (
    DomainError,
    Kind,
    OrganisationId,
    Record,
    command,
    definer,
    fetchval,
    known_locale,
    new_id,
    not_found,
    now,
    opaque,
    parse_opaque,
    pool,
    rows,
    run,
    table,
    told,
    work,
)
from mendline_tenants.access.authentication import BIND
from mendline_tenants.actor import Actor, authorise, system_actor
from mendline_tenants.founding import bootstrap
from mendline_tenants.keeping import Words
from mendline_tenants.organisations import OrganisationKind, Partner, card_of, own_organisation
from mendline_tenants.partnership.errands import ASKABLE, Askable, Asked, Errand, ask, askable, errand_key
from mendline_tenants.permissions import STEWARDS

KEEPERS = (OrganisationKind.VENDOR, OrganisationKind.MANUFACTURER)
"""Who may keep hospitals for others."""

UNCLAIMED = 200
"""Hospitals that one organisation may keep at a time: codes are for all, and nobody hoards them."""


@table(Kind.OWN, update=("ended_at",))
class Stewardship(Record):
    """A hospital that this organisation keeps (id = that hospital), until it is claimed.

    For lists alone: who is whose steward now is said by the hospital's own row.
    """

    recorded_at = fields.DatetimeField(default=now)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "stewardship"


class Steward(Struct, frozen=True, kw_only=True):
    """A hospital to found and keep: its code (ticket numbers begin with it), names and time zone."""

    code: Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9]{0,11}\Z")]
    name: Annotated[Words, Meta(min_length=1)]
    timezone: Annotated[str, Meta(max_length=60)] = "Asia/Shanghai"
    locale: Literal["zh", "en"] = "zh"
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")] = "CN"


class Founding(Steward, frozen=True, kw_only=True):
    """The same, with the card by which the hospital will know its steward."""

    steward: dict[str, Any]


class Stewarded(Struct, frozen=True):
    """The hospital that is now kept; its id is what `X-Acting-For` names."""

    hospital: str
    code: str


@command("tenants.steward", "tenants.steward")
async def steward(actor: Actor, input: Steward) -> Asked[Stewarded]:
    """Founds a hospital that this vendor or manufacturer keeps until the hospital claims it.

    Raises not_a_keeper, too_many_kept, invalid_input for the time zone, and code_taken.
    """
    keeper = await own_organisation(actor.organisation)
    if keeper.kind not in KEEPERS:
        raise DomainError("not_a_keeper")
    if input.timezone not in available_timezones():
        raise DomainError("invalid_input", field="timezone", problem="wrong_zone")
    kept = await fetchval(
        "SELECT count(*) FROM stewardship WHERE tenant_id = $1 AND ended_at IS NULL", actor.organisation
    )
    if kept >= UNCLAIMED:
        raise DomainError("too_many_kept", most=UNCLAIMED)
    founding = Founding(steward=card_of(keeper), **msgspec.structs.asdict(input))
    told(code=input.code)
    return await ask(actor, new_id(), "tenants.found", founding)


async def _found(row: Errand) -> Stewarded:
    """The hospital comes to be in a transaction of its own, then is listed with its steward; again, it is the same."""
    given = msgspec.convert(row.input, Founding)
    await bootstrap(
        given.code,
        OrganisationKind.HOSPITAL,
        {str(language): words for language, words in given.name.items()},
        id=row.asked_of,
        locale=given.locale,
        timezone=given.timezone,
        country=given.country,
        steward=given.steward,
    )
    kept = TakeIntoCare(opaque("or", row.asked_of, row.asked_of), given.code, given.name)
    result: Stewarded = await run(
        system_actor(row.tenant_id), "tenants.take_into_care", kept, key=errand_key(row, ":keep")
    )
    return result


ASKABLE["tenants.found"] = Askable(_found, Stewarded)


class TakeIntoCare(Struct, frozen=True):
    """A hospital that was founded for this organisation to keep."""

    hospital: OrganisationId
    code: str
    name: Words


@command("tenants.take_into_care", "tenants.errand")
async def take_into_care(actor: Actor, input: TakeIntoCare) -> Stewarded:
    """Lists the hospital among those that this organisation keeps, and among its partners."""
    hospital = parse_opaque("or", input.hospital).id
    await rows.insert(
        Stewardship(tenant_id=actor.organisation, id=hospital, recorded_at=work().occurred_at),
        Partner(
            tenant_id=actor.organisation,
            id=hospital,
            code=input.code,
            kind=str(OrganisationKind.HOSPITAL),
            name=dict(input.name),
        ),
    )
    told(hospital=str(hospital), code=input.code)
    return Stewarded(input.hospital, input.code)


class EndStewardship(Struct, frozen=True):
    """The hospital has been claimed. agreements, ended: the steward's promises that go on, and those that do not.

    shown: organisation -> how many of the hospital's tickets it sees.
    """

    code: str
    agreements: list[dict[str, Any]] = []
    ended: list[dict[str, Any]] = []
    shown: dict[str, int] = {}


async def _by_who_was_kept(actor: Actor, input: EndStewardship) -> None:
    assert actor.asked_by is not None
    if await rows.find(Stewardship, actor.organisation, actor.asked_by) is None:
        raise not_found("stewardship")


@askable("tenants.end_stewardship", _by_who_was_kept)
async def end_stewardship(actor: Actor, input: EndStewardship) -> None:
    """In the steward's name: its book says that the hospital keeps itself from now on."""
    assert actor.asked_by is not None
    await rows.change(Stewardship, actor.organisation, actor.asked_by, ended_at=work().occurred_at)
    told(**{"hospital": str(actor.asked_by), **msgspec.structs.asdict(input)})


STEWARD_ACTING = definer(
    "steward_acting(uuid, uuid)",
    f"""
CREATE OR REPLACE FUNCTION steward_acting(of_tenant uuid, steward uuid) RETURNS TABLE (house_locale text)
LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN {BIND}
  RETURN QUERY SELECT o.locale FROM public.organisation o
   WHERE o.tenant_id = of_tenant AND o.id = of_tenant AND o.stewarded_by = steward;
END $$""",  # noqa: S608 - no value is in it
    {},
)


async def acting_for(actor: Actor, hospital: UUID) -> Actor:
    """The member `actor` in the name of a hospital that its organisation keeps; asked anew for each request.

    Bound to the hospital's tenant, with the permissions of a steward and none of its own. Raises DomainError forbidden
    for who may not act for others, and not_stewarded for a hospital that is claimed, another's, or not there.
    """
    if actor.kind != "member":
        raise DomainError("not_stewarded")
    authorise(actor, "tenants.steward")
    found = await pool("app").fetchrow("SELECT * FROM steward_acting($1, $2)", hospital, actor.organisation)
    if found is None:
        raise DomainError("not_stewarded")
    return Actor(
        organisation=hospital,
        id=actor.id,
        kind="steward",
        name=actor.name,
        permissions=STEWARDS,
        channel=actor.channel,
        locale=known_locale(actor.locale, found["house_locale"]),
        asked_by=actor.organisation,
    )


async def require_stewardship(actor: Any) -> None:
    """Within a command's transaction: a steward acts for the hospital still, and the claim waits until it is done.

    Others pass. Raises DomainError not_stewarded.
    """
    if actor.kind != "steward":
        return
    # FOR KEY SHARE: stewards do not wait for each other, the claim's FOR UPDATE waits for them, and they for it.
    held = await fetchval(
        "SELECT 1 FROM organisation WHERE tenant_id = $1 AND id = $1 AND stewarded_by = $2 FOR KEY SHARE",
        actor.organisation,
        actor.asked_by,
    )
    if held is None:
        raise DomainError("not_stewarded")
