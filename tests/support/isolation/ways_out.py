"""The register of ways out: every way in which anything leaves the house, who receives it, and what tries it.

What has a registry of its own (fields, commands, verbs, tables) is tried by name through that registry. The rest is
here by hand: a new one has to say who receives what.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from mendline.kernel import CONSUMERS, QUEUES
from mendline.kernel.schedule import RECURRING
from mendline.kernel.timers import TIMERS

FROM_REGISTRIES = {
    "queries, connections, nodes": "test_foreign_ids_in_graphql, test_canaries",
    "mutations": "test_foreign_ids_in_graphql",
    "subscriptions": "test_canaries",
    "commands": "test_foreign_ids",
    "verbs, buttons, forms, dialogs, cards": "test_foreign_ids_in_chat",
    "tables": "test_every_table",
    "definer functions": "test_every_table",
}
"""What is generated: nothing has to be added here."""

ROUTES = {
    "/healthz": "anybody: one word",
    "/readyz": "anybody: which parts answer, no organisation's rows",
    "/.well-known/jwks.json": "anybody: public keys of checkpoints",
    "/graphql": "who shows a token: see FROM_REGISTRIES; strangers: what needs no actor",
    "/d/{label:path}": "who holds a sticker: what is printed on it (tests/platform/app/test_device_page)",
    "/chat/{channel}": "a chat's server, which signs: stored, answered with nothing (tests/bots/doors)",
    "/": "development alone: the explorer's page",
    "/explorer/people": "development alone: demo logins",
    "/explorer/schema": "development alone: the schema",
    "/explorer/documents": "development alone: the house's own documents",
}
"""Paths of the web process."""

CONSUMERS_TELL = {
    "dispatch.suggest": "the provider's own book, by its system actor",
    "dispatch.holder_away": "the provider's own book, by its system actor",
    "quality.check": "the user facility's own ticket, by its system actor",
    "quality.archive": "as above",
    "quality.conclude": "as above",
    "chat.cards": "cards of each organisation in visible_to, drawn under its own rights",
    "chat.offer": "the acting provider's technician",
    "chat.call": "the acting provider's technicians who were asked",
    "chat.offers_withdrawn": "the acting provider's technicians who are asked no more",
    "chat.called_off": "the provider's technician who has taken the job: number, state and who has ended it",
    "dispatch.call_off": "the provider's own book of offers, by its system actor",
    "chat.suggestion": "the acting provider's dispatchers: its own book",
    "chat.nobody_left": "as above",
    "chat.holder_away": "as above",
    "chat.signature": "the user facility's signatories",
    "chat.document_expires": "who keeps the registry of the organisation whose document it is: its own device, model",
    "chat.loan_due": "who lends at the organisation whose unit is out: its own unit and the ticket's number",
    "chat.key_made": "the other administrators of the organisation whose key it is: its name, scopes and maker",
    "chat.key_expires": "the administrators of the organisation whose key it is",
    "chat.clock_due": "who answers at the provider and at the user facility, on duty or by role: number and clock",
    "chat.absence": "dispatchers of the organisation whose member is away, and that member",
    "chat.duty_covered": "the member who stands in",
    "chat.handover": "the member who takes over: its own organisation's list",
    "chat.handover_unconfirmed": "the organisation's own members: who takes over, later who is on duty and who went",
    "chat.qualification_expires": "the technician, and dispatchers of its organisation",
    "chat.quotation": "the desk of the provider or the engineers of the user facility: number and what happened",
    "chat.entitlement": "as chat.quotation, the side that did not do it",
    "chat.priority": "the user facility's engineers: the number of its own ticket",
    "chat.duplicate": "who reported it, at the user facility: the card of the ticket that goes on",
    "chat.share_ended": "the cards of the organisation that was shut out: the sentence that it was",
    "chat.slip": "whoever has the ticket's card, under their own rights",
    "dispatch.tell_busy": "the organisation that the person has consented to: spans alone, by an errand",
    "chat.day_plan_proposed": "the provider's own dispatchers",
    "chat.day_plan_published": "the provider's own technicians, each their own stops",
    "chat.day_plan_failed": "the provider's own dispatchers",
    "dayplans.make": "the provider's own book, by its system actor; a routing engine, where the operator has set one",
    "dayplans.tell_arrivals": "the tickets of the provider's visits and its own technicians, by its system actor",
    "dayplans.replan_crew": "as dayplans.replan",
    "dayplans.replan": "the provider's own book, by its system actor",
    "dayplans.watch_day": "a timer of the provider's own",
    "tickets.watch_clocks": "timers of the user facility, by its system actor",
    "tickets.learn_faults": "the organisation's own book, by its system actor; a child process of ours",
    "live": "one pub/sub channel for each organisation in visible_to: ids and a version",
    "live.ended": "the channel of the organisation that was shut out: ids",
    "grants.note": "the own book of each organisation that the grant names",
    "tenants.copy_checkpoint": "object-locked S3, under the organisation's own prefix: hashes",
    "tenants.write_audit_export": "S3, under the organisation's own prefix: its own books",
    "tenants.tell_witnesses": "each participant of the tickets in it: hashes and ids",
}
"""Consumer of events -> whom it tells what."""

TIMERS_TELL = {
    "dayplans.watch": "as dayplans.replan",
    "tickets.end_share": "the user facility's own command",
    "tenants.checkpoint": "the organisation's own checkpoint",
    "tickets.check_clocks": "the user facility's own command",
    "dispatch.expire_offers": "the provider's own command",
    "chat.clock_digest": "as chat.clock_due, in one message",
    "chat.document_digest": "as chat.document_expires, in one message",
    "dispatch.ready_again": "the organisation's own command",
    "dispatch.warn_of_qualification": "an event of the organisation whose technician it is",
    "dispatch.hand_over": "an event of the organisation whose rota it is",
    "dispatch.remind_handover": "an event of the organisation whose rota it is",
    "dispatch.tell_busy_times": "as dispatch.tell_busy",
    "devices.warn_of_document": "an event of the organisation whose document it is",
    "tickets.learn_fault_model": "as tickets.learn_faults",
    "tickets.expire_quotation": "the command of the provider that made the quotation",
    "tickets.tell_loan_due": "an event of the organisation whose unit is out",
    "tenants.warn_of_key": "an event of the organisation whose key it is",
}

RECURRING_TELL = {
    "forget_idempotency_keys": "nobody: it deletes what has expired",
    "forget_link_codes": "as above",
    "forget_chat": "as above",
    "forget_dialogs": "as above",
    "forget_tombstones": "as above",
    "purge_queues": "as above",
    "request_checkpoints": "a timer of each organisation that has written",
    "request_fault_learning": "a timer of each organisation",
}

QUEUES_CARRY = dict.fromkeys(
    ("delivery", "timer", "chat_send", "inbound", "errand"),
    "ids alone: (queue, tenant, row); the row is read under its tenant (test_canaries)",
)

COMMAND_LINE = {
    **dict.fromkeys(
        ("up", "play", "web", "worker", "relay", "bots", "standins", "migrate", "new-migration"),
        "the operator: it starts or makes something",
    ),
    **dict.fromkeys(("settings", "documents", "schema", "queues"), "the operator: the house's own state, no rows"),
    **dict.fromkeys(
        ("db", "demo", "worklists", "dead-letters", "organisations", "keys", "audit"),
        "the operator, of the one organisation named",
    ),
}
"""Commands and groups of `mendline`."""

SENDERS = {
    *("put_blob", "put_file", "put_locked", "presign_upload", "presign_download", "publish", "send_message"),
    *("open_connection", "open_unix_connection", "create_connection", "create_datagram_endpoint"),
    *("create_subprocess_exec", "create_subprocess_shell"),
}
"""Calls by which bytes leave a process with no library imported for it: the house's own, and those of an event loop."""

