"""Canaries: words that stand in every text of one hospital, and everything that leaves the house, to be searched."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from mendline.fieldwork import evidence_key
from mendline.kernel import (
    DomainError,
    new_id,
    now,
    opaque,
    parse_opaque,
    put_blob,
    rows,
    run,
    settings,
    transaction,
)
from mendline.quality import SignatureSlot
from mendline_schema.schema import build_schema
from mendline_tenants import Actor, LoginSession
from mendline_tenants.access.tokens import access_token
from support.cast import PEOPLE, Cast
from support.database import administrator
from support.isolation.documents import answer_to, context_of, document, required, roots
from support.isolation.outcomes import ID, PERSONS

TEXTS = {
    "member": ("name", "name_en", "phone"),
    "device": ("serial", "lot", "software_version"),
    "device_model": ("model_number",),
    "contract": ("title",),
}
OF_A_KIND = 8
"""Ids of each kind behind which everything is looked at."""

WORDS = {"device_model": ("name", "manufacturer"), "place": ("name",), "organisation": ("name",)}
"""The texts of the cast's registry, plain and in two languages."""


async def plant(tenant: UUID, canary: str) -> None:
    """Puts the canary into every text of an organisation's registry."""
    for table, columns in TEXTS.items():
        for column in columns:
            value = f"'{canary}-{column}-' || left(id::text, 8)"
            await administrator().execute(f'UPDATE "{table}" SET "{column}" = {value} WHERE tenant_id = $1', tenant)
    for table, columns in WORDS.items():
        for column in columns:
            words = {"zh": f"{canary}-{table}", "en": f"{canary}-{table}"}
            await administrator().execute(f'UPDATE "{table}" SET "{column}" = $2 WHERE tenant_id = $1', tenant, words)


async def life(cast: Cast, who: dict[str, str], word: str) -> str:
    """One ticket from the report to the archive, every word of it beginning with `word`; answers its id."""
    nurse, technician, dispatcher = who["nurse"], who["technician"], who["dispatcher"]
    given = {"device": cast.device_id(who["device"]), "symptom": f"{word} symptom", "use_state": "down"}
    given |= {"contact_name": f"{word} contact", "contact_phone": f"{word} 1"}
    ticket = (await cast.run(nurse, "tickets.report", given)).ticket
    await cast.run(nurse, "tickets.comment", {"ticket": ticket, "body": f"{word} comment"})
    await _photo(cast, nurse, ticket, word)
    await cast.drain()
    offer = {"ticket": ticket, "technician": cast.member_id(technician)}
    await cast.run(dispatcher, "dispatch.offer_job", offer)
    await cast.run(technician, "dispatch.decline_job", {"ticket": ticket, "reason": f"{word} declined"})
    await cast.run(dispatcher, "dispatch.offer_job", offer)
    await cast.run(technician, "dispatch.accept_job", {"ticket": ticket})
    await cast.run(nurse, "tickets.record_decontamination", {"ticket": ticket, "status": "clean"})
    await cast.run(technician, "fieldwork.set_eta", {"ticket": ticket, "minutes": 30})
    await cast.run(technician, "fieldwork.arrive", {"ticket": ticket})
    await cast.run(technician, "fieldwork.add_note", {"ticket": ticket, "body": f"{word} note"})
    report = {"result": "repaired", "cause": f"{word} cause", "action": f"{word} action", "advice": f"{word} advice"}
    await cast.run(technician, "fieldwork.finish", {"ticket": ticket, **report})
    await cast.drain()
    for signer in (who["manager"], who["engineer"]):
        await cast.run(signer, "quality.sign", {"slot": await _open_slot(ticket)})
    await cast.drain()
    return str(ticket)


async def _photo(cast: Cast, who: str, ticket: str, word: str) -> None:
    body = word.encode()
    sha256 = hashlib.sha256(body).hexdigest()
    await put_blob(evidence_key(*parse_opaque("tk", ticket), sha256), body, "image/png", sha256)
    facts = {"ticket": ticket, "filename": f"{word} photo.png", "media_type": "image/png", "size": len(body)}
    await cast.run(who, "fieldwork.attach_evidence", {**facts, "sha256": sha256, "caption": f"{word} caption"})


async def _open_slot(ticket: str) -> str:

    tenant, id_ = parse_opaque("tk", ticket)
    async with transaction(tenant):
        slots = await rows.select(SignatureSlot, "tenant_id = $1 AND ticket_id = $2 AND state = 'open'", tenant, id_)
    return opaque("sl", tenant, slots[0].id)


def reader(cast: Cast, organisation: str) -> Actor:
    """A member of an organisation of the cast who may do whatever a person may."""
    person = next(name for name, (of, *_) in PEOPLE.items() if of == organisation)
    return Actor(cast[organisation], cast.members[person], "member", person, PERSONS, "graphql", roles=("admin",))


