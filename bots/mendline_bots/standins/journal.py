"""A keyed JSON-lines journal: what keeps the chats of a stand-in over a restart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec


class Journal:
    """Append-only file of `[kind, key, value]`; the last value of a (kind, key) counts, null removes it.

    Everything lies in the page cache until the system writes it: a demo journal need not survive a power cut.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._rows: dict[tuple[str, str], Any] = {}
        if path.exists():
            for line in path.read_bytes().splitlines():
                try:
                    kind, key, value = msgspec.json.decode(line)
                except (msgspec.DecodeError, ValueError):
                    continue  # the last line of a process that was killed while it wrote
                if value is None:
                    self._rows.pop((kind, key), None)
                else:
                    self._rows[kind, key] = value
        self._compact()
        self._file = path.open("ab", buffering=0)

    def _compact(self) -> None:
        draft = self._path.with_suffix(".new")
        with draft.open("wb") as file:
            for (kind, key), value in self._rows.items():
                file.write(msgspec.json.encode([kind, key, value]) + b"\n")
        draft.replace(self._path)

    def loaded(self, kind: str) -> Iterator[tuple[str, Any]]:
        """What was kept of this kind when the journal was opened, oldest first; each row is given out once."""
        for row_kind, key in [row for row in self._rows if row[0] == kind]:
            yield key, self._rows.pop((row_kind, key))

    def put(self, kind: str, key: str | int, value: Any) -> None:
        """Keep `value` (a struct or plain JSON) under this key; None removes it."""
        self._file.write(msgspec.json.encode([kind, str(key), value]) + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
