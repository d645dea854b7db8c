"""Login: password to session, session to short access tokens, and the end of sessions."""

import hashlib
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from tortoise import fields

from mendline.kernel import (
    NIL,
    DomainError,
    Kind,
    MemberId,
    OrganisationId,
    Record,
    command,
    execute,
    fetchrow,
    fetchval,
    gateway,
    new_id,
    not_found,
    now,
    opaque,
    parse_opaque,
    rows,
    table,
    told,
    transaction,
)
from mendline_tenants.access.origins import Origin
from mendline_tenants.access.passwords import password_matches
from mendline_tenants.access.tokens import (
    ACCESS_LIFETIME,
    access_token,
    digest,
    read_access_token,
    read_refresh_token,
    refresh_token,
)
from mendline_tenants.actor import Actor
from mendline_tenants.auditing.book import note
from mendline_tenants.members import LoginSession, Member

SESSION_LIFETIME = timedelta(days=14)
"""How long a session lives without being refreshed."""

ATTEMPTS = 5
WINDOW = timedelta(minutes=15)
"""After so many wrong passwords for one login within the window, none is tried until the window is over."""

SessionId = Annotated[str, Meta(description="The opaque id of a session.", extra={"id": "se"}, max_length=80)]


@table(Kind.OWN, update=("failures", "since"), delete=True)
class LoginAttempt(Record):
    """Wrong passwords for one login since a moment; counted for unknown logins too, which are kept as digests alone."""

    login_hash = fields.BinaryField()
    failures = fields.IntField(default=1)
    since = fields.DatetimeField(default=now)

    class Meta:
        table = "login_attempt"
        unique_together = (("tenant_id", "login_hash"),)


class Tokens(Struct, frozen=True):
    """What a client keeps: access for `expires_in` seconds, and the refresh token, good for one use."""

    access_token: str
    refresh_token: str
    expires_in: int
    organisation: OrganisationId
    member: MemberId


NOWHERE = Origin()


async def login(
    organisation: str, login: str, password: str, channel: str = "graphql", origin: Origin = NOWHERE
) -> Tokens:
    """Opens a session for a member by the organisation's code, login and password.

    Raises DomainError wrong_login (the same, and as slowly, for an unknown organisation or person),
    too_many_attempts, member_suspended.
    """
    tenant = await tenant_of(organisation)
    member = await _attempt(tenant, login, channel) if tenant else None
    stored = member.password_hash if member else None
    if not await password_matches(stored, password) or member is None:
        raise DomainError("wrong_login")
    if member.status != "active":
        raise DomainError("member_suspended")
    return await _open(member, channel, origin)


async def tenant_of(code: str) -> UUID | None:
    """Whose code a person has typed."""
    async with gateway():
        found: UUID | None = await fetchval(
            "SELECT tenant_id FROM organisation_slug WHERE code = ANY ($1)", [code.strip(), code.strip().upper()]
        )
    return found


