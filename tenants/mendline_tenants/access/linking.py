"""Linking: a chat account becomes a member by a code that the member was given elsewhere."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from mendline.kernel import (
    DomainError,
    MemberId,
    command,
    execute,
    fetch,
    fetchrow,
    fetchval,
    gateway,
    known_locale,
    new_id,
    not_found,
    now,
    parse_opaque,
    rows,
    transaction,
)
from mendline_tenants.access.authentication import actor_of_member
from mendline_tenants.access.chat_identities import ChatIdentity
from mendline_tenants.access.typed_codes import code_digest, typed_code
from mendline_tenants.actor import Actor
from mendline_tenants.auditing.book import note
from mendline_tenants.members import Member
from mendline_tenants.permissions import refusal

CODE_LIFETIME = timedelta(minutes=10)
CODES_AT_ONCE = 5
"""Codes that may be made for one member within their lifetime."""

TRIES = 5
TRY_WINDOW = timedelta(minutes=15)
"""Wrong codes one chat account may type within the window."""

_PURPOSE = "link code"


class LinkOffer(Struct, frozen=True):
    """A code to type into the chat within ten minutes, once."""

    code: str
    expires_at: datetime

    def telegram_link(self, bot: str) -> str:
        """A link that opens the chat with the bot (its username) and hands it the code."""
        return f"https://t.me/{bot}?start={self.code}"


async def link_code(actor: Actor, member: UUID | None = None) -> LinkOffer:
    """A code that links a chat account to the actor, or to another member for an administrator who invites.

    Voids the member's earlier codes. Raises DomainError forbidden, not_found, too_many_codes. It is shown once and
    never stored, which is why it is no command.
    """
    chosen = member or actor.id
    if actor.kind != "member" or (chosen != actor.id and not actor.may("tenants.manage")):
        raise DomainError("forbidden", permission="tenants.manage", why=refusal("tenants.manage"))
    async with transaction(actor.organisation):
        await rows.get(Member, actor.organisation, chosen)
    return await offer_link(actor.organisation, chosen)


async def offer_link(tenant: UUID, member: UUID) -> LinkOffer:
    """The code itself, for who has made sure that it may be given (demo data, tests)."""
    code = typed_code(8)
    expires_at = now() + CODE_LIFETIME
    async with gateway():
        await execute("DELETE FROM link_code WHERE tenant_id = $1 AND expires_at < $2", tenant, now() - CODE_LIFETIME)
        made = await fetchval(
            "SELECT count(*) FROM link_code WHERE tenant_id = $1 AND member_id = $2 AND recorded_at > $3",
            tenant,
            member,
            now() - CODE_LIFETIME,
        )
        if made >= CODES_AT_ONCE:
            raise DomainError("too_many_codes", minutes=int(CODE_LIFETIME.total_seconds() // 60))
        await execute(
            "UPDATE link_code SET used_at = $3 WHERE tenant_id = $1 AND member_id = $2 AND used_at IS NULL",
            tenant,
            member,
            now(),
        )
        await execute(
            "INSERT INTO link_code (tenant_id, id, code_hash, member_id, expires_at, recorded_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            tenant,
            new_id(),
            code_digest(_PURPOSE, code),
            member,
            expires_at,
            now(),
        )
    return LinkOffer(code, expires_at)


async def link(
    code: str, channel: str, workspace: str, account: str, chat: str, locale: str | None = None
) -> ChatIdentity:
    """Links a chat account (in private chat only: the channel sees to that) to the member whose code it types.

    workspace: Slack's team, empty for Telegram. locale: the chat client's language. Raises DomainError
    link_code_wrong, link_code_expired, link_code_used, too_many_attempts, member_suspended.
    """
    found = await _look_up(code, channel, workspace, account)
    tenant, member_id = found["tenant_id"], found["member_id"]
    actor = await actor_of_member(tenant, member_id, channel, locale)
    async with gateway():
        claimed = await fetchval(
            "UPDATE link_code SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL RETURNING 1",
            found["code_hash"],
            now(),
        )
        if not claimed:
            raise DomainError("link_code_used")
        await execute(
            "DELETE FROM link_attempt WHERE channel = $1 AND workspace = $2 AND account = $3",
            channel,
            workspace,
            account,
        )
        await execute(
            "INSERT INTO chat_identity (tenant_id, id, channel, workspace, account, chat, member_id, locale, status,"
            " chosen_at, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $9)"
            " ON CONFLICT (tenant_id, channel, workspace, account) DO UPDATE SET chat = excluded.chat,"
            " member_id = excluded.member_id, locale = excluded.locale, status = 'active',"
            " chosen_at = excluded.chosen_at",
            tenant,
            new_id(),
            channel,
            workspace,
            account,
            chat,
            member_id,
            known_locale(locale) if locale else None,
            now(),
        )
        (identity,) = await rows.select(
            ChatIdentity,
            "tenant_id = $1 AND channel = $2 AND workspace = $3 AND account = $4",
            tenant,
            channel,
            workspace,
            account,
        )
    await _note(identity, actor.name, "tenants.link")
    return identity


async def _look_up(code: str, channel: str, workspace: str, account: str):  # type: ignore[no-untyped-def]
    """The row of a code that may still be used; a wrong one is counted against the account before it is refused."""
    moment = now()
    async with gateway():
        tries = await fetchrow(
            "SELECT failures, since FROM link_attempt WHERE channel = $1 AND workspace = $2 AND account = $3"
            " AND since > $4",
            channel,
            workspace,
            account,
            moment - TRY_WINDOW,
        )
        if tries is not None and tries["failures"] >= TRIES:
            left = tries["since"] + TRY_WINDOW - moment
            raise DomainError("too_many_attempts", minutes=max(1, -(-int(left.total_seconds()) // 60)))
        found = await fetchrow(
            "SELECT tenant_id, member_id, code_hash, expires_at, used_at FROM link_code WHERE code_hash = $1",
            code_digest(_PURPOSE, code),
        )
        if found is None:
            await execute(
                "INSERT INTO link_attempt AS a (id, channel, workspace, account, failures, since)"
                " VALUES ($6, $1, $2, $3, 1, $4) ON CONFLICT (channel, workspace, account) DO UPDATE SET"
                " failures = CASE WHEN a.since < $5 THEN 1 ELSE a.failures + 1 END,"
                " since = CASE WHEN a.since < $5 THEN $4 ELSE a.since END",
                channel,
                workspace,
                account,
                moment,
                moment - TRY_WINDOW,
                new_id(),
            )
    if found is None:
        raise DomainError("link_code_wrong")
    if found["used_at"] is not None:
        raise DomainError("link_code_used")
    if found["expires_at"] <= moment:
        raise DomainError("link_code_expired", minutes=int(CODE_LIFETIME.total_seconds() // 60))
    return found


async def identities(channel: str, workspace: str, account: str) -> list[ChatIdentity]:
    """Whom this chat account is, one for each organisation; the one that was chosen last comes first."""
    async with gateway():
        return await rows.select(
            ChatIdentity,
            "channel = $1 AND workspace = $2 AND account = $3 AND status <> 'unlinked' ORDER BY chosen_at DESC, id",
            channel,
            workspace,
            account,
        )


async def actor_for_chat(
    channel: str, workspace: str, account: str, locale: str | None = None, organisation: UUID | None = None
) -> Actor:
    """Who writes from this chat account: its member in the organisation chosen last, or in the one that is named.

    locale: the chat client's language. The channel has verified the account. Raises DomainError not_linked, and
    member_suspended for people who were suspended or have left.
    """
    known = await identities(channel, workspace, account)
    identity = next((i for i in known if organisation in (None, i.tenant_id)), None)
    if identity is None:
        raise DomainError("not_linked")
    if identity.status == "suspended":
        await resume_identity(channel, workspace, account)
    return await actor_of_member(identity.tenant_id, identity.member_id, channel, identity.locale or locale)


async def choose_organisation(channel: str, workspace: str, account: str, organisation: UUID) -> None:
    """Acts for this organisation from now on, for a person who is in several. Raises DomainError not_linked."""
    await _change(channel, workspace, account, organisation, "chosen_at = $5", now())


async def set_locale(channel: str, workspace: str, account: str, locale: str) -> None:
    """The person's choice of language, for this chat account in every organisation."""
    async with gateway():
        await execute(
            "UPDATE chat_identity SET locale = $4 WHERE channel = $1 AND workspace = $2 AND account = $3",
            channel,
            workspace,
            account,
            known_locale(locale),
        )


