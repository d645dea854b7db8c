"""Modals, stacked up to three deep per person, and the Home tab of each person."""

import secrets
from typing import Any

import msgspec

from ..journal import Journal
from .block_kit import faults_of_view
from .messages import named
from .refusals import Refusal, Wire, wrong
from .settings import Workspace

STACK = 3
VIEW_BYTES = 250_000


class View(msgspec.Struct, kw_only=True):
    """One view: `wire` is Slack's view object, `user_id` the person who sees it."""

    user_id: str
    team_id: str
    wire: Wire

    @property
    def id(self) -> str:
        """Slack's view id, `V…`."""
        return str(self.wire["id"])


class Views:
    """Opens, changes and closes views and keeps them in the journal."""

    def __init__(self, journal: Journal, app_id: str) -> None:
        self._journal = journal
        self._app_id = app_id
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}
        for user_id, rows in journal.loaded("slack_modals"):
            self._stacks[user_id] = msgspec.convert(rows, list[View])
        for user_id, row in journal.loaded("slack_home"):
            self._homes[user_id] = msgspec.convert(row, View)

    def top(self, user_id: str) -> View | None:
        """The modal on top of a person's stack."""
        stack = self._stacks.get(user_id)
        return stack[-1] if stack else None

    def home(self, user_id: str) -> View | None:
        """A person's Home tab."""
        return self._homes.get(user_id)

    def find(self, view_id: str) -> View | None:
        """A view that is open somewhere, or a Home tab."""
        stacked = (view for stack in self._stacks.values() for view in stack)
        return next((view for view in (*stacked, *self._homes.values()) if view.id == view_id), None)

    def _by_external(self, team_id: str, external_id: str) -> View | None:
        if not external_id:
            return None
        stacked = (view for stack in self._stacks.values() for view in stack)
        found = (view for view in (*stacked, *self._homes.values()) if view.team_id == team_id)
        return next((view for view in found if view.wire["external_id"] == external_id), None)

    def checked(self, wire: Any, kind: str, team_id: str, own: View | None = None) -> Wire:
        """A view as given. Raises Refusal `invalid_arguments`, `view_too_large`, `duplicate_external_id`."""
        if not isinstance(wire, dict):
            raise wrong("missing required field: view")
        if faults := faults_of_view(wire, kind):
            raise Refusal("invalid_arguments", faults)
        if len(msgspec.json.encode(wire)) > VIEW_BYTES:
            raise Refusal("view_too_large")
        twin = self._by_external(team_id, wire.get("external_id") or "")
        if twin is not None and twin is not own:
            raise Refusal("duplicate_external_id")
        return wire

    def _full(self, wire: Wire, workspace: Workspace, **fixed: Any) -> Wire:
        view_id = fixed.get("id") or f"V{secrets.token_hex(5).upper()}"
        return {
            "id": view_id,
            "team_id": workspace.team_id,
            "app_id": self._app_id,
            "app_installed_team_id": workspace.team_id,
            "bot_id": workspace.bot_id,
            "type": wire["type"],
            "title": wire.get("title"),
            "submit": wire.get("submit"),
            "close": wire.get("close"),
            "blocks": named(wire["blocks"]),
            "private_metadata": wire.get("private_metadata") or "",
            "callback_id": wire.get("callback_id") or "",
            "external_id": wire.get("external_id") or "",
            "clear_on_close": bool(wire.get("clear_on_close")),
            "notify_on_close": bool(wire.get("notify_on_close")),
            "state": {"values": {}},
            "hash": f"{secrets.token_hex(6)}",
            "root_view_id": view_id,
            "previous_view_id": None,
            **fixed,
        }

    def _keep(self, user_id: str) -> None:
        self._journal.put("slack_modals", user_id, self._stacks.get(user_id) or None)

    def open(self, user_id: str, workspace: Workspace, wire: Wire) -> View:
        """Open a modal; another that was open gives way."""
        view = View(user_id=user_id, team_id=workspace.team_id, wire=self._full(wire, workspace))
        self._stacks[user_id] = [view]
        self._keep(user_id)
        return view

    def push(self, user_id: str, workspace: Workspace, wire: Wire) -> View:
        """Put a modal on top of the open one. Raises Refusal `not_found`, `push_limit_reached`."""
        stack = self._stacks.get(user_id)
        if not stack:
            raise Refusal("not_found")
        if len(stack) >= STACK:
            raise Refusal("push_limit_reached")
        below = {"root_view_id": stack[0].id, "previous_view_id": stack[-1].id}
        view = View(user_id=user_id, team_id=workspace.team_id, wire=self._full(wire, workspace, **below))
        stack.append(view)
        self._keep(user_id)
        return view

    def update(self, workspace: Workspace, wire: Any, *, view_id: str, external_id: str, expected: str | None) -> View:
        """Change an open view in place. Raises Refusal `not_found`, `hash_conflict` and what `checked` raises."""
        if bool(view_id) == bool(external_id):
            raise wrong(
                "Cannot provide both `view_id` and `external_id`" if view_id else "missing required field: view_id"
            )
        view = self.find(view_id) if view_id else self._by_external(workspace.team_id, external_id)
        if view is None or view.team_id != workspace.team_id:
            raise Refusal("not_found")
        if expected and expected != view.wire["hash"]:
            raise Refusal("hash_conflict")
        self.change(view, workspace, self.checked(wire, view.wire["type"], workspace.team_id, view))
        return view

    def change(self, view: View, workspace: Workspace, wire: Wire) -> None:
        """Give a view another content; its id and place stay, its hash does not."""
        place = {name: view.wire[name] for name in ("id", "root_view_id", "previous_view_id")}
        view.wire = self._full(wire, workspace, **place)
        if view.wire["type"] == "home":
            self._journal.put("slack_home", view.user_id, view)
        else:
            self._keep(view.user_id)

    def publish(self, user_id: str, workspace: Workspace, wire: Any, expected: str | None) -> View:
        """Set a person's Home tab. Raises Refusal `hash_conflict` and what `checked` raises."""
        view = self._homes.get(user_id)
        if view and expected and expected != view.wire["hash"]:
            raise Refusal("hash_conflict")
        content = self.checked(wire, "home", workspace.team_id, view)
        if view is None:
            view = self._homes[user_id] = View(user_id=user_id, team_id=workspace.team_id, wire={})
            view.wire = self._full(content, workspace)
        self.change(view, workspace, content)
        return view

    def pop(self, user_id: str) -> None:
        """Close the modal on top; the one below shows again."""
        self._stacks[user_id].pop()
        self._keep(user_id)

    def clear(self, user_id: str) -> list[View]:
        """Close every modal of a person and return them, the top one first."""
        closed = self._stacks.pop(user_id, [])[::-1]
        self._keep(user_id)
        return closed