async def _attempt(tenant: UUID, login: str, channel: str) -> Member | None:
    """Counts the attempt before it is made, so that many at once are counted too; success forgets them."""
    moment = now()
    async with transaction(tenant):
        counted = await fetchrow(
            "INSERT INTO login_attempt AS a (tenant_id, id, login_hash, failures, since) VALUES ($1, $2, $3, 1, $4)"
            " ON CONFLICT (tenant_id, login_hash) DO UPDATE SET"
            " failures = CASE WHEN a.since < $5 THEN 1 ELSE a.failures + 1 END,"
            " since = CASE WHEN a.since < $5 THEN $4 ELSE a.since END RETURNING failures, since",
            tenant,
            new_id(),
            _login_hash(login),
            moment,
            moment - WINDOW,
        )
        member = await rows.first(Member, "tenant_id = $1 AND login = $2", tenant, login)
        assert counted is not None
        if counted["failures"] == ATTEMPTS + 1:  # once for each window, else a flood of guesses would fill the book
            await _note_lock(tenant, member, channel)
    if counted["failures"] > ATTEMPTS:
        left = counted["since"] + WINDOW - moment
        raise DomainError("too_many_attempts", minutes=max(1, -(-int(left.total_seconds()) // 60)))
    return member


async def _note_lock(tenant: UUID, member: Member | None, channel: str) -> None:
    """A login that was guessed at too often. One that nobody has is not told: it may be a password typed too early."""
    who, facts = (member.id, {"login": member.login}) if member else (NIL, {})
    await note(tenant, who, member.name if member else "", channel, "tenants.login_locked", attempts=ATTEMPTS, **facts)


def _login_hash(login: str) -> bytes:
    return hashlib.sha256(login.encode()).digest()


async def _open(member: Member, channel: str, origin: Origin) -> Tokens:
    session = new_id()
    token = refresh_token(member.tenant_id, session)
    async with transaction(member.tenant_id):
        await execute(
            "DELETE FROM login_attempt WHERE tenant_id = $1 AND (login_hash = $2 OR since < $3)",
            member.tenant_id,
            _login_hash(member.login),
            now() - WINDOW,
        )
        await rows.insert(
            LoginSession(
                tenant_id=member.tenant_id,
                id=session,
                member_id=member.id,
                refresh_hash=digest(token),
                channel=channel,
                network=origin.network,
                agent=origin.agent,
                expires_at=now() + SESSION_LIFETIME,
            )
        )
        await note(member.tenant_id, member.id, member.name, channel, "tenants.login", session=str(session))
    return _tokens(member.tenant_id, member.id, session, token)


def _tokens(tenant: UUID, member: UUID, session: UUID, token: str) -> Tokens:
    return Tokens(
        access_token(tenant, member, session),
        token,
        int(ACCESS_LIFETIME.total_seconds()),
        opaque("or", tenant, tenant),
        opaque("mb", tenant, member),
    )


async def refresh(token: str, origin: Origin = NOWHERE) -> Tokens:
    """New tokens for a refresh token, which is used up by this.

    Raises DomainError unauthenticated for a token that is not ours, and session_ended; a token shown a second time
    was copied by somebody, so it ends its session for everyone.
    """
    shown = read_refresh_token(token)
    fresh = refresh_token(shown.organisation, shown.session)
    async with transaction(shown.organisation):
        session = await rows.first(
            LoginSession,
            "tenant_id = $1 AND id = $2 AND revoked_at IS NULL AND expires_at > $3 AND EXISTS (SELECT FROM member m"
            " WHERE m.tenant_id = $1 AND m.id = login_session.member_id AND m.status = 'active')",
            shown.organisation,
            shown.session,
            now(),
        )
        rotated = session and await fetchval(
            "UPDATE login_session SET refresh_hash = $4, used_at = $5, expires_at = $6,"
            " network = coalesce($7, network), agent = coalesce($8, agent)"
            " WHERE tenant_id = $1 AND id = $2 AND refresh_hash = $3 AND revoked_at IS NULL RETURNING 1",
            shown.organisation,
            shown.session,
            shown.digest,
            digest(fresh),
            now(),
            now() + SESSION_LIFETIME,
            origin.network,
            origin.agent,
        )
        if session and not rotated:
            await _revoke(shown.organisation, shown.session)
            await note(
                shown.organisation,
                session.member_id,
                "",
                session.channel,
                "tenants.refresh_token_reused",
                session=str(session.id),
            )
    if not session or not rotated:
        raise DomainError("session_ended")
    return _tokens(shown.organisation, session.member_id, shown.session, fresh)


async def logout(token: str) -> None:
    """Ends the session of an access token or a refresh token, at once. Raises DomainError unauthenticated."""
    shown = read_refresh_token(token) if token.startswith("mr_") else read_access_token(token)
    async with transaction(shown.organisation):
        session = await rows.find(LoginSession, shown.organisation, shown.session)
        if session is not None and session.revoked_at is None:
            await _revoke(shown.organisation, shown.session)
            who, facts = session.member_id, {"session": str(session.id)}
            await note(shown.organisation, who, "", session.channel, "tenants.logout", **facts)


async def sessions(tenant: UUID, member: UUID) -> list[LoginSession]:
    """The open sessions of a member, the last used first. Call it inside a transaction of the organisation."""
    return await rows.select(
        LoginSession,
        "tenant_id = $1 AND member_id = $2 AND revoked_at IS NULL AND expires_at > $3 ORDER BY used_at DESC",
        tenant,
        member,
        now(),
    )


async def end_sessions(tenant: UUID, member: UUID, but: UUID | None = None) -> int:
    """Ends every session of a member in the current transaction, except `but`; answers how many were open."""
    tag = await execute(
        "UPDATE login_session SET revoked_at = $3 WHERE tenant_id = $1 AND member_id = $2 AND revoked_at IS NULL"
        " AND id IS DISTINCT FROM $4 AND expires_at > $3",
        tenant,
        member,
        now(),
        but,
    )
    return int(tag.rpartition(" ")[2])


class RevokeSession(Struct, frozen=True):
    """Ends one session."""

    session: SessionId


class SessionRevoked(Struct, frozen=True):
    """The session that was ended."""

    session: SessionId


@command("tenants.revoke_session", "tenants.self")
async def revoke_session(actor: Actor, input: RevokeSession) -> SessionRevoked:
    """Ends one's own session, or, for an administrator, anyone's in the organisation. Raises not_found."""
    session = await rows.get(LoginSession, actor.organisation, parse_opaque("se", input.session).id)
    if session.member_id != actor.id and not actor.may("tenants.manage"):
        raise not_found("login_session")
    await _revoke(session.tenant_id, session.id)
    told(session=str(session.id), member=str(session.member_id))
    return SessionRevoked(input.session)


class RevokeSessions(Struct, frozen=True):
    """Ends all sessions of a member; of one's own (no member named) all but the one that asks."""

    member: MemberId | None = None


class SessionsRevoked(Struct, frozen=True):
    """How many sessions were ended."""

    ended: int


@command("tenants.revoke_sessions", "tenants.self")
async def revoke_sessions(actor: Actor, input: RevokeSessions) -> SessionsRevoked:
    """Ends one's other sessions, or, for an administrator, all those of a member. Raises not_found."""
    member = actor.id if input.member is None else parse_opaque("mb", input.member).id
    known = await rows.get(Member, actor.organisation, member)
    if known.id != actor.id and not actor.may("tenants.manage"):
        raise not_found("member")
    ended = await end_sessions(actor.organisation, known.id, actor.session)
    told(member=str(known.id), ended=ended)
    return SessionsRevoked(ended)


async def _revoke(tenant: UUID, session: UUID) -> None:
    await execute(
        "UPDATE login_session SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
        tenant,
        session,
        now(),
    )