async def unlink(channel: str, workspace: str, account: str, organisation: UUID) -> None:
    """The person's own wish to be no longer known here. Raises DomainError not_linked."""
    identity = await _change(channel, workspace, account, organisation, "status = $5", "unlinked")
    await _note(identity, "", "tenants.unlink")


async def suspend_identity(channel: str, workspace: str, account: str) -> list[ChatIdentity]:
    """The chat cannot be reached (bot blocked, account deleted, app removed): nothing more is sent there.

    Answers whom it concerns, so that another channel is tried and an administrator told.
    """
    async with gateway():
        reached = await fetch(
            "UPDATE chat_identity SET status = 'suspended' WHERE channel = $1 AND workspace = $2 AND account = $3"
            " AND status = 'active' RETURNING *",
            channel,
            workspace,
            account,
        )
    return rows.load_all(ChatIdentity, reached)


async def resume_identity(channel: str, workspace: str, account: str) -> None:
    """The account has written again, so it can be reached again."""
    async with gateway():
        await execute(
            "UPDATE chat_identity SET status = 'active' WHERE channel = $1 AND workspace = $2 AND account = $3"
            " AND status = 'suspended'",
            channel,
            workspace,
            account,
        )


async def move_chat(channel: str, workspace: str, chat: str, new_chat: str) -> None:
    """The chat has a new id."""
    async with gateway():
        await execute(
            "UPDATE chat_identity SET chat = $4 WHERE channel = $1 AND workspace = $2 AND chat = $3",
            channel,
            workspace,
            chat,
            new_chat,
        )


