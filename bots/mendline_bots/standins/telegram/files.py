"""Files that people and the bot sent: kept in a folder, named by their content, with Telegram's ids and limits."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from ..images import image_size, image_type
from ..journal import Journal
from .refusals import bad_request

DOWNLOAD_LIMIT = 20 * 1024 * 1024  # bytes; core.telegram.org/bots/api#getfile
PHOTO_LIMIT = 10 * 1024 * 1024  # bytes; core.telegram.org/bots/api#sending-files
UPLOAD_LIMIT = 50 * 1024 * 1024  # bytes; the same page

# Telegram's photo sizes: a letter and the longest side in pixels (core.telegram.org/api/files#image-thumbnail-types).
_SIZES = (("m", 320), ("x", 800), ("y", 1280))
_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}


class StoredFile(msgspec.Struct):
    """One file; `path` is what getFile answers as file_path, `width` and `height` are 0 for what is no picture."""

    unique_id: str
    path: str
    name: str
    media_type: str
    size: int
    width: int = 0
    height: int = 0


class Files:
    """All files of the Telegram stand-in."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._journal = journal
        self._files = {key: msgspec.convert(row, StoredFile) for key, row in journal.loaded("file")}

    def keep(self, name: str, media_type: str, content: bytes, folder: str) -> StoredFile:
        """Store a file under `photos`, `documents` or `voice`; the same content twice is one file."""
        unique_id = "AQAD" + hashlib.sha256(folder.encode() + content).hexdigest()[:12]
        known = self._files.get(unique_id)
        if known and known.name == name:
            return known
        media_type = image_type(content) or media_type or "application/octet-stream"
        extension = _EXTENSIONS.get(media_type) or Path(name).suffix.lstrip(".") or "bin"
        width, height = image_size(content) or (0, 0)
        path = f"{folder}/file_{len(self._files)}.{extension}"
        stored = StoredFile(unique_id, path, name, media_type, len(content), width, height)
        (self._folder / unique_id).write_bytes(content)
        self._files[unique_id] = stored
        self._journal.put("file", unique_id, stored)
        return stored

    def keep_photo(self, name: str, media_type: str, content: bytes) -> StoredFile:
        """Store a picture. Raises Telegram's refusals for what it does not take as a photo."""
        if len(content) > PHOTO_LIMIT:
            limit = f"the maximum size is {PHOTO_LIMIT} bytes"
            raise bad_request(f"file of size {len(content)} bytes is too big for a photo; {limit}")
        size = image_size(content)
        if size is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        if sum(size) > 10_000 or max(size) > 20 * min(size):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        return self.keep(name, media_type, content, "photos")

    def get(self, file_id: str) -> StoredFile:
        """The file behind a file_id (ours end in "-" and the size's letter)."""
        stored = self._files.get(file_id.rpartition("-")[0])
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return stored

    def downloadable(self, file_id: str) -> dict[str, Any]:
        """The File object of getFile. Raises "file is too big" over 20 MB."""
        stored = self.get(file_id)
        if stored.size > DOWNLOAD_LIMIT:
            raise bad_request("file is too big")
        return _ids(stored, file_id.rpartition("-")[2]) | {"file_size": stored.size, "file_path": stored.path}

    def by_path(self, path: str) -> StoredFile | None:
        """The file with this file_path."""
        return next((file for file in self._files.values() if file.path == path), None)

    def by_unique_id(self, unique_id: str) -> StoredFile | None:
        """The file with this file_unique_id (the simulator's own links name it)."""
        return self._files.get(unique_id)

    def location(self, stored: StoredFile) -> Path:
        """Where the bytes lie."""
        return self._folder / stored.unique_id


def _ids(stored: StoredFile, letter: str) -> dict[str, Any]:
    return {"file_id": f"{stored.unique_id}-{letter}", "file_unique_id": f"{stored.unique_id}{letter}"}


def photo_sizes(stored: StoredFile) -> list[dict[str, Any]]:
    """PhotoSize objects, largest last. All serve the same bytes: there is no image library here to shrink them."""
    longest = max(stored.width, stored.height, 1)
    letters = [(letter, side) for letter, side in _SIZES if side < longest]
    sizes = [(letter, side / longest) for letter, side in letters] + [("w", 1.0)]
    return [
        _ids(stored, letter)
        | {
            "width": max(1, round(stored.width * scale)),
            "height": max(1, round(stored.height * scale)),
            "file_size": max(1, round(stored.size * scale * scale)),
        }
        for letter, scale in sizes
    ]


def document(stored: StoredFile) -> dict[str, Any]:
    """A Document object."""
    return _ids(stored, "d") | {
        "file_name": stored.name,
        "mime_type": stored.media_type,
        "file_size": stored.size,
    }


def voice(stored: StoredFile, seconds: int) -> dict[str, Any]:
    """A Voice object."""
    return _ids(stored, "v") | {"duration": seconds, "mime_type": stored.media_type, "file_size": stored.size}
