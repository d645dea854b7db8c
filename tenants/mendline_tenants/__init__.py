"""Tenants: organisations, members, roles, the actor, isolation as data, login, keys, chat identities, audit."""

from mendline.kernel import register_locales
from mendline_tenants.actor import Actor, Quota, authorise, system_actor
from mendline_tenants.agreements import Agreement, agreed
from mendline_tenants.api_keys import BUNDLES, SCOPES, ApiKeyCreated, CreateApiKey
from mendline_tenants.audit import AuditEntry, OrganisationAudit, entry_of, note_command
from mendline_tenants.authentication import (
    Presumed,
    actor_from_token,
    actor_of_member,
    organisation_of,
    presumed_from_token,
)
from mendline_tenants.chat_identities import ChatIdentity, ChatInstallation, LinkAttempt, LinkCode
from mendline_tenants.database_roles import GROUP_ROLES, LOGIN_ROLES, create_roles
from mendline_tenants.founding import bootstrap
from mendline_tenants.housekeeping import forget_link_codes
from mendline_tenants.keeping import POLICIES, SetPolicy, UpsertPartner, UpsertPlace
from mendline_tenants.linking import (
    LinkOffer,
    actor_for_chat,
    choose_organisation,
    identities,
    link,
    link_code,
    move_chat,
    offer_link,
    resume_identity,
    set_locale,
    suspend_identity,
    unlink,
)
from mendline_tenants.login import LoginAttempt, Tokens, login, logout, refresh, sessions
from mendline_tenants.members import ApiKey, LoginSession, Member
from mendline_tenants.organisations import (
    Organisation,
    OrganisationKind,
    OrganisationSlug,
    Partner,
    Place,
    card_of,
    own_organisation,
    partner_card,
)
from mendline_tenants.passwords import hash_password
from mendline_tenants.people import SetPassword, UpsertMember
from mendline_tenants.permissions import PERMISSIONS, ROLES, permissions_of, refusal
from mendline_tenants.policies import function_sql, functions, schema_sql
from mendline_tenants.quotas import QuotaSaved, QuotaSet, SetQuota, standard_quota
from mendline_tenants.sharing import field_groups, share_ticket, unshare_ticket

register_locales(__file__)

__all__ = [
    "BUNDLES",
    "GROUP_ROLES",
    "LOGIN_ROLES",
    "PERMISSIONS",
    "POLICIES",
    "ROLES",
    "SCOPES",
    "Actor",
    "Agreement",
    "ApiKey",
    "ApiKeyCreated",
    "AuditEntry",
    "ChatIdentity",
    "ChatInstallation",
    "CreateApiKey",
    "LinkAttempt",
    "LinkCode",
    "LinkOffer",
    "LoginAttempt",
    "LoginSession",
    "Member",
    "Organisation",
    "OrganisationAudit",
    "OrganisationKind",
    "OrganisationSlug",
    "Partner",
    "Place",
    "Presumed",
    "Quota",
    "QuotaSaved",
    "QuotaSet",
    "SetPassword",
    "SetPolicy",
    "SetQuota",
    "Tokens",
    "UpsertMember",
    "UpsertPartner",
    "UpsertPlace",
    "actor_for_chat",
    "actor_from_token",
    "actor_of_member",
    "agreed",
    "authorise",
    "bootstrap",
    "card_of",
    "choose_organisation",
    "create_roles",
    "entry_of",
    "field_groups",
    "forget_link_codes",
    "function_sql",
    "functions",
    "hash_password",
    "identities",
    "link",
    "link_code",
    "login",
    "logout",
    "move_chat",
    "note_command",
    "offer_link",
    "organisation_of",
    "own_organisation",
    "partner_card",
    "permissions_of",
    "presumed_from_token",
    "refresh",
    "refusal",
    "resume_identity",
    "schema_sql",
    "sessions",
    "set_locale",
    "share_ticket",
    "standard_quota",
    "suspend_identity",
    "system_actor",
    "unlink",
    "unshare_ticket",
]
