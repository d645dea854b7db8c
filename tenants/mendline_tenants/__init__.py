"""Tenants: organisations, members, roles, the actor, isolation as data, login, keys, chat identities, audit."""

from mendline_tenants.actor import Actor, authorise, system_actor
from mendline_tenants.agreements import Agreement, agreed
from mendline_tenants.audit import AuditEntry, OrganisationAudit, audit
from mendline_tenants.chat_identities import ChatIdentity, ChatInstallation, LinkCode
from mendline_tenants.database_roles import GROUP_ROLES, LOGIN_ROLES, create_roles
from mendline_tenants.members import ApiKey, LoginSession, Member
from mendline_tenants.organisations import (
    Organisation,
    OrganisationKind,
    OrganisationSlug,
    Partner,
    Place,
    own_organisation,
    partner_card,
)
from mendline_tenants.permissions import PERMISSIONS, ROLES, permissions_of, refusal
from mendline_tenants.policies import function_sql, schema_sql
from mendline_tenants.sharing import field_groups, share_ticket, unshare_ticket

__all__ = [
    "GROUP_ROLES",
    "LOGIN_ROLES",
    "PERMISSIONS",
    "ROLES",
    "Actor",
    "Agreement",
    "ApiKey",
    "AuditEntry",
    "ChatIdentity",
    "ChatInstallation",
    "LinkCode",
    "LoginSession",
    "Member",
    "Organisation",
    "OrganisationAudit",
    "OrganisationKind",
    "OrganisationSlug",
    "Partner",
    "Place",
    "agreed",
    "audit",
    "authorise",
    "create_roles",
    "field_groups",
    "function_sql",
    "own_organisation",
    "partner_card",
    "permissions_of",
    "refusal",
    "schema_sql",
    "share_ticket",
    "system_actor",
    "unshare_ticket",
]
