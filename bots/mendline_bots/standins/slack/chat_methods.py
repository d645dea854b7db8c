"""`chat.*` and `reactions.*`: posting, changing and deleting messages, and posts to a response URL."""

import re
from typing import Any

from .api import Call
from .block_kit import faults_of_blocks
from .directory import Conversation
from .messages import Message, named
from .refusals import Refusal, Wire, wrong
from .state import State
from .triggers import ResponseUrl

POST_CHARACTERS = 40_000
UPDATE_CHARACTERS = 4_000  # Slack: chat.update refuses more, though chat.postMessage takes ten times as much
BLOCKS_CHARACTERS = 13_200  # seen by bolt-js issue 2509; Slack does not document it


def _reachable(call: Call, *, users: bool = False) -> Conversation:
    """The conversation that a call names, when the bot is in it."""
    call.need("channel")
    conversation = call.state.directory.conversation(call.workspace.team_id, call.text("channel"), users=users)
    if not conversation.has_bot:
        raise Refusal("not_in_channel")
    return conversation


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return _length(value.get("text")) + sum(_length(each) for name, each in value.items() if name != "text")
    return sum(map(_length, value)) if isinstance(value, list) else 0


def content(args: Wire, most: int) -> Wire:
    """What a message says (`text`, `blocks`, `attachments`), refused as Slack refuses it."""
    text, blocks, attachments = args.get("text") or "", args.get("blocks"), args.get("attachments")
    if not isinstance(text, str):
        raise wrong("must provide a string [json-pointer:/text]")
    if blocks is not None and not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    if blocks and (faults := faults_of_blocks(blocks)):
        raise Refusal("invalid_blocks", faults)
    if blocks and _length(blocks) > BLOCKS_CHARACTERS:
        raise Refusal("msg_blocks_too_long")
    if isinstance(attachments, list) and len(attachments) > 100:
        raise Refusal("too_many_attachments")
    if not text and not blocks and not attachments:
        raise Refusal("no_text")
    if len(text) > most:
        raise Refusal("msg_too_long")
    said: Wire = {"text": text}
    if blocks is not None:
        said["blocks"] = named(blocks)
    if attachments:
        said["attachments"] = attachments
    return said


def _thread(call: Call, conversation: Conversation) -> str | None:
    """The thread that an answer belongs to; naming any message of it names the thread."""
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return None
    if not re.fullmatch(r"\d{1,12}\.\d{6}", thread_ts):
        raise Refusal("invalid_thread_ts", [f"[ERROR] {thread_ts} is not a valid thread_ts"])
    parent = call.state.messages.find(conversation.id, thread_ts)
    if parent is None:
        raise Refusal("thread_not_found")
    if parent.only_for:
        raise Refusal("cannot_reply_to_message")
    return parent.thread


async def post(call: Call) -> Wire:
    """`chat.postMessage`: `channel` may also be a user id, for that person's direct messages."""
    conversation = _reachable(call, users=True)
    said = content(call.args, POST_CHARACTERS)
    more = {name: said[name] for name in ("attachments",) if name in said}
    if call.args.get("metadata"):
        more["metadata"] = call.args["metadata"]
    message = call.state.write(
        conversation,
        call.workspace,
        said["text"],
        blocks=said.get("blocks"),
        thread_ts=_thread(call, conversation),
        more=more,
    )
    return {"channel": conversation.id, "ts": message.ts, "message": message.wire}


async def post_ephemeral(call: Call) -> Wire:
    """`chat.postEphemeral`: seen by one member, gone from the API's reach."""
    call.need("channel", "user")
    conversation = _reachable(call)
    if call.text("user") not in conversation.members:
        raise Refusal("user_not_in_channel")
    said = content(call.args, POST_CHARACTERS)
    thread_ts = _thread(call, conversation)
    message = call.state.write(
        conversation,
        call.workspace,
        said["text"],
        blocks=said.get("blocks"),
        thread_ts=thread_ts,
        only_for=call.text("user"),
    )
    return {"message_ts": message.ts}


def _own(call: Call, conversation: Conversation, refusal: str) -> Message:
    message = call.state.messages.get(conversation.id, call.text("ts"))
    if message.author != call.workspace.bot_user_id:
        raise Refusal(refusal)
    return message


async def update(call: Call) -> Wire:
    """`chat.update`: blocks that are not given stay as they are, an empty list takes them away."""
    call.need("channel", "ts")
    conversation = _reachable(call)
    message = _own(call, conversation, "cant_update_message")
    said = content(call.args, UPDATE_CHARACTERS)
    wire = {**message.wire, **said}
    call.state.change(conversation, message, wire)
    return {"channel": conversation.id, "ts": message.ts, "text": said["text"], "message": message.wire}


async def delete(call: Call) -> Wire:
    """`chat.delete`."""
    call.need("channel", "ts")
    conversation = _reachable(call)
    message = _own(call, conversation, "cant_delete_message")
    call.state.delete(conversation, message)
    return {"channel": conversation.id, "ts": message.ts}


async def react(call: Call) -> Wire:
    """`reactions.add`."""
    call.need("channel", "timestamp", "name")
    conversation = _reachable(call)
    message = call.state.messages.get(conversation.id, call.text("timestamp"))
    name = call.text("name").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise Refusal("invalid_name")
    if name in message.reactions:
        raise Refusal("already_reacted")
    message.reactions.append(name)
    call.state.messages.keep(message)
    call.state.ring(conversation, "edited", message)
    return {}


def respond(state: State, url: ResponseUrl, args: Wire) -> None:
    """A post to a response URL: a new message, or the original changed or deleted. Raises Refusal."""
    conversation = state.directory.conversation(url.team_id, url.channel)
    workspace = state.directory.workspace(url.team_id)
    original = state.messages.find(conversation.id, url.ts or "")
    if original and args.get("delete_original"):
        state.delete(conversation, original)
        return
    said = content(args, POST_CHARACTERS)
    if original and args.get("replace_original"):
        wire = {**original.wire, **said}
        if not said.get("blocks"):
            wire.pop("blocks", None)
        state.change(conversation, original, wire)
        return
    state.write(
        conversation,
        workspace,
        said["text"],
        blocks=said.get("blocks"),
        thread_ts=str(args.get("thread_ts") or "") or None,
        only_for=None if args.get("response_type") == "in_channel" else url.user_id,
    )
