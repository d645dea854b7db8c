"""Claiming: a kept hospital becomes its own by a one-time code, and its stewardship ends at that moment."""

import hmac
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from msgspec import Meta, Struct, structs
from tortoise import fields

from mendline.kernel import (
    NIL,
    DomainError,
    Kind,
    Record,
    command,
    execute,
    fetch,
    fetchval,
    now,
    rows,
    run,
    say,
    table,
    told,
    transaction,
    work,
)
from mendline_tenants.access.login import Tokens, login, tenant_of
from mendline_tenants.access.passwords import SHORTEST
from mendline_tenants.access.typed_codes import code_digest, typed_code
from mendline_tenants.actor import Actor, system_actor
from mendline_tenants.organisations import Organisation, own_organisation
from mendline_tenants.partnership.agreements import Agreement, end_beyond
from mendline_tenants.partnership.errands import ask
from mendline_tenants.partnership.stewardship import EndStewardship
from mendline_tenants.people import Login, Name, Password, UpsertMember, upsert_member

LIFETIME = timedelta(days=14)
"""How long a claim code may be used."""

LETTERS = 16
"""Of a code: about 79 bits. A million codes a second find it in some ten thousand million years, so that no hospital
needs to be locked against guesses, which any stranger could use against it; what strangers ask is rationed by address.
"""

_PURPOSE = "claim code"


@table(Kind.OWN, update=("code_hash", "made_by", "recorded_at", "expires_at", "used_at"))
class ClaimCode(Record):
    """A hospital's claim code (id = the hospital): it has one at most, and a new one voids the last.

    made_by: the steward's member, or the hospital's own system when the operator made it.
    """

    code_hash = fields.BinaryField()
    made_by = fields.UUIDField()
    recorded_at = fields.DatetimeField(default=now)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "claim_code"


class MakeClaimCode(Struct, frozen=True):
    """Asks for the code that hands the hospital over."""


class ClaimCodeMade(Struct, frozen=True):
    """What the hospital needs to claim itself: its own code, and the claim code, which is never shown again."""

    shown_once: ClassVar[tuple[str, ...]] = ("code",)

    organisation: str
    code: str | None
    expires_at: datetime


@command("tenants.make_claim_code", "tenants.hand_over")
async def make_claim_code(actor: Actor, input: MakeClaimCode) -> ClaimCodeMade:
    """A code for the hospital that is kept, good once and for fourteen days; earlier ones are void.

    Give it to the hospital by another way than this system. Raises already_claimed.
    """
    organisation = await rows.lock(Organisation, actor.organisation, actor.organisation)
    if organisation.stewarded_by is None:
        raise DomainError("already_claimed")
    code, moment = typed_code(LETTERS), work().occurred_at
    await execute(
        "INSERT INTO claim_code (tenant_id, id, code_hash, made_by, recorded_at, expires_at)"
        " VALUES ($1, $1, $2, $3, $4, $5) ON CONFLICT (tenant_id, id) DO UPDATE SET"
        " code_hash = excluded.code_hash, made_by = excluded.made_by,"
        " recorded_at = excluded.recorded_at, expires_at = excluded.expires_at, used_at = NULL",
        actor.organisation,
        code_digest(_PURPOSE, code),
        actor.id,
        moment,
        moment + LIFETIME,
    )
    told(expires_at=(moment + LIFETIME).isoformat())
    return ClaimCodeMade(organisation.code, code, moment + LIFETIME)


class ClaimedSession(Tokens, frozen=True):
    """The first administrator's session, and in words what of its steward's promises the hospital has to confirm."""

    confirm: str