async def _change(
    channel: str, workspace: str, account: str, organisation: UUID, assignment: str, value: object
) -> ChatIdentity:
    async with gateway():
        changed = await fetch(
            f"UPDATE chat_identity SET {assignment} WHERE channel = $1 AND workspace = $2 AND account = $3"  # noqa: S608
            " AND tenant_id = $4 AND status <> 'unlinked' RETURNING *",
            channel,
            workspace,
            account,
            organisation,
            value,
        )
    if not changed:
        raise DomainError("not_linked")
    return rows.load_all(ChatIdentity, changed)[0]


async def _note(identity: ChatIdentity, name: str, command: str) -> None:
    async with transaction(identity.tenant_id):
        await note(
            identity.tenant_id,
            identity.member_id,
            name,
            identity.channel,
            command,
            workspace=identity.workspace,
            account=identity.account,
        )


class UnlinkMember(Struct, frozen=True):
    """Takes every chat account away from a member."""

    member: MemberId


class MemberUnlinked(Struct, frozen=True):
    """How many chat accounts were taken away."""

    accounts: int


@command("tenants.unlink_member", "tenants.manage")
async def unlink_member(actor: Actor, input: UnlinkMember) -> MemberUnlinked:
    """An administrator's unlinking, as when a phone is lost. Raises not_found for a stranger."""
    reference = parse_opaque("mb", input.member)
    if reference.tenant != actor.organisation:
        raise not_found("member")
    await rows.get(Member, actor.organisation, reference.id)
    gone = await fetch(
        "UPDATE chat_identity SET status = 'unlinked' WHERE tenant_id = $1 AND member_id = $2"
        " AND status <> 'unlinked' RETURNING 1",
        actor.organisation,
        reference.id,
    )
    return MemberUnlinked(len(gone))
