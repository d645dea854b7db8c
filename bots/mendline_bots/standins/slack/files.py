"""Files: announced, uploaded, shared; their bytes lie in the data folder."""

import mimetypes
import secrets
import time
from pathlib import Path

import msgspec

from ..journal import Journal
from .refusals import Refusal, Wire


class StoredFile(msgspec.Struct, kw_only=True):
    """One file: `owner` is a user id; `length` the announced size in bytes; shared only once `complete`."""

    id: str
    team_id: str
    owner: str
    name: str
    length: int
    media_type: str
    title: str = ""
    created: int = 0
    complete: bool = False


class Files:
    """Keeps files in `<data>/slack-files/<id>`."""

    def __init__(self, journal: Journal, folder: Path, url: str) -> None:
        self._journal = journal
        self._folder = folder
        self._url = url
        self._files = {name: msgspec.convert(row, StoredFile) for name, row in journal.loaded("slack_file")}

    def announce(self, team_id: str, owner: str, name: str, length: int, media_type: str = "") -> StoredFile:
        """A file that is to come."""
        file = StoredFile(
            id=f"F{secrets.token_hex(5).upper()}",
            team_id=team_id,
            owner=owner,
            name=name,
            length=length,
            media_type=media_type or mimetypes.guess_type(name)[0] or "application/octet-stream",
            created=int(time.time()),
        )
        self.keep(file)
        return file

    def keep(self, file: StoredFile) -> None:
        """Remember a file as it is now."""
        self._files[file.id] = file
        self._journal.put("slack_file", file.id, file)

    def write(self, file: StoredFile, content: bytes) -> None:
        """Store the bytes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / file.id).write_bytes(content)

    def read(self, file: StoredFile) -> bytes | None:
        """The bytes, or None while they have not come."""
        path = self._folder / file.id
        return path.read_bytes() if path.exists() else None

    def find(self, file_id: str) -> StoredFile | None:
        """A file by its id."""
        return self._files.get(file_id)

    def get(self, file_id: str, team_id: str) -> StoredFile:
        """A file of a workspace. Raises Refusal `file_not_found`."""
        file = self._files.get(file_id)
        if file is None or file.team_id != team_id:
            raise Refusal("file_not_found")
        return file

    def wire(self, file: StoredFile) -> Wire:
        """Slack's file object."""
        private = f"{self._url}/slack/files-pri/{file.team_id}-{file.id}"
        return {
            "id": file.id,
            "created": file.created,
            "timestamp": file.created,
            "name": file.name,
            "title": file.title or file.name,
            "mimetype": file.media_type,
            "filetype": file.name.rpartition(".")[2].lower() if "." in file.name else "binary",
            "user": file.owner,
            "user_team": file.team_id,
            "size": file.length,
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
            "file_access": "visible",
            "url_private": f"{private}/{file.name}",
            "url_private_download": f"{private}/download/{file.name}",
            "permalink": f"{self._url}/slack/files/{file.id}",
        }
