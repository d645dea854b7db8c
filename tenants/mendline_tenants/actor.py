"""The actor: who acts now, for which organisation, with which permissions, through which channel."""

from typing import Literal
from uuid import UUID

import msgspec

from mendline.kernel import DomainError, Rate
from mendline_tenants.permissions import permissions_of, refusal

Channel = Literal["graphql", "telegram", "slack", "webhook", "import", "system"]


class Quota(msgspec.Struct, frozen=True):
    """What an organisation may ask of GraphQL: a rate in units of cost, and how many sockets it may hold open.

    trusted_documents: whether it is answered for documents alone that the operator has put on the list.
    """

    rate: Rate
    sockets: int
    trusted_documents: bool = False


class Actor(msgspec.Struct, frozen=True):
    """A member, an API key, the system of one organisation, or a steward: another's member who acts in its name.

    id: the member's, the key's, or the organisation's own id for its system. permissions: what it may do. quota: what
    its organisation may ask of GraphQL, where the actor came that way. asked_by: the other organisation behind the act,
    which asked for it by an errand or whose member the steward is.
    """

    organisation: UUID
    id: UUID
    kind: Literal["member", "api_key", "system", "steward"]
    name: str
    permissions: frozenset[str]
    channel: str
    locale: str = "zh"
    roles: tuple[str, ...] = ()
    unit_account: bool = False
    place: UUID | None = None
    quota: Quota | None = None
    session: UUID | None = None
    asked_by: UUID | None = None

    @property
    def role(self) -> str:
        """The word for it where no name may stand: its first role, `api_key`, `system` or `steward`."""
        return self.roles[0] if self.roles else self.kind

    def may(self, permission: str) -> bool:
        """Whether it has the permission."""
        return permission in self.permissions


def system_actor(organisation: UUID, channel: str = "system", asked_by: UUID | None = None) -> Actor:
    """The organisation's own system, which does by rule what no person of it asked for.

    asked_by: the organisation whose errand it does.
    """
    may = permissions_of(("system",))
    return Actor(organisation, organisation, "system", "system", may, channel, asked_by=asked_by)


def authorise(actor: Actor, permission: str) -> None:
    """Raises DomainError forbidden, with the sentence of the permission, when the actor lacks it."""
    if not actor.may(permission):
        raise DomainError("forbidden", permission=permission, why=refusal(permission))
