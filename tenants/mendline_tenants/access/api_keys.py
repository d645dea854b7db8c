"""API keys: made once for a partner's portal, shown once, revoked at once."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import Meta, Struct

from mendline.kernel import DomainError, command, emit, event, new_id, now, opaque, parse_opaque, rows, told
from mendline_tenants.access.key_expiry import warn_before
from mendline_tenants.access.tokens import api_key_token, digest
from mendline_tenants.actor import Actor
from mendline_tenants.members import ApiKey
from mendline_tenants.permissions import PERMISSIONS

FOR_PERSONS_ALONE = frozenset(
    {
        "quality.sign",
        "quality.archive",
        "dispatch.answer",
        "dispatch.own_time",
        "dispatch.watch",
        "tenants.manage",
        "tenants.export",
        "tenants.agree",
        "tenants.book",
        "tenants.errand",
        "tenants.hand_over",
        "tenants.link",
        "tenants.operate",
        "tenants.self",
        "tenants.steward",
        "tickets.check_clocks",
        "tickets.share",
    }
)
"""What no key may ever do: to sign, to answer for a person, to govern the organisation."""

FOR_THE_SYSTEM_ALONE = frozenset(name for name, row in PERMISSIONS.items() if row.roles == ("system",))
"""What no role of a person holds in any organisation, and so nobody can pass on."""

SCOPES = frozenset(PERMISSIONS) - FOR_PERSONS_ALONE - FOR_THE_SYSTEM_ALONE
"""Permissions that a key may hold; each is named as it is in the permission table."""

BUNDLES = {
    "portal": ("read.progress", "read.quality", "read.devices", "read.messages", "tickets.comment"),
    "status": ("read.progress",),
    "registry": ("read.devices", "devices.manage"),
}
"""Scopes by the use they are for: a partner's portal that follows and comments, a status board, an asset system."""

KeyId = Annotated[str, Meta(description="The opaque id of an API key.", extra={"id": "ak"}, max_length=80)]


@event("tenants.key_made")
class KeyMade(Struct, frozen=True):
    """A key may act from now on, within these scopes: the other administrators shall know of it."""

    tenant: UUID
    key: UUID
    name: str
    scopes: list[str]
    made_by: UUID
    made_by_name: str


class CreateApiKey(Struct, frozen=True):
    """Asks for a key: what it is for, and what it may do (permissions, or bundles of them).

    trusted_documents: whether it shall be answered for documents on the operator's list alone, so that a stolen one
    can ask nothing that the portal does not ask.
    """

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    scopes: Annotated[list[str], Meta(min_length=1, max_length=60)]
    expires_at: datetime | None = None
    trusted_documents: bool = False


class ApiKeyCreated(Struct, frozen=True):
    """The key. `secret` is shown here and never again."""

    shown_once: ClassVar[tuple[str, ...]] = ("secret",)

    key: KeyId
    scopes: list[str]
    secret: str | None


@command("tenants.create_api_key", "tenants.manage")
async def create_api_key(actor: Actor, input: CreateApiKey) -> ApiKeyCreated:
    """Makes a key that acts in the organisation's name.

    It may do what its maker may not, as a member may to whom an administrator gives a role. Raises unknown_scope, and
    invalid_input for a past expiry.
    """
    wanted = {scope for name in input.scopes for scope in BUNDLES.get(name, (name,))}
    if strangers := wanted - SCOPES:
        raise DomainError(
            "unknown_scope", scopes=", ".join(sorted(strangers)), known=", ".join((*BUNDLES, *sorted(SCOPES)))
        )
    if input.expires_at is not None and (input.expires_at.tzinfo is None or input.expires_at <= now()):
        raise DomainError("invalid_input", field="expires_at", problem="not_ahead")
    key_id = new_id()
    secret = api_key_token(actor.organisation, key_id)
    key = ApiKey(
        tenant_id=actor.organisation,
        id=key_id,
        name=input.name,
        secret_hash=digest(secret),
        scopes=sorted(wanted),
        trusted_documents=input.trusted_documents,
        made_by=actor.id,
        expires_at=input.expires_at,
    )
    await rows.insert(key)
    await warn_before(key)
    emit(KeyMade(key.tenant_id, key.id, key.name, key.scopes, actor.id, actor.name))
    told(key=str(key.id), name=key.name, scopes=key.scopes)
    return ApiKeyCreated(opaque("ak", key.tenant_id, key.id), key.scopes, secret)


class RevokeApiKey(Struct, frozen=True):
    """Ends a key."""

    key: KeyId


class ApiKeyRevoked(Struct, frozen=True):
    """The key that was ended."""

    key: KeyId


@command("tenants.revoke_api_key", "tenants.manage")
async def revoke_api_key(actor: Actor, input: RevokeApiKey) -> ApiKeyRevoked:
    """Refuses the key from the next request on. Raises not_found; revoking twice changes nothing."""
    key = await rows.get(ApiKey, actor.organisation, parse_opaque("ak", input.key).id)
    if key.revoked_at is None:
        await rows.update(key, revoked_at=now())
    told(key=str(key.id), name=key.name)
    return ApiKeyRevoked(input.key)