NETWORK = {
    *("aiohttp", "boto3", "botocore", "dramatiq", "httpx", "pika", "redis", "slack_bolt", "slack_sdk", "telegram"),
    *("uvicorn", "websockets"),
}
"""Packages installed here that reach other machines: a module that imports one is to be told of here."""

SPEAKS_TO_NOBODY = {
    *("argon2", "asyncpg", "babel", "biip", "cryptography", "graphql", "holidays", "joserfc", "msgspec", "numpy"),
    *(
        "PIL",
        "psutil",
        "pydantic",
        "pydantic_settings",
        "pylopdf_fonts_zh_cn",
        "pyvrp",
        "resvg_py",
        "rich",
        "starlette",
    ),
    *("strawberry", "structlog", "tortoise", "typer", "typst", "uuid_utils", "vroom", "zxingcpp"),
}
"""Packages that reach nobody; Postgres apart, of whose rows test_every_table tells."""

STANDARD_NETWORK = {
    *("ftplib", "http.client", "http.server", "imaplib", "multiprocessing", "nntplib", "poplib", "smtplib", "socket"),
    *("socketserver", "ssl", "subprocess", "telnetlib", "urllib.request", "webbrowser", "xmlrpc"),
}
"""Modules of Python itself that reach other machines or programs."""

