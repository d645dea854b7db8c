"""Loads who is there: organisations, their places, partners, people, agreements, keys and chat accounts."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from mendline.kernel import DomainError, gateway, parse_opaque, rows, run, transaction
from mendline_tenants import Agreement as StandingAgreement
from mendline_tenants import (
    ChatInstallation,
    OrganisationSlug,
    bootstrap,
    identities,
    link,
    offer_link,
    system_actor,
)

from .known import Known, words
from .structs import Agreement, Member, Organisation, Place

SYSTEM = "demo"
"""The name of the system that the demo's keys are external references of."""

_KINDS = {"nursing_unit": "unit"}
_WEIGHTS = {"intensive": 3, "operating": 3, "emergency": 3, "ward": 1, "outpatient": 0, "support": 0}
"""How much a fault matters in each setting, as `tenants.upsert_place` counts it."""

_PARTS = {"service": "service_provider", "maker": "manufacturer"}
"""Agreements that share new tickets by themselves; a testing body gets its part with the ticket passed on to it."""


async def found_organisations(known: Known, password: str) -> None:
    """Every organisation with its administrator; the rest of what it has is the administrator's work."""
    for organisation in known.counted("organisations", known.demo.organisations):
        tenant = await _found(organisation)
        known.organisations[organisation.key] = tenant
        admin = next(m for m in known.demo.members if m.key == f"{organisation.key}-admin")
        await _put_member(known, system_actor(tenant, "import"), admin, password)


async def _found(organisation: Organisation) -> UUID:
    """The organisation's id, whether it was founded now or by an earlier loading."""
    try:
        return await bootstrap(
            organisation.code,
            organisation.kind,
            words(organisation.name),
            locale=organisation.locale,
            timezone=organisation.zone,
        )
    except DomainError as refusal:
        if refusal.code != "code_taken":
            raise
    async with gateway():
        known = await rows.first(OrganisationSlug, "code = $1", organisation.code)
    assert known is not None
    tenant: UUID = known.tenant_id
    return tenant


async def load_organisation(known: Known, key: str, password: str) -> None:
    """The places, partners, people and agreements of one organisation."""
    admin = await known.admin(key)
    demo = known.demo
    for place in known.counted("places", [each for each in demo.places if each.organisation == key]):
        made = await run(admin, "tenants.upsert_place", _place(known, place))
        known.places[place.key] = made.place
    for partner in _partners(known, key):
        given = {
            "organisation": known.organisation_id(partner.key),
            "code": partner.code,
            "kind": partner.kind,
            "name": words(partner.name),
            "phone": partner.phone,
        }
        await run(admin, "tenants.upsert_partner", given)
    for member in known.counted("people", [each for each in demo.members if each.organisation == key]):
        await _put_member(known, admin, member, password)
    for agreement in demo.agreements:
        if agreement.grantor == key and agreement.kind in _PARTS:
            await _agree(known, admin, agreement)


def _place(known: Known, place: Place) -> dict[str, Any]:
    depot = place.kind == "campus" and not any(each.parent == place.key for each in known.demo.places)
    return {
        "kind": "depot" if depot else _KINDS.get(place.kind, place.kind),
        "name": words(place.name),
        "parent": known.places[place.parent] if place.parent else None,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "clinical_weight": _WEIGHTS[place.setting] if place.setting else 0,
        "system": SYSTEM,
        "number": place.key,
    }


def _partners(known: Known, key: str) -> Iterable[Organisation]:
    """Whoever an agreement or a contract connects with this organisation knows it, and it knows them."""
    pairs = [(each.grantor, each.grantee) for each in known.demo.agreements]
    pairs += [(each.hospital, each.vendor) for each in known.demo.contracts]
    others = {other for one, other in (*pairs, *((b, a) for a, b in pairs)) if one == key}
    return (each for each in known.demo.organisations if each.key in others)


async def _put_member(known: Known, actor: Any, member: Member, password: str) -> None:
    given = {
        "login": member.email,
        "name": member.name.zh,
        "name_en": member.name.en,
        "roles": list(member.roles),
        "phone": member.phone,
        "locale": member.locale,
        "place": known.places[member.place] if member.place else None,
        "unit_account": member.unit_account,
        "password": password if member.password_login and member.key not in known.members else None,
        "system": SYSTEM,
        "number": member.key,
    }
    known.members[member.key] = (await run(actor, "tenants.upsert_member", given)).member


async def _agree(known: Known, admin: Any, agreement: Agreement) -> None:
    """Agreements have no number of their own, so that one that is there already is left alone."""
    partner, part = known.organisations[agreement.grantee], _PARTS[agreement.kind]
    models = {model.key: model for model in known.demo.models}
    classes = sorted({models[key].device_class for key in agreement.models})
    async with transaction(admin.organisation):
        standing = await rows.select(
            StandingAgreement, "tenant_id = $1 AND partner_id = $2 AND part = $3", admin.organisation, partner, part
        )
    if standing:
        return
    given = {
        "organisation": known.organisation_id(agreement.grantee),
        "part": part,
        "groups": agreement.groups,
        "device_classes": classes,
        "starts_on": agreement.starts,
        "ends_on": agreement.ends,
    }
    await run(admin, "tenants.upsert_agreement", given)


async def load_api_keys(known: Known, key: str) -> None:
    """The portals' keys, made anew at each loading: a key is shown once and kept by nobody but `demo.json`."""
    admin = await known.admin(key)
    for api_key in known.demo.api_keys:
        if api_key.organisation == key:
            given = {"name": f"{api_key.name.zh} {api_key.name.en}", "scopes": list(api_key.scopes)}
            known.api_keys[api_key.key] = (await run(admin, "tenants.create_api_key", given)).secret


async def load_chats(known: Known, *, standins: bool) -> None:
    """Everybody's chat accounts, linked by a code as people link theirs; the app in each Slack workspace."""
    members = [(member, chat) for member in known.demo.members for chat in member.chats]
    for member, chat in known.counted("chats", members):
        workspace = chat.team_id or ""
        if not await identities(chat.channel, workspace, chat.user_id):
            offer = await offer_link(*parse_opaque("mb", known.members[member.key]))
            await link(offer.code, chat.channel, workspace, chat.user_id, chat.chat_id, member.locale)
    if standins:
        await _install_slack(known)


async def _install_slack(known: Known) -> None:
    """The workspaces of the local Slack, whose tokens follow from their ids."""
    for organisation in known.demo.organisations:
        if team := organisation.slack_team:
            async with gateway():
                installed = await rows.first(ChatInstallation, "channel = 'slack' AND workspace = $1", team)
                if installed is None:
                    await rows.insert(
                        ChatInstallation(
                            tenant_id=known.organisations[organisation.key],
                            channel="slack",
                            workspace=team,
                            name=organisation.name.zh,
                            bot_token=f"xoxb-standin-{team}",
                            bot_account=f"UBOT{team.removeprefix('T')}",
                        )
                    )
