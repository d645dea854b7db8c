"""The people who can be played: who they are, where they chat, which labels they can photograph."""

from pathlib import Path

import msgspec

from .faults import ChannelName


class Label(msgspec.Struct):
    """A label image that this person can send; `file` is a name in the demo's labels folder."""

    title: str
    file: str
    title_en: str = ""


class Person(msgspec.Struct, kw_only=True):
    """One person of the simulator.

    `user_id` and `chat_id` are ints for Telegram (the private chat's id is the user's) and "U…" and "D…" for Slack,
    where `team_id` names the workspace. `started` is False for a Telegram user who has never written to the bot.
    """

    key: str
    name: str
    name_en: str = ""
    organisation: str = ""
    organisation_en: str = ""
    role: str = ""
    role_en: str = ""
    language: str = "zh"
    channel: ChannelName
    user_id: int | str
    chat_id: int | str | None = None
    team_id: str | None = None
    started: bool = True
    labels: list[Label] = []

    def __post_init__(self) -> None:
        self.chat_id = self.user_id if self.chat_id is None else self.chat_id

    @property
    def display_name(self) -> str:
        """The name in the person's own language."""
        return (self.name_en if self.language == "en" else self.name) or self.name or self.name_en


class People:
    """All people, kept in one JSON file that the demo loader may also write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = 0
        self._people: dict[str, Person] = {}

    def _reread(self) -> None:
        # The loader may write the file while we run; its time stamp is cheaper than a notification.
        stamp = self._path.stat().st_mtime_ns if self._path.exists() else 0
        if stamp != self._stamp:
            self._stamp = stamp
            rows = msgspec.json.decode(self._path.read_bytes(), type=list[Person]) if stamp else []
            self._people = {person.key: person for person in rows}

    def all(self) -> list[Person]:
        """Everybody, in the file's order."""
        self._reread()
        return list(self._people.values())

    def add(self, people: list[Person]) -> None:
        """Add people, or replace those with the same key."""
        self._reread()
        self._people |= {person.key: person for person in people}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(self.all_in_memory()), indent=2))
        draft.replace(self._path)
        self._stamp = self._path.stat().st_mtime_ns

    def all_in_memory(self) -> list[Person]:
        """Everybody, without looking at the file."""
        return list(self._people.values())

    def get(self, key: str) -> Person | None:
        """The person with this key."""
        self._reread()
        return self._people.get(key)

    def by_user(self, channel: ChannelName, user_id: int | str) -> Person | None:
        """The person behind a chat account."""
        return next((p for p in self.all() if p.channel == channel and p.user_id == user_id), None)

    def by_chat(self, channel: ChannelName, chat_id: int | str) -> Person | None:
        """The person whose private chat this is."""
        return next((p for p in self.all() if p.channel == channel and p.chat_id == chat_id), None)
