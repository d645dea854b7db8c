"""The kernel: what every domain stands on. It imports nothing of ours."""

from mendline.kernel.blobs import Blob, Upload, get_blob, presign_download, presign_upload, put_blob, stat_blob
from mendline.kernel.buckets import BUCKET_WORDS, Rate, Spent, can_spend, spend, whole_seconds
from mendline.kernel.cache import valkey
from mendline.kernel.clock import frozen, iso, now
from mendline.kernel.commands import (
    COMMANDS,
    Command,
    IdempotencyKey,
    Read,
    Runner,
    command,
    install_runner,
    parse_input,
    run,
)
from mendline.kernel.database import (
    Session,
    close_pools,
    execute,
    fetch,
    fetchrow,
    fetchval,
    gateway,
    in_transaction,
    open_pools,
    pool,
    session,
    transaction,
)
from mendline.kernel.dead_letters import DeadLetter, replay
from mendline.kernel.errors import DomainError, not_found
from mendline.kernel.events import CONSUMERS, EVENTS, Envelope, consumer, event
from mendline.kernel.housekeeping import WORK_LIFETIME
from mendline.kernel.ids import (
    NIL,
    ContractId,
    DeviceId,
    EvidenceId,
    MemberId,
    ModelId,
    OrganisationId,
    PlaceId,
    Reference,
    SlotId,
    TicketId,
    new_id,
    opaque,
    parse_opaque,
)
from mendline.kernel.kept import LRU
from mendline.kernel.locked_blobs import LockedBlob, StoreAway, get_locked, list_locked, put_locked
from mendline.kernel.log import bind, configure_logging, correlation_id, log, new_correlation
from mendline.kernel.outbox import Delivery, Outbox, announce
from mendline.kernel.problems import problem_facts
from mendline.kernel.queues import QUEUES, ROUTING, Later, Queued, handles, perform
from mendline.kernel.runfile import RunFile, RunningProcess
from mendline.kernel.schedule import RECURRING, recurring, run_recurring
from mendline.kernel.settings import SettingMissing, Settings, settings
from mendline.kernel.storable import require_storable
from mendline.kernel.tables import FUNCTIONS, TABLES, Function, Kind, Record, Table, definer, table
from mendline.kernel.text import LOCALES, catalogue, known_locale, pick, register_locales, say
from mendline.kernel.timers import Timer, cancel_timer, set_timer, timer
from mendline.kernel.wake import CHANNEL, wake
from mendline.kernel.work import Principal, Work, emit, expect, told, touch, work

from mendline.kernel import rows  # isort: skip - a module used as a word: rows.get(...)

register_locales(__file__)

__all__ = [
    "BUCKET_WORDS",
    "CHANNEL",
    "COMMANDS",
    "CONSUMERS",
    "EVENTS",
    "FUNCTIONS",
    "LOCALES",
    "LRU",
    "NIL",
    "QUEUES",
    "RECURRING",
    "ROUTING",
    "TABLES",
    "WORK_LIFETIME",
    "Blob",
    "Command",
    "ContractId",
    "DeadLetter",
    "Delivery",
    "DeviceId",
    "DomainError",
    "Envelope",
    "EvidenceId",
    "Function",
    "IdempotencyKey",
    "Kind",
    "Later",
    "LockedBlob",
    "MemberId",
    "ModelId",
    "OrganisationId",
    "Outbox",
    "PlaceId",
    "Principal",
    "Queued",
    "Rate",
    "Read",
    "Record",
    "Reference",
    "RunFile",
    "Runner",
    "RunningProcess",
    "Session",
    "SettingMissing",
    "Settings",
    "SlotId",
    "Spent",
    "StoreAway",
    "Table",
    "TicketId",
    "Timer",
    "Upload",
    "Work",
    "announce",
    "bind",
    "can_spend",
    "cancel_timer",
    "catalogue",
    "close_pools",
    "command",
    "configure_logging",
    "consumer",
    "correlation_id",
    "definer",
    "emit",
    "event",
    "execute",
    "expect",
    "fetch",
    "fetchrow",
    "fetchval",
    "frozen",
    "gateway",
    "get_blob",
    "get_locked",
    "handles",
    "in_transaction",
    "install_runner",
    "iso",
    "known_locale",
    "list_locked",
    "log",
    "new_correlation",
    "new_id",
    "not_found",
    "now",
    "opaque",
    "open_pools",
    "parse_input",
    "parse_opaque",
    "perform",
    "pick",
    "pool",
    "presign_download",
    "presign_upload",
    "problem_facts",
    "put_blob",
    "put_locked",
    "recurring",
    "register_locales",
    "replay",
    "require_storable",
    "rows",
    "run",
    "run_recurring",
    "say",
    "session",
    "set_timer",
    "settings",
    "spend",
    "stat_blob",
    "table",
    "timer",
    "told",
    "touch",
    "transaction",
    "valkey",
    "wake",
    "whole_seconds",
    "work",
]
