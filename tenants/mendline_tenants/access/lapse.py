"""Lapse: which of the sessions and API keys that are in use act no more, asked for many at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mendline.kernel import definer, now, pool
from mendline_tenants.access.tokens import is_api_key, read_access_token, read_api_key

LAPSED = definer(
    "lapsed(uuid[], uuid[], timestamptz)",
    """
CREATE OR REPLACE FUNCTION lapsed(of_tenants uuid[], holders uuid[], moment timestamptz) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT used.holder FROM unnest(of_tenants, holders) AS used(tenant, holder)
   WHERE NOT EXISTS (SELECT FROM public.login_session s
       JOIN public.member m ON m.tenant_id = s.tenant_id AND m.id = s.member_id
      WHERE s.tenant_id = used.tenant AND s.id = used.holder
        AND s.revoked_at IS NULL AND s.expires_at > moment AND m.status = 'active')
     AND NOT EXISTS (SELECT FROM public.api_key k
      WHERE k.tenant_id = used.tenant AND k.id = used.holder
        AND k.revoked_at IS NULL AND coalesce(k.expires_at > moment, true))
$$""",
    {"login_session": "SELECT", "member": "SELECT", "api_key": "SELECT"},
    roles=("gateway",),
)
"""Of these (organisation, session or key) those that are revoked, expired, suspended or unknown; it tells no more."""


class Credential(NamedTuple):
    """What somebody acts with: a session or an API key of an organisation, and when its token expires by itself."""

    organisation: UUID
    holder: UUID
    expires_at: datetime | None


def credential_of(token: str) -> Credential:
    """What a bearer token stands for. Raises DomainError unauthenticated for none of ours."""
    if is_api_key(token):
        key = read_api_key(token)
        return Credential(key.organisation, key.key, None)
    claims = read_access_token(token)
    return Credential(claims.organisation, claims.session, claims.expires_at)


async def lapsed(used: Iterable[Credential]) -> set[Credential]:
    """Those of them that act no more, in one statement whatever their number."""
    known = list(used)
    moment = now()
    ended = {
        row[0]
        for row in await pool("gateway").fetch(
            "SELECT lapsed($1, $2, $3)", [one.organisation for one in known], [one.holder for one in known], moment
        )
    }
    return {one for one in known if one.holder in ended or (one.expires_at is not None and one.expires_at <= moment)}