async def everything(actor: Actor) -> list[str]:
    """The answer to every query that the schema knows, then all that lies behind each id that was answered."""
    lists = [name for name in roots("query") if name not in ("node", "nodes")]
    answers = [await _whole(actor, name, required("query", name)) for name in lists]
    bound = build_schema().execution_context_class.statements.bindings.kinds  # type: ignore[attr-defined]
    known = {kind: ids[:OF_A_KIND] for kind, ids in _by_kind(answers).items() if kind in bound}
    behind = [(one, bound[kind].name) for kind, ids in known.items() for one in ids]
    return answers + [await _whole(actor, "node", {"id": one}, of) for one, of in behind]


async def _whole(actor: Actor, name: str, given: dict[str, Any], of: str | None = None) -> str:
    """A root field with all that it has, as deep as the house answers it.

    Raises AssertionError for a document that is refused even so: then nothing would be shown.
    """
    for depth in (4, 3, 2, 1):
        answer = await answer_to(actor, document("query", name, given, depth, of), given)
        codes = {error.get("extensions", {}).get("code") for error in msgspec.json.decode(answer)["errors"]}
        if not codes & {"too_many_nodes", "document_too_large"}:
            assert not codes - {None, "invalid_input", "forbidden"}, f"{name}: {answer[:300]}"
            return answer
    raise AssertionError(f"{name}: {answer[:300]}")


def _by_kind(answers: list[str]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for text in answers:
        for match in re.finditer(ID, text):
            if match[0][2:3] == "_":
                found.setdefault(match[0][:2], {})[match[0]] = None
    return {kind: list(ids) for kind, ids in found.items()}


@asynccontextmanager
async def following(cast: Cast, organisation: str) -> AsyncIterator[list[str]]:
    """Every message of every subscription of the schema, as one member of an organisation receives them."""
    heard: list[str] = []
    person = next(name for name, (of, *_) in PEOPLE.items() if of == organisation)
    token = await _token(cast, person)

    async def follow(name: str) -> None:
        context = context_of(reader(cast, organisation))
        context.token = token
        given = required("subscription", name)
        text = document("subscription", name, given, depth=3)
        messages: Any = await build_schema().subscribe(text, variable_values=given, context_value=context)
        async for message in messages:
            heard.append(msgspec.json.encode({"data": message.data}, enc_hook=str).decode())  # noqa: PERF401 - it never ends

    tasks = [asyncio.create_task(follow(name)) for name in roots("subscription")]
    await asyncio.sleep(0.3)
    try:
        yield heard
    finally:
        await asyncio.sleep(0.3)
        for task in tasks:
            assert not task.done() or task.cancelled() or task.exception() is None, task.exception()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _token(cast: Cast, person: str) -> str:
    tenant, session = cast[PEOPLE[person][0]], new_id()
    row = LoginSession(tenant_id=tenant, id=session, member_id=cast.members[person], refresh_hash=b"none")
    row.expires_at = now() + timedelta(hours=1)
    async with transaction(tenant):
        await rows.insert(row)
    return access_token(tenant, cast.members[person], session)


@asynccontextmanager
async def listening_to_valkey() -> AsyncIterator[list[str]]:
    """Every command that Valkey is given, broker and pub/sub and rates alike."""
    heard: list[str] = []
    client = Redis.from_url(str(settings().cache_url))
    async with client.monitor() as monitor:

        async def listen() -> None:
            async for command in monitor.listen():
                heard.append(str(command))  # noqa: PERF401 - it never ends

        task = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            await asyncio.sleep(0.1)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    await client.aclose()


async def refusals(cast: Cast, name: str, ticket: str) -> list[str]:
    """What is said to an organisation's people when they try things with another's ticket."""
    told = []
    for command, more in (
        ("tickets.comment", {"body": "x"}),
        ("tickets.remind", {}),
        ("fieldwork.arrive", {}),
        ("quality.archive", {}),
        ("dispatch.suggest", {}),
    ):
        try:
            told.append(str(await run(reader(cast, name), command, {"ticket": ticket, **more})))
        except DomainError as refusal:
            told.append(f"{refusal}")
    text = "query($id: ID!) { ticket(id: $id) { number } node(id: $id) { id } }"
    told.append(await answer_to(reader(cast, name), text, {"id": ticket}))
    return told


def leaks(canary: str, tenant: UUID, received: dict[str, Iterable[str]]) -> list[str]:
    """Where the canary is found, or an id of the organisation's rows that is not its own name; each place once."""
    found: dict[str, None] = {}
    for what, texts in received.items():
        for text in texts:
            for match in re.finditer(f'{re.escape(canary)}[^"\\\\]{{0,30}}', text):
                found[f"{what}: {match[0]}"] = None
            found |= dict.fromkeys(f"{what}: the id {one}" for one in _ids(text, tenant))
    return list(found)


def _ids(text: str, tenant: UUID) -> Iterator[str]:
    for match in re.finditer(ID, text):
        prefix = match[0][:2]
        if match[0][2:3] == "_" and prefix != "or":
            with suppress(DomainError):
                if parse_opaque(prefix, match[0]).tenant == tenant:
                    yield match[0]