async def claim(organisation: str, code: str, administrator: str, name: str, password: str) -> ClaimedSession:
    """A stranger shows a hospital's claim code and becomes its first administrator; answers the session.

    Raises DomainError password_too_short, and claim_code_wrong (the same for a wrong, used or expired code and for a
    hospital that is not there or keeps itself).
    """
    if len(password) < SHORTEST:
        raise DomainError("password_too_short", shortest=SHORTEST)
    tenant = await tenant_of(organisation) or NIL
    await _compare(tenant, code)
    actor = system_actor(tenant, channel="graphql")
    claimed: Claimed = await run(actor, "tenants.claim", ClaimOrganisation(code, administrator, name, password))
    tokens = await login(organisation, administrator, password)
    async with transaction(tenant):
        locale = (await own_organisation(tenant)).locale
    confirm = say("claim.confirm", locale, standing=claimed.standing, ended=claimed.ended, partners=claimed.partners)
    return ClaimedSession(**structs.asdict(tokens), confirm=confirm)


async def _compare(tenant: UUID, code: str) -> None:
    async with transaction(tenant):
        stored = await fetchval("SELECT code_hash FROM claim_code WHERE tenant_id = $1 AND id = $1", tenant)
    if not hmac.compare_digest(code_digest(_PURPOSE, code), stored or b""):
        raise DomainError("claim_code_wrong")


class ClaimOrganisation(Struct, frozen=True):
    """The code, and the first administrator."""

    code: Annotated[str, Meta(max_length=60)]
    login: Login
    name: Name
    password: Password


class Claimed(Struct, frozen=True):
    """Who made the code that was used: a member of the steward, or the hospital's system for the operator.

    standing, ended: how many of the steward's agreements go on until the hospital ends them, and how many ended now.
    partners: how many organisations see tickets that are there already.
    """

    made_by: UUID
    standing: int
    ended: int
    partners: int


@command("tenants.claim", "tenants.errand")
async def claim_organisation(actor: Actor, input: ClaimOrganisation) -> Claimed:
    """In the hospital's name: uses the code up, makes the administrator, and ends the stewardship.

    What the steward promised beyond the needs of a part ends too; both books list what ended, what goes on, and who
    sees how many tickets, for the hospital to confirm.

    The organisation's row is locked against stewards under way: what they began ends before, or is refused after.
    Raises claim_code_wrong.
    """
    found = await rows.select(Organisation, "tenant_id = $1 AND id = $1 FOR UPDATE", actor.organisation)
    steward = found[0].stewarded_by if found else None
    if steward is None:
        raise DomainError("claim_code_wrong")
    moment = work().occurred_at
    made_by = await fetchval(
        "UPDATE claim_code SET used_at = $3 WHERE tenant_id = $1 AND id = $1 AND code_hash = $2"
        " AND used_at IS NULL AND expires_at > $3 RETURNING made_by",
        actor.organisation,
        code_digest(_PURPOSE, input.code),
        moment,
    )
    if made_by is None:
        raise DomainError("claim_code_wrong")
    await upsert_member(
        actor, UpsertMember(login=input.login, name=input.name, roles=["admin"], password=input.password)
    )
    await execute("UPDATE organisation SET stewarded_by = NULL WHERE tenant_id = $1 AND id = $1", actor.organisation)
    standing, ended = await end_beyond(actor)
    shown = {str(row["viewer"]): row["tickets"] for row in await fetch(_SHOWN, actor.organisation)}
    promises: dict[str, Any] = {
        "agreements": [_terms(one) for one in standing],
        "ended": [_terms(one) for one in ended],
        "shown": shown,
    }
    told(steward=str(steward), code_made_by=str(made_by), **promises)
    await ask(actor, steward, "tenants.end_stewardship", EndStewardship(found[0].code, **promises), waits=False)
    return Claimed(made_by, len(standing), len(ended), len(shown))


_SHOWN = """
SELECT viewer, count(*) AS tickets FROM ticket, unnest(visible_to) AS viewer
WHERE tenant_id = $1 AND viewer <> $1 GROUP BY viewer ORDER BY viewer"""


def _terms(agreement: Agreement) -> dict[str, Any]:
    return {
        "agreement": str(agreement.id),
        "partner": str(agreement.partner_id),
        "part": agreement.part,
        "groups": list(agreement.groups),
        "subcontracting": agreement.subcontracting,
    }
