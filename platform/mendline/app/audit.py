"""`mendline audit`: verifies and exports what organisations have written, makes checkpoints, shows the public keys."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mendline.app.start import start
from mendline.app.worklists import organisations
from mendline.kernel import close_pools, now, transaction
from mendline_tenants import (
    Checked,
    Format,
    Witness,
    make_checkpoints,
    newest_statement,
    note,
    public_keys,
    write_audit,
)
from mendline_tenants import verify as verify_audit

_SHOWN = 50
"""Findings that are shown of one organisation; the rest are counted."""

_Known = list[tuple[str, UUID]]

_console = Console()
_errors = Console(stderr=True)


def verify(code: str | None, checkpoints_from: str | None, copies: bool) -> int:
    """Verifies one organisation, or all; 0 when everything is as it was written, 1 when something is not."""

    async def work(chosen: _Known) -> int:
        names = {tenant: name for name, tenant in await organisations(None)}
        witness = _witness(checkpoints_from, {name: tenant for tenant, name in names.items()})
        wrong = 0
        for name, tenant in chosen:
            with _progress(name) as told:
                checked = await verify_audit(
                    tenant, Checked(told), lambda other: names.get(other, str(other)), witness=witness, copies=copies
                )
            _tell(name, checked)
            wrong += bool(checked.findings)
        if len(chosen) > 1:
            _console.print(f"{len(chosen) - wrong} of {len(chosen)} organisations are as they were written.")
        return int(wrong > 0)

    return _for(code, work)


def checkpoint(code: str | None) -> int:
    """Makes the checkpoints of whatever none covers yet, however long ago it was written."""

    async def work(chosen: _Known) -> int:
        for name, tenant in chosen:
            _console.print(f"{name}: {await make_checkpoints(tenant, from_the_beginning=True)} new checkpoints")
        await asyncio.sleep(0.05)  # the wake-up is on its way
        return 0

    return _for(code, work)


def export(code: str, file: str, format: Format, since: datetime | None, until: datetime | None) -> int:
    """Writes the audit and its manifest; the organisation's book says so."""
    moment = now()
    begin = since.replace(tzinfo=since.tzinfo or UTC) if since else None
    end = min(until.replace(tzinfo=until.tzinfo or UTC), moment) if until else moment

    async def work(chosen: _Known) -> int:
        ((name, tenant),) = chosen
        with _progress(name) as told:

            async def progress(written: int) -> None:
                told("records", written)

            with Path(file).open("wb") as opened:  # noqa: ASYNC230 - nothing else runs in this process
                written, digest = await write_audit(tenant, format, begin, end, opened, progress)
        facts = {"format": format, "since": begin, "until": end, "records": written, "sha256": digest}
        async with transaction(tenant):
            await note(tenant, tenant, "operator", "system", "tenants.export_audit", **facts)
            statement = await newest_statement(tenant)
        manifest = {"organisation": name, **facts, "statement": statement}
        described = msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"
        Path(f"{file}.manifest.json").write_bytes(described)  # noqa: ASYNC240 - as above
        _console.print(f"{name}: {written:,} records in {file}", markup=False, highlight=False, soft_wrap=True)
        return 0

    return _for(code, work)


def keys() -> int:
    """Prints the public keys that checkpoints are checked with, as a JSON Web Key Set."""
    print(json.dumps(public_keys(), indent=2))  # noqa: T201 - alone on standard output, so that a file can take it
    return 0


def _witness(given: str | None, known: dict[str, UUID]) -> Witness | None:
    """A participant by its code, or a file. Raises ValueError when it is neither."""
    if given is None:
        return None
    if given in known:
        return Witness(known[given])
    if not Path(given).is_file():
        raise ValueError(f"{given} is neither the code of an organisation nor a file")
    return Witness(statements=_statements(Path(given)), name=Path(given).name)


def _statements(file: Path) -> list[str]:
    """The statements in a file: one a line, bare or as `{"statement": "..."}`, the way GraphQL answers it."""
    found = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        try:
            read = json.loads(line) if line.lstrip().startswith("{") else {"statement": line.strip()}
        except json.JSONDecodeError:
            raise ValueError(f"{file}, line {number} is neither a statement nor JSON") from None
        if not isinstance(read.get("statement"), str):
            raise ValueError(f"{file}, line {number} holds no statement")
        if read["statement"]:
            found.append(read["statement"])
    return found


class _progress:  # noqa: N801 - used as a word: `with _progress(name) as told`
    """A line that tells what is being looked at, on a terminal alone."""

    def __init__(self, name: str) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=_errors, transient=True, disable=not _errors.is_terminal)
        self._name = name

    def __enter__(self) -> Callable[[str, int], None]:
        self._progress.start()
        task = self._progress.add_task(self._name)
        return lambda part, done: self._progress.update(task, description=f"{self._name}: {done:,} {part}")

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def _tell(name: str, checked: Checked) -> None:
    counts = (
        f"{checked.entries:,} entries of {checked.tickets:,} tickets, {checked.book:,} rows of the book, "
        f"{checked.checkpoints:,} checkpoints, {checked.copies:,} copies under lock, "
        f"{checked.witnessed:,} checkpoints and {checked.proofs:,} proofs held by others"
    )
    _console.print(f"{name}: {counts}", highlight=False, soft_wrap=True)
    if checked.waiting:
        _console.print(f"  {checked.waiting:,} of the last hour wait for their checkpoint or its copy", highlight=False)
    for part in checked.uncompared:
        _console.print(f"  {part} were not compared", highlight=False)
    for finding in checked.findings[:_SHOWN]:
        _console.print(f"  WRONG  {finding.words('en')}", markup=False, highlight=False, soft_wrap=True)
    if len(checked.findings) > _SHOWN:
        _console.print(f"  and {len(checked.findings) - _SHOWN:,} more", highlight=False)
    if not checked.findings:
        _console.print("  all as it was written", highlight=False)


def _for(code: str | None, work: Callable[[_Known], Awaitable[int]]) -> int:
    async def begin() -> int:
        await start("audit", "app", "gateway", "auditor", pool_size=2)
        try:
            chosen = await organisations(code)
            if not chosen and code:
                _errors.print(f"There is no organisation {code}; `mendline organisations list` shows the codes.")
                return 2
            return await work(chosen)
        except ValueError as refused:
            _errors.print(str(refused), markup=False, soft_wrap=True)
            return 2
        finally:
            await close_pools()

    return asyncio.run(begin())
