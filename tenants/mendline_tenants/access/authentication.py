"""Authentication: from a bearer token, an API key or a member's id to the actor, read from the database at each use."""

from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import structs

from mendline.kernel import LRU, DomainError, Function, definer, known_locale, now, pool
from mendline_tenants.access.tokens import is_api_key, read_access_token, read_api_key
from mendline_tenants.actor import Actor, Quota
from mendline_tenants.permissions import permissions_of
from mendline_tenants.quotas import quota_of

NEVER_FOR_UNIT_ACCOUNTS = frozenset(
    {"quality.sign", "quality.archive", "tenants.manage", "tenants.keep", "tenants.agree", "tenants.steward"}
)
"""A shared account has no one person behind it: it never signs and never governs."""

_QUOTA = "q.per_second, q.burst, q.sockets"

_MEMBER = f"""
SELECT m.name, m.locale, o.locale AS house_locale, m.roles, m.place_id, m.unit_account, m.status,
  {{secret}} IS NULL OR coalesce(s.revoked_at IS NULL AND s.expires_at > {{moment}}, false) AS session_open,
  {_QUOTA}, q.trusted_documents
FROM public.member m
JOIN public.organisation o ON o.tenant_id = {{tenant}} AND o.id = {{tenant}}
LEFT JOIN public.quota q ON q.tenant_id = {{tenant}} AND q.id = {{tenant}}
LEFT JOIN public.login_session s ON s.tenant_id = {{tenant}} AND s.id = {{secret}} AND s.member_id = m.id
WHERE m.tenant_id = {{tenant}} AND m.id = {{who}}"""  # noqa: S608 - no value is in it

_KEY = f"""
SELECT k.name, o.locale AS house_locale, k.scopes,
  k.revoked_at IS NULL AND coalesce(k.expires_at > {{moment}}, true) AS usable,
  {_QUOTA}, k.trusted_documents OR coalesce(q.trusted_documents, false) AS trusted_documents
FROM public.api_key k
JOIN public.organisation o ON o.tenant_id = {{tenant}} AND o.id = {{tenant}}
LEFT JOIN public.quota q ON q.tenant_id = {{tenant}} AND q.id = {{tenant}}
WHERE k.tenant_id = {{tenant}} AND k.id = {{who}} AND k.secret_hash = {{secret}}"""  # noqa: S608 - no value is in it

_NAMES = {"tenant": "of_tenant", "who": "of_id", "secret": "of_secret", "moment": "moment"}

# Both functions bind the tenant themselves and so need no transaction of several messages: one round trip in place of
# three. Since what a function answers cannot be changed, each is dropped before it is made anew.
# They run with the rights of the caller, under row-level security, and refuse to rebind a transaction.
BIND = """
  IF coalesce(public.cur(), of_tenant) <> of_tenant THEN RAISE EXCEPTION 'another tenant is bound'; END IF;
  PERFORM set_config('app.tenant', of_tenant::text, true);"""

MEMBER_ACTING: Function = definer(
    "member_acting(uuid, uuid, uuid, timestamptz)",
    f"""
DROP FUNCTION IF EXISTS member_acting(uuid, uuid, uuid, timestamptz);
CREATE FUNCTION member_acting(of_tenant uuid, of_id uuid, of_secret uuid, moment timestamptz)
RETURNS TABLE (name text, locale text, house_locale text, roles text[], place_id uuid, unit_account boolean,
  status text, session_open boolean, per_second int, burst int, sockets int, trusted_documents boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN {BIND}
  RETURN QUERY {_MEMBER.format(**_NAMES)};
END $$""",
    {},
)

KEY_ACTING: Function = definer(
    "key_acting(uuid, uuid, bytea, timestamptz)",
    f"""
DROP FUNCTION IF EXISTS key_acting(uuid, uuid, bytea, timestamptz);
CREATE FUNCTION key_acting(of_tenant uuid, of_id uuid, of_secret bytea, moment timestamptz)
RETURNS TABLE (name text, house_locale text, scopes text[], usable boolean,
  per_second int, burst int, sockets int, trusted_documents boolean)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
BEGIN {BIND}
  UPDATE public.api_key k SET used_at = moment WHERE k.tenant_id = of_tenant AND k.id = of_id
    AND k.secret_hash = of_secret AND k.revoked_at IS NULL AND coalesce(k.used_at < moment - interval '1 minute', true);
  RETURN QUERY {_KEY.format(**_NAMES)};
END $$""",  # noqa: S608 - no value is in it
    {},
)

KEY_PRESUMED = 60.0
"""Seconds for which a key is presumed: then `key_acting` is asked again, and notes when the key was used."""


class Claim(NamedTuple):
    """What a token claims: of which organisation it is, who acts, and the session or the secret's digest."""

    organisation: UUID
    who: UUID
    secret: Any
    is_key: bool


class Presumed(NamedTuple):
    """An actor as the database last told of it: good for nothing before `proof` has found the same `facts` again."""

    actor: Actor
    claim: Claim
    facts: str
    told_at: float

    def proof(self, after: int) -> str:
        """SQL: whether the facts of this moment are these; its parameters follow on the first `after`, see `values`.

        It is written out, because the functions cost the database 100 µs within a statement and this 30.
        """
        names = ("tenant", "who", "secret", "moment", "facts")
        places = {name: f"${n}" for n, name in enumerate(names, after + 1)}
        told = (_KEY if self.claim.is_key else _MEMBER).format(**places)
        return f"(SELECT a::text = {places['facts']} FROM ({told}) a)"  # noqa: S608 - our own

    def values(self) -> tuple[Any, ...]:
        """The parameters of the proof."""
        return (self.claim.organisation, self.claim.who, self.claim.secret, now(), self.facts)