SENDING_MODULES = {
    "platform/mendline/killable/answer.py": "children of this machine: a day's problem, a document, own fault texts",
    "platform/mendline/kernel/blobs.py": "S3, under the key that its caller names: the callers stand here",
    "platform/mendline/kernel/buckets.py": "no bytes: it names an error of Valkey's",
    "platform/mendline/kernel/cache.py": "Valkey: what its callers keep there, by keys that begin with whose it is",
    "platform/mendline/dayplans/kept_travel.py": "no bytes: it names an error of Valkey's",
    "platform/mendline/workers/broker.py": "the broker: ids of rows that are due",
    "platform/mendline/workers/worker.py": "the broker: what it has taken is done",
    "platform/mendline/workers/heartbeat.py": "Valkey: that a process is alive",
    "platform/mendline/app/http/web.py": "who asks: it serves the ROUTES",
    "platform/mendline/app/http/one_write.py": "who asks: an answer's head and body in one packet",
    "platform/mendline/app/readiness.py": "the house's own parts: whether they answer",
    "platform/mendline/app/supervisor.py": "the house's own web process: whether it answers",
    "platform/mendline/app/child.py": "nobody: it starts the house's own processes",
    "platform/mendline/app/ports.py": "nobody: it looks for a free port of this machine",
    "platform/mendline/app/parts/bucket.py": "the development's S3: makes and names the bucket",
    "platform/mendline/app/parts/ordinary_user.py": "nobody: it starts the development's own parts",
    "platform/mendline/app/parts/postgres.py": "nobody: it starts the development's Postgres",
    "platform/mendline/app/parts/seaweedfs.py": "the development's own S3: whether it answers",
    "platform/mendline/app/parts/valkey.py": "the development's own Valkey: whether it answers",
    "bots/mendline_bots/slack/sending.py": "the chat of a row of chat_send",
    "bots/mendline_bots/telegram/drawing.py": "no bytes: it shapes the buttons of a message",
    "bots/mendline_bots/telegram/parsing.py": "no bytes: it reads what came",
    "platform/mendline/dayplans/engine.py": "the operator's routing engine: coordinates of a day's places, no names",
    "platform/mendline/workers/relay.py": "the broker: ids of rows that are due",
    "schema/mendline_schema/live/hub.py": "Valkey's channels: one for each organisation that may know",
    "schema/mendline_schema/transport/socket.py": "the socket of who shows a token",
    "schema/mendline_schema/declarations/uploads.py": "a signed URL under the ticket's key, once it was let in",
    "schema/mendline_schema/fieldwork.py": "a signed URL of evidence that was read under row-level security",
    "schema/mendline_schema/audit.py": "a signed URL of an export that was read under row-level security",
    "schema/mendline_schema/stickers.py": "a signed URL of stickers of the asker's own devices, under its own prefix",
    "tenants/mendline_tenants/auditing/checkpoint_copies.py": "object-locked S3, under the organisation's own prefix",
    "tenants/mendline_tenants/auditing/export.py": "S3, under the organisation's own prefix",
    "bots/mendline_bots/evidence.py": "S3, under the key of the ticket that the person may add to",
    "bots/mendline_bots/day_plan_pictures.py": "S3, under the organisation's own prefix: pictures of its own plans",
    "bots/mendline_bots/verbs/label.py": "S3, under the organisation's own prefix: stickers of its own devices",
    "bots/mendline_bots/verbs/acceptance.py": "a signed URL of evidence that was read under row-level security",
    "bots/mendline_bots/telegram/channel.py": "the chat of a row of chat_send",
    "bots/mendline_bots/slack/channel.py": "the chat of a row of chat_send; files of the workspace that sent them",
}
"""Modules that import one of these libraries or call one of SENDERS, and who receives what they send.

The stand-ins and `play` are the other side.
"""


def consumers() -> set[str]:
    """The consumers that are registered."""
    return {name for known in CONSUMERS.values() for name in known}


def timers() -> set[str]:
    """The timers of the house; those of tests that run in the same process are none of it."""
    return {name for name, handler in TIMERS.items() if handler.__module__.startswith("mendline")}


def registered() -> dict[str, tuple[set[str], dict[str, str]]]:
    """Kind -> (what there is, what is registered here)."""
    return {
        "consumers": (consumers(), CONSUMERS_TELL),
        "timers": (timers(), TIMERS_TELL),
        "recurring jobs": (set(RECURRING), RECURRING_TELL),
        "queues": (set(QUEUES), QUEUES_CARRY),
    }


def modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    """(path, tree) of every module of the packages; migrations, stand-ins and `play` apart."""
    for folder in ("platform", "tenants", "schema", "bots"):
        for file in sorted((root / folder).rglob("*.py")):
            path = file.relative_to(root)
            if not {"standins", "play", "migrations", "__pycache__"} & set(path.parts):
                yield str(path), ast.parse(file.read_text())


def imported(tree: ast.Module) -> Iterator[str]:
    """The full name of everything that is imported anywhere in a module, also within functions and by a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            yield from (given.value for given in node.args[:1] if isinstance(given, ast.Constant))


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def sending_modules(root: Path) -> Iterator[str]:
    """The modules that import a library of the network or call one of SENDERS."""
    for path, tree in modules(root):
        names = set(imported(tree))
        reached = {name for name in names if name.partition(".")[0] in NETWORK}
        reached |= {name for name in names for known in STANDARD_NETWORK if f"{name}.".startswith(f"{known}.")}
        if reached or {_called(node) for node in ast.walk(tree) if isinstance(node, ast.Call)} & SENDERS:
            yield path


def unknown_packages(root: Path) -> dict[str, str]:
    """Package -> a module that imports it, of those of which nobody has said whether they reach others."""
    own = {"mendline", "mendline_tenants", "mendline_schema", "mendline_bots"}
    known = NETWORK | SPEAKS_TO_NOBODY | own | set(sys.stdlib_module_names)
    return {
        name.partition(".")[0]: path
        for path, tree in modules(root)
        for name in imported(tree)
        if name.partition(".")[0] not in known
    }
