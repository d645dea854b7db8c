"""`views.*`: modals in answer to a trigger, and the Home tab."""

from .api import Call
from .refusals import Refusal, Wire
from .views import View


def _told(call: Call, view: View, kind: str = "view") -> Wire:
    if person := call.state.directory.person(view.user_id):
        call.state.stage.bell.ring(person.key, kind)
    return {"view": view.wire}


async def open_view(call: Call) -> Wire:
    """`views.open`: within three seconds of the interaction, once."""
    call.need("trigger_id", "view")
    trigger = call.text("trigger_id")
    wire = call.state.views.checked(call.args["view"], "modal", call.workspace.team_id)
    user_id = call.state.triggers.exchange(trigger, call.workspace.team_id)
    return _told(call, call.state.views.open(user_id, call.workspace, wire))


async def push_view(call: Call) -> Wire:
    """`views.push`: a modal on top of the one that is open."""
    call.need("trigger_id", "view")
    trigger = call.text("trigger_id")
    wire = call.state.views.checked(call.args["view"], "modal", call.workspace.team_id)
    user_id = call.state.triggers.exchange(trigger, call.workspace.team_id)
    try:
        return _told(call, call.state.views.push(user_id, call.workspace, wire))
    except Refusal:
        call.state.triggers.give_back(trigger)
        raise


async def update_view(call: Call) -> Wire:
    """`views.update`: by `view_id` or `external_id`, and with `hash` only what has not changed meanwhile."""
    call.need("view")
    view = call.state.views.update(
        call.workspace,
        call.args["view"],
        view_id=call.text("view_id"),
        external_id=call.text("external_id"),
        expected=call.text("hash") or None,
    )
    return _told(call, view, "home" if view.wire["type"] == "home" else "view")


async def publish_view(call: Call) -> Wire:
    """`views.publish`: the Home tab of one person."""
    call.need("user_id", "view")
    user_id = call.text("user_id")
    call.state.directory.user(call.workspace, user_id)
    view = call.state.views.publish(user_id, call.workspace, call.args["view"], call.text("hash") or None)
    return _told(call, view, "home")