_presumed: LRU[tuple[str, str, str | None], Presumed] = LRU(4096)


async def actor_from_token(token: str, channel: str = "graphql", locale: str | None = None) -> Actor:
    """Who shows this access token or API key; roles, scopes and revocations are those of this very moment.

    locale: the client's wish, used when the member has chosen no language. Raises DomainError unauthenticated,
    session_ended or key_revoked; a token that was refused is remembered, see `organisation_of`.
    """
    claim = _claim(token)
    try:
        return await _proven(token, claim, channel, locale)
    except DomainError:
        if organisation_of(token) is not None:  # others' tokens may be invented without end
            _ended.put(token, True)
        raise


async def _proven(token: str, claim: Claim, channel: str, locale: str | None) -> Actor:
    call = "key_acting($1, $2, $3, $4)" if claim.is_key else "member_acting($1, $2, $3, $4)"
    found = await pool("app").fetchrow(
        f"SELECT a.*, a::text AS facts FROM {call} a",  # noqa: S608 - one of two calls
        claim.organisation,
        claim.who,
        claim.secret,
        now(),
    )
    if claim.is_key:
        actor = _key(claim, found, channel, locale)
        _seen_keys.put(token, claim.organisation)
    else:
        if found is None or not found["session_open"] or found["status"] != "active":
            raise DomainError("session_ended")
        found_actor = _actor(claim.organisation, claim.who, found, channel, locale)
        actor = structs.replace(found_actor, session=claim.secret)
    if _ended.get(token):  # a suspended member may act again
        _ended.put(token, False)
    _presumed.put((token, channel, locale), Presumed(actor, claim, found["facts"], monotonic()))
    return actor


def presumed_from_token(token: str, channel: str = "graphql", locale: str | None = None) -> Presumed | None:
    """Who showed this token last time, told without asking the database; None for who is not known here.

    Nothing may be done or answered on it: a statement carries its proof, and what it answered counts only if the
    facts are the same. Raises DomainError unauthenticated for an access token that is over.
    """
    known = _presumed.get((token, channel, locale))
    if known is None:
        return None
    if known.claim.is_key:
        return known if monotonic() - known.told_at < KEY_PRESUMED else None
    read_access_token(token)  # looks at the clock
    return known


def _claim(token: str) -> Claim:
    if is_api_key(token):
        shown = read_api_key(token)
        return Claim(shown.organisation, shown.key, shown.digest, is_key=True)
    claims = read_access_token(token)
    return Claim(claims.organisation, claims.member, claims.session, is_key=False)


def organisation_of(token: str) -> UUID | None:
    """The organisation that a token is of for certain, told without asking the database; else None.

    Certain are access tokens (signed), and API keys that have acted in this process: of any other key only the
    database can say whether its holder made it up. None for a token that was found revoked, or of a session that has
    ended: it spends nothing of the organisation's until it has acted again.
    """
    if _ended.get(token):
        return None
    if is_api_key(token):
        return _seen_keys.get(token)
    try:
        return read_access_token(token).organisation
    except DomainError:
        return None


_seen_keys: LRU[str, UUID] = LRU(4096)

_ended: LRU[str, bool] = LRU(4096)
"""Tokens that the database refused when they were last shown."""


async def actor_of_member(organisation: UUID, member: UUID, channel: str, locale: str | None = None) -> Actor:
    """A member as the actor, once the channel has made sure who it is.

    Raises DomainError not_linked for one who is not there, member_suspended for one who may not act.
    """
    found = await pool("app").fetchrow("SELECT * FROM member_acting($1, $2, NULL, $3)", organisation, member, now())
    if found is None:
        raise DomainError("not_linked")
    if found["status"] != "active":
        raise DomainError("member_suspended")
    return _actor(organisation, member, found, channel, locale)


def _actor(organisation: UUID, member: UUID, found: Any, channel: str, locale: str | None) -> Actor:
    roles = tuple(found["roles"])
    permissions = permissions_of(roles)
    return Actor(
        organisation=organisation,
        id=member,
        kind="member",
        name=found["name"],
        permissions=permissions - NEVER_FOR_UNIT_ACCOUNTS if found["unit_account"] else permissions,
        channel=channel,
        locale=known_locale(found["locale"], locale, found["house_locale"]),
        roles=roles,
        unit_account=found["unit_account"],
        place=found["place_id"],
        quota=_quota(found),
    )


def _key(claim: Claim, found: Any, channel: str, locale: str | None) -> Actor:
    if found is None:
        raise DomainError("unauthenticated")
    if not found["usable"]:
        raise DomainError("key_revoked")
    return Actor(
        organisation=claim.organisation,
        id=claim.who,
        kind="api_key",
        name=found["name"],
        permissions=frozenset(found["scopes"]),
        channel=channel,
        locale=known_locale(locale, found["house_locale"]),
        quota=_quota(found),
    )


def _quota(found: Any) -> Quota:
    return quota_of(found["per_second"], found["burst"], found["sockets"], found["trusted_documents"])
