"""Tenants: organisations, members, roles, the actor, isolation as data, login, keys, chat identities, audit."""

from mendline.kernel import register_locales
from mendline_tenants.access.api_keys import BUNDLES, SCOPES, ApiKeyCreated, CreateApiKey, KeyMade
from mendline_tenants.access.authentication import (
    Presumed,
    actor_from_token,
    actor_of_member,
    organisation_of,
    presumed_from_token,
)
from mendline_tenants.access.chat_identities import ChatIdentity, ChatInstallation, LinkAttempt, LinkCode
from mendline_tenants.access.key_expiry import KeyExpiresSoon
from mendline_tenants.access.lapse import Credential, credential_of, lapsed
from mendline_tenants.access.linking import (
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
from mendline_tenants.access.login import LoginAttempt, Tokens, login, logout, refresh, sessions, tenant_of
from mendline_tenants.access.origins import Origin, origin_of
from mendline_tenants.access.passwords import hash_password
from mendline_tenants.access.tokens import derived_key
from mendline_tenants.actor import Actor, Quota, authorise, system_actor
from mendline_tenants.auditing.book import AuditEntry, OrganisationAudit, entry_of, note, note_command
from mendline_tenants.auditing.checkpoint_copies import CheckpointCopy, copy_key
from mendline_tenants.auditing.checkpoint_rounds import request_checkpoints
from mendline_tenants.auditing.checkpoints import AuditCheckpoint, AuditLeaf, make_checkpoints
from mendline_tenants.auditing.export import AuditExport, ExportAudit, newest_statement, write_audit
from mendline_tenants.auditing.read_log import LONGEST_NAME, SENSITIVE, ReadLog, note_read
from mendline_tenants.auditing.records import Format
from mendline_tenants.auditing.statements import public_keys
from mendline_tenants.auditing.witnesses import WitnessedCheckpoint, WitnessedTicket
from mendline_tenants.calendars import ServiceCalendar, UpsertCalendar, Window, hours_of, own_calendar, require_zone
from mendline_tenants.database_roles import GROUP_ROLES, LOGIN_ROLES, create_roles
from mendline_tenants.day_plan_policy import DayPlanPolicy, LunchBreak, day_plan_policy
from mendline_tenants.founding import bootstrap
from mendline_tenants.housekeeping import forget_link_codes
from mendline_tenants.keeping import POLICIES, SetPolicy, UpsertPartner, UpsertPlace
from mendline_tenants.members import ApiKey, LoginSession, Member
from mendline_tenants.organisations import (
    Organisation,
    OrganisationKind,
    OrganisationSlug,
    Partner,
    Place,
    card_of,
    day_at,
    own_organisation,
    partner_card,
)
from mendline_tenants.partnership.agreements import PROVIDER_GROUPS, Agreement, agreed, serves
from mendline_tenants.partnership.claiming import ClaimCodeMade, ClaimedSession, claim
from mendline_tenants.partnership.errands import ASKABLE, Asked, Errand, ask, ask_and_wait, askable, outcome
from mendline_tenants.partnership.masking import MASKS, Mask, Masked, masked_name, masked_phone, masked_serial
from mendline_tenants.partnership.received_agreements import ReceivedAgreement
from mendline_tenants.partnership.sharing import field_groups, share_ticket, unshare_ticket
from mendline_tenants.partnership.stewardship import Steward, Stewarded, Stewardship, acting_for, require_stewardship
from mendline_tenants.partnership.tombstones import BURY, POSITION, TOMBSTONE_LIFETIME, Tombstone
from mendline_tenants.people import MemberSuspended, SetPassword, UpsertMember
from mendline_tenants.permissions import PERMISSIONS, ROLES, STEWARDS, permissions_of, refusal
from mendline_tenants.policies import function_sql, functions, schema_sql
from mendline_tenants.quotas import QuotaSaved, QuotaSet, SetQuota, standard_quota
from mendline_tenants.verification import Checked, Finding, Witness, verify
from mendline_tenants.working_time import (
    Hours,
    Span,
    WorkingCalendar,
    after_working,
    countries,
    day_kind,
    ever_open,
    is_provisional,
    local_moment,
    opens,
    spans_of_day,
    working_seconds,
    working_spans,
)

register_locales(__file__)

__all__ = [
    "ASKABLE",
    "BUNDLES",
    "BURY",
    "GROUP_ROLES",
    "LOGIN_ROLES",
    "LONGEST_NAME",
    "MASKS",
    "PERMISSIONS",
    "POLICIES",
    "POSITION",
    "PROVIDER_GROUPS",
    "ROLES",
    "SCOPES",
    "SENSITIVE",
    "STEWARDS",
    "TOMBSTONE_LIFETIME",
    "Actor",
    "Agreement",
    "ApiKey",
    "ApiKeyCreated",
    "Asked",
    "AuditCheckpoint",
    "AuditEntry",
    "AuditExport",
    "AuditLeaf",
    "ChatIdentity",
    "ChatInstallation",
    "Checked",
    "CheckpointCopy",
    "ClaimCodeMade",
    "ClaimedSession",
    "CreateApiKey",
    "Credential",
    "DayPlanPolicy",
    "Errand",
    "ExportAudit",
    "Finding",
    "Format",
    "Hours",
    "KeyExpiresSoon",
    "KeyMade",
    "LinkAttempt",
    "LinkCode",
    "LinkOffer",
    "LoginAttempt",
    "LoginSession",
    "LunchBreak",
    "Mask",
    "Masked",
    "Member",
    "MemberSuspended",
    "Organisation",
    "OrganisationAudit",
    "OrganisationKind",
    "OrganisationSlug",
    "Origin",
    "Partner",
    "Place",
    "Presumed",
    "Quota",
    "QuotaSaved",
    "QuotaSet",
    "ReadLog",
    "ReceivedAgreement",
    "ServiceCalendar",
    "SetPassword",
    "SetPolicy",
    "SetQuota",
    "Span",
    "Steward",
    "Stewarded",
    "Stewardship",
    "Tokens",
    "Tombstone",
    "UpsertCalendar",
    "UpsertMember",
    "UpsertPartner",
    "UpsertPlace",
    "Window",
    "Witness",
    "WitnessedCheckpoint",
    "WitnessedTicket",
    "WorkingCalendar",
    "acting_for",
    "actor_for_chat",
    "actor_from_token",
    "actor_of_member",
    "after_working",
    "agreed",
    "ask",
    "ask_and_wait",
    "askable",
    "authorise",
    "bootstrap",
    "card_of",
    "choose_organisation",
    "claim",
    "copy_key",
    "countries",
    "create_roles",
    "credential_of",
    "day_at",
    "day_kind",
    "day_plan_policy",
    "derived_key",
    "entry_of",
    "ever_open",
    "field_groups",
    "forget_link_codes",
    "function_sql",
    "functions",
    "hash_password",
    "hours_of",
    "identities",
    "is_provisional",
    "lapsed",
    "link",
    "link_code",
    "local_moment",
    "login",
    "logout",
    "make_checkpoints",
    "masked_name",
    "masked_phone",
    "masked_serial",
    "move_chat",
    "newest_statement",
    "note",
    "note_command",
    "note_read",
    "offer_link",
    "opens",
    "organisation_of",
    "origin_of",
    "outcome",
    "own_calendar",
    "own_organisation",
    "partner_card",
    "permissions_of",
    "presumed_from_token",
    "public_keys",
    "refresh",
    "refusal",
    "request_checkpoints",
    "require_stewardship",
    "require_zone",
    "resume_identity",
    "schema_sql",
    "serves",
    "sessions",
    "set_locale",
    "share_ticket",
    "spans_of_day",
    "standard_quota",
    "suspend_identity",
    "system_actor",
    "tenant_of",
    "unlink",
    "unshare_ticket",
    "verify",
    "working_seconds",
    "working_spans",
    "write_audit",
]
