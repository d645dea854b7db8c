"""Who is where: workspaces by token, people as Slack users, conversations and who may see them."""

import msgspec

from ..person import People, Person
from .refusals import Refusal, Wire
from .settings import Channel, SlackSettings, Workspace


class Conversation(msgspec.Struct, kw_only=True):
    """A channel, or the direct messages of one person with the bot (`is_im`)."""

    id: str
    team_id: str
    name: str
    is_im: bool
    members: list[str]
    has_bot: bool = True

    def wire(self) -> Wire:
        """Slack's conversation object."""
        kind: Wire = (
            {"is_im": True, "user": self.members[0]}
            if self.is_im
            else {"is_channel": True, "is_im": False, "name": self.name, "is_member": self.has_bot}
        )
        return {"id": self.id, "created": 1, "is_archived": False, "context_team_id": self.team_id, **kind}


class Directory:
    """Looks people, workspaces and conversations up; the people file may change while we run."""

    def __init__(self, settings: SlackSettings, people: People) -> None:
        self._settings = settings
        self._people = people
        self.uninstalled: set[str] = set()

    def people(self) -> list[Person]:
        """Everybody who is on Slack."""
        return [person for person in self._people.all() if person.channel == "slack"]

    def workspaces(self) -> list[Workspace]:
        """The configured workspaces and one for every other team that people name."""
        known = {workspace.team_id: workspace for workspace in self._settings.workspaces}
        for person in self.people():
            if person.team_id and person.team_id not in known:
                known[person.team_id] = Workspace(team_id=person.team_id, name=person.organisation)
        return list(known.values())

    def workspace(self, team_id: str | None) -> Workspace:
        """A workspace by its id. Raises Refusal `team_not_found`."""
        for workspace in self.workspaces():
            if workspace.team_id == team_id:
                return workspace
        raise Refusal("team_not_found")

    def by_token(self, token: str) -> Workspace:
        """Whose bot token this is. Raises Refusal with Slack's word for each kind of wrong token."""
        for workspace in self.workspaces():
            if workspace.bot_token == token:
                if workspace.team_id in self.uninstalled:
                    raise Refusal("account_inactive")
                return workspace
        raise Refusal("not_allowed_token_type" if token == self._settings.app_token else "invalid_auth")

    def person(self, user_id: str) -> Person | None:
        """The person behind a user id."""
        return next((person for person in self.people() if person.user_id == user_id), None)

    def user(self, workspace: Workspace, user_id: str) -> Person:
        """A member of the workspace, or a guest in a shared channel of it. Raises `user_not_found`."""
        person = self.person(user_id)
        if person and (person.team_id == workspace.team_id or self._shares_channel(workspace, user_id)):
            return person
        raise Refusal("user_not_found")

    def _shares_channel(self, workspace: Workspace, user_id: str) -> bool:
        return any(each.team_id == workspace.team_id and user_id in each.members for each in self._settings.channels)

    def by_email(self, workspace: Workspace, email: str) -> Person:
        """A member of the workspace by address. Raises `users_not_found`."""
        for person in self.people():
            if person.team_id == workspace.team_id and email_of(person) == email.lower():
                return person
        raise Refusal("users_not_found")

    def direct(self, person: Person) -> Conversation:
        """A person's direct messages with the bot."""
        return Conversation(
            id=str(person.chat_id),
            team_id=person.team_id or "",
            name=self._settings.bot_name,
            is_im=True,
            members=[str(person.user_id)],
        )

    @staticmethod
    def _channel(channel: Channel) -> Conversation:
        return Conversation(
            id=channel.id,
            team_id=channel.team_id,
            name=channel.name,
            is_im=False,
            members=list(channel.members),
            has_bot=channel.has_bot,
        )

    def conversation(self, team_id: str, name: str, *, users: bool = False) -> Conversation:
        """A conversation of a workspace by its id, or with `users` by a member's id. Raises `channel_not_found`."""
        for person in self.people():
            if person.team_id == team_id and name in {person.chat_id, person.user_id if users else None}:
                return self.direct(person)
        for channel in self._settings.channels:
            if channel.team_id == team_id and name in {channel.id, f"#{channel.name}", channel.name if users else None}:
                return self._channel(channel)
        raise Refusal("channel_not_found")

    def conversations_of(self, person: Person) -> list[Conversation]:
        """What this person sees in the sidebar: the direct messages with the bot first."""
        channels = [self._channel(each) for each in self._settings.channels if person.user_id in each.members]
        return [self.direct(person), *channels]

    def user_wire(self, person: Person, *, locale: bool = False) -> Wire:
        """Slack's user object."""
        name = person.display_name
        user: Wire = {
            "id": person.user_id,
            "team_id": person.team_id,
            "name": person.key,
            "real_name": name,
            "deleted": False,
            "is_bot": False,
            "is_app_user": False,
            "is_admin": False,
            "is_restricted": False,
            "tz": "Asia/Shanghai",
            "tz_offset": 28800,
            "profile": {"real_name": name, "display_name": name, "title": person.role, "email": email_of(person)},
        }
        if locale:
            user["locale"] = "en-US" if person.language == "en" else "zh-CN"
        return user


def email_of(person: Person) -> str:
    """The address a person has in the workspace; under a domain that exists nowhere."""
    return f"{person.key}@slack.test".lower()
