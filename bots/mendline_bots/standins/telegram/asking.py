"""Bot API methods that ask or set: the bot itself, updates and webhook, chats and members, commands, files."""

from typing import Any

from .core import Core, method
from .parameters import Parameters
from .refusals import bad_request
from .updates import Webhook

Json = dict[str, Any]


@method("getMe")
async def get_me(core: Core, call: Parameters) -> Json:
    """The bot."""
    return core.world.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@method("getUpdates")
async def get_updates(core: Core, call: Parameters) -> list[Json]:
    """Long polling."""
    limit = call.integer("limit", 100)
    allowed = call.json("allowed_updates", "can't parse allowed_updates JSON array")
    seconds = min(max(call.integer("timeout"), 0), 50)
    return await core.updates.poll(call.integer("offset"), limit if 1 <= limit <= 100 else 100, seconds, allowed)


@method("setWebhook")
async def set_webhook(core: Core, call: Parameters) -> bool:
    """Deliver by POST from now on; an empty url removes the webhook."""
    webhook = Webhook(
        url=call.text("url"),
        secret_token=call.text("secret_token"),
        allowed_updates=call.json("allowed_updates", "can't parse allowed_updates JSON array"),
        max_connections=call.integer("max_connections", 40),
    )
    core.updates.set_webhook(webhook, drop_pending=call.flag("drop_pending_updates"))
    return True


@method("deleteWebhook")
async def delete_webhook(core: Core, call: Parameters) -> bool:
    """Back to polling."""
    core.updates.set_webhook(Webhook(), drop_pending=call.flag("drop_pending_updates"))
    return True


@method("getWebhookInfo")
async def get_webhook_info(core: Core, call: Parameters) -> Json:
    """Where updates go and how that fares."""
    return core.updates.webhook_info()


@method("getChat")
async def get_chat(core: Core, call: Parameters) -> Json:
    """A chat, with the fields that ChatFullInfo always has."""
    chat = core.world.find(call.chat_id())
    if chat is None:
        raise bad_request("chat not found")
    always = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}
    return core.world.chat_object(chat) | always


_NO_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


@method("getChatMember")
async def get_chat_member(core: Core, call: Parameters) -> Json:
    """Whether somebody is in a chat."""
    chat = core.world.find(call.chat_id())
    if chat is None:
        raise bad_request("chat not found")
    user_id = call.integer("user_id")
    if user_id == core.world.bot["id"]:
        return {"status": "member", "user": core.world.bot}
    person = core.stage.people.by_user("telegram", user_id)
    if person is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    status = "member" if user_id in chat.members else "left"
    return {"status": status, "user": core.world.user(person)}


def _command_scope(call: Parameters) -> str:
    return f"{call.text('scope') or 'default'}/{call.text('language_code')}"


@method("setMyCommands")
async def set_my_commands(core: Core, call: Parameters) -> bool:
    """The command menu of one scope and language."""
    commands = call.json("commands", "can't parse commands JSON object")
    if not isinstance(commands, list) or len(commands) > 100:
        raise bad_request("can't parse commands JSON object")
    for command in commands:
        name, description = str(command.get("command", "")).lstrip("/"), str(command.get("description", ""))
        if not (1 <= len(name) <= 32 and name.isascii() and name.replace("_", "").isalnum() and name == name.lower()):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    core.commands[_command_scope(call)] = commands
    core.journal.put("commands", _command_scope(call), commands)
    return True


@method("getMyCommands")
async def get_my_commands(core: Core, call: Parameters) -> list[Json]:
    """The command menu of one scope and language."""
    return core.commands.get(_command_scope(call), [])


@method("deleteMyCommands")
async def delete_my_commands(core: Core, call: Parameters) -> bool:
    """Removes the command menu of one scope and language."""
    core.commands.pop(_command_scope(call), None)
    core.journal.put("commands", _command_scope(call), None)
    return True


@method("getFile")
async def get_file(core: Core, call: Parameters) -> Json:
    """Where a file can be loaded from."""
    if not call.text("file_id"):
        raise bad_request("file_id not specified")
    return core.files.downloadable(call.text("file_id"))
