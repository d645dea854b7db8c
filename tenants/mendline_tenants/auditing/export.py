"""Exports: an organisation's audit as a file that a worker writes, with what is needed to prove it whole."""

import hashlib
import tempfile
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, BinaryIO
from uuid import UUID

from msgspec import Meta, Struct
from tortoise import fields

from mendline.kernel import (
    DomainError,
    Envelope,
    Kind,
    Later,
    Record,
    StoreAway,
    command,
    consumer,
    emit,
    event,
    fetchval,
    new_id,
    now,
    opaque,
    put_file,
    rows,
    table,
    told,
    transaction,
    work,
)
from mendline_tenants.actor import Actor
from mendline_tenants.auditing.records import Format, audit_records, lines, opening

AT_A_TIME = 3
"""Exports of one organisation that may wait to be written."""

MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv"}

AuditExportId = Annotated[str, Meta(description="The opaque id of an export.", extra={"id": "ax"}, max_length=80)]


@table(
    Kind.OWN,
    update=("state", "rows", "size", "sha256", "statement", "finished_at"),
    checks={"state": "state IN ('asked', 'done')", "format": "format IN ('jsonl', 'csv')"},
)
class AuditExport(Record):
    """An export of what was recorded from `since` until before `until`.

    rows: written so far. size in bytes, sha256 in hex: of the file, once it is done. statement: the newest checkpoint
    then, which says what the file can be held against.
    """

    state = fields.TextField(default="asked")
    format = fields.TextField()
    since = fields.DatetimeField(null=True)
    until = fields.DatetimeField()
    asked_by = fields.UUIDField()
    asked_by_name = fields.TextField()
    asked_at = fields.DatetimeField(default=now)
    rows = fields.BigIntField(default=0)
    key = fields.TextField()
    size = fields.BigIntField(null=True)
    sha256 = fields.TextField(null=True)
    statement = fields.TextField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "audit_export"


class ExportAudit(Struct, frozen=True, kw_only=True):
    """Asks for the organisation's audit as a file; without times, everything until now."""

    format: Format = "jsonl"
    since: datetime | None = None
    until: datetime | None = None


class AuditExportAsked(Struct, frozen=True):
    """The export that was asked for."""

    export: AuditExportId


@event("tenants.audit_export_asked")
class AuditExportWanted(Struct, frozen=True):
    """An export waits to be written."""

    export: UUID


@command("tenants.export_audit", "tenants.export")
async def export_audit(actor: Actor, input: ExportAudit) -> AuditExportAsked:
    """Has the audit written to a file by a worker, which a signed address then gives out; the book says who asked.

    Raises invalid_input when it would begin after its end, exports_under_way when others wait already.
    """
    moment = work().occurred_at
    until = min(input.until or moment, moment)
    if input.since is not None and input.since >= until:
        raise DomainError("invalid_input", field="since", problem="not_before_until")
    waiting = "SELECT count(*) FROM audit_export WHERE tenant_id = $1 AND state = 'asked'"
    if await fetchval(waiting, actor.organisation) >= AT_A_TIME:
        raise DomainError("exports_under_way", most=AT_A_TIME)
    id = new_id()  # noqa: A001 - the row's own word
    await rows.insert(
        AuditExport(
            tenant_id=actor.organisation,
            id=id,
            format=input.format,
            since=input.since,
            until=until,
            asked_by=actor.id,
            asked_by_name=actor.name,
            asked_at=moment,
            key=f"{actor.organisation}/exports/{id}.{input.format}",
        )
    )
    emit(AuditExportWanted(id))
    told(export=str(id), format=input.format, since=input.since, until=until)
    return AuditExportAsked(opaque("ax", actor.organisation, id))


@consumer("tenants.write_audit_export", AuditExportWanted)
async def write_export(envelope: Envelope) -> None:
    """Writes the file, tells how far it is, and puts it into the store. Done twice, it writes the same file again."""
    tenant = envelope.organisation
    async with transaction(tenant):
        export = await rows.get(AuditExport, tenant, envelope.event.export)
    if export.state == "done":
        return

    async def progress(written: int) -> None:
        async with transaction(tenant):
            await rows.update(export, rows=written)

    with tempfile.TemporaryFile() as file:
        written, digest = await write_audit(tenant, export.format, export.since, export.until, file, progress)
        size = file.tell()
        file.seek(0)
        try:
            await put_file(export.key, file, MEDIA_TYPES[export.format])
        except StoreAway:
            raise Later(60) from None
    async with transaction(tenant):
        statement = await newest_statement(tenant)
        done = {"state": "done", "rows": written, "size": size, "sha256": digest, "statement": statement}
        await rows.update(export, **done, finished_at=now())


async def write_audit(
    tenant: UUID,
    format: str,
    since: datetime | None,
    until: datetime,
    file: BinaryIO,
    progress: Callable[[int], Awaitable[None]],
) -> tuple[int, str]:
    """Writes the audit into a file, however long it is; answers the number of records and the SHA-256 in hex."""
    written, digest = 0, hashlib.sha256()

    def put(part: bytes) -> None:
        digest.update(part)
        file.write(part)

    put(opening(format))
    async for records in audit_records(tenant, since, until):
        put(lines(format, records))
        written += len(records)
        await progress(written)
    return written, digest.hexdigest()


async def newest_statement(tenant: UUID) -> str | None:
    """The statement of the organisation's newest checkpoint, in the current transaction."""
    newest = "SELECT statement FROM audit_checkpoint WHERE tenant_id = $1 ORDER BY number DESC LIMIT 1"
    statement: str | None = await fetchval(newest, tenant)
    return statement
