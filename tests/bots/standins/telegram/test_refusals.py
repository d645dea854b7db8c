"""What Telegram refuses, the stand-in refuses in the same words, seen through the unmodified library."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

LI = 501


def keyboard(data: str = "ok", text: str = "接单") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)]])


async def refusal(call: Awaitable[Any], kind: type[TelegramError] = BadRequest) -> str:
    with pytest.raises(kind) as refused:
        await call
    return refused.value.message


async def test_a_wrong_token_is_unauthorized(another_bot: Callable[..., Bot]) -> None:
    with pytest.raises(InvalidToken):
        await another_bot("6000000001:wrong").initialize()


@pytest.mark.parametrize(
    ("text", "mode", "complaint"),
    [
        ("", None, "Message text is empty"),
        ("  ", None, "Text must be non-empty"),
        ("<b></b>", "HTML", "Text must be non-empty"),
        ("x" * 4097, None, "Message is too long"),
        ("😀" * 2049, None, "Message is too long"),
        ("<b>x", "HTML", "Can't parse entities: can't find end tag corresponding to start tag \"b\""),
        ("x", "MarkdownV2", "Unsupported parse_mode"),
    ],
)
async def test_text(bot: Bot, text: str, mode: str | None, complaint: str) -> None:
    assert (await refusal(bot.send_message(LI, text, parse_mode=mode))).lower() == complaint.lower()


async def test_markup_does_not_count_towards_the_limit(bot: Bot) -> None:
    message = await bot.send_message(LI, f"<b>{'x' * 4096}</b>", parse_mode="HTML")
    assert message.text == "x" * 4096


async def test_button_data_over_64_bytes(bot: Bot) -> None:
    assert await refusal(bot.send_message(LI, "x", reply_markup=keyboard("停" * 22))) == "Button_data_invalid"
    assert (await bot.send_message(LI, "x", reply_markup=keyboard("停" * 21))).reply_markup == keyboard("停" * 21)


async def test_chats_that_cannot_be_written_to(bot: Bot, standins: Any) -> None:
    assert await refusal(bot.send_message(999, "x")) == "Chat not found"
    assert "can't initiate" in await refusal(bot.send_message(503, "x"), Forbidden)
    await standins.post("/sim/telegram/block", person="nurse-li")
    assert await refusal(bot.send_message(LI, "x"), Forbidden) == "Forbidden: bot was blocked by the user"
    await standins.post("/sim/telegram/unblock", person="nurse-li")
    await bot.send_message(LI, "x")


async def test_reply_to_a_missing_message(bot: Bot) -> None:
    there = ReplyParameters(4711)
    assert await refusal(bot.send_message(LI, "x", reply_parameters=there)) == "Message to be replied not found"
    anyway = ReplyParameters(4711, allow_sending_without_reply=True)
    assert (await bot.send_message(LI, "x", reply_parameters=anyway)).reply_to_message is None


async def test_edits(bot: Bot, standins: Any) -> None:
    sent = await bot.send_message(LI, "<b>新</b>", parse_mode="HTML", reply_markup=keyboard())
    same = bot.edit_message_text("<b>新</b>", LI, sent.message_id, parse_mode="HTML", reply_markup=keyboard())
    assert (await refusal(same)).startswith("Message is not modified: specified new message content")
    assert await refusal(bot.edit_message_text("x", LI, 4711)) == "Message to edit not found"
    theirs = await standins.post("/sim/send", person="nurse-li", text="报警")
    assert await refusal(bot.edit_message_text("x", LI, int(theirs["id"]))) == "Message can't be edited"
    edited = await bot.edit_message_text("x", LI, sent.message_id)
    assert edited.edit_date and edited.reply_markup is None
    await bot.delete_message(LI, sent.message_id)
    assert await refusal(bot.delete_message(LI, sent.message_id)) == "Message to delete not found"


async def test_a_new_keyboard_alone_leaves_no_edited_mark(bot: Bot) -> None:
    sent = await bot.send_message(LI, "x", reply_markup=keyboard("a"))
    edited = await bot.edit_message_reply_markup(LI, sent.message_id, reply_markup=keyboard("b"))
    assert edited.edit_date is None and edited.reply_markup == keyboard("b")


async def test_captions_and_pictures(bot: Bot, picture: bytes) -> None:
    assert await refusal(bot.send_photo(LI, picture, caption="x" * 1025)) == "Message caption is too long"
    assert await refusal(bot.send_photo(LI, b"no picture")) == "Image_process_failed"
    assert await refusal(bot.send_photo(LI, "unknown")) == "Wrong file identifier/http url specified"
    big = picture + b"\0" * (10 * 1024 * 1024)
    assert "too big for a photo" in await refusal(bot.send_photo(LI, big))


async def test_a_press_is_answered_once_and_in_time(bot: Bot, standins: Any) -> None:
    sent = await bot.send_message(LI, "x", reply_markup=keyboard())
    press = asyncio.create_task(standins.post("/sim/press", person="nurse-li", message=str(sent.message_id), data="ok"))
    [update] = await bot.get_updates(timeout=5)
    query = update.callback_query
    assert query and query.from_user.id == LI and query.data == "ok"
    assert await refusal(query.answer("x" * 201)) == "Message_too_long"
    await query.answer("已接单")
    assert await press == {"toast": "已接单"}
    assert "query is too old" in (await refusal(query.answer())).lower()


async def test_a_group_that_became_a_supergroup(bot: Bot, standins: Any) -> None:
    made = await standins.post("/sim/telegram/groups", person="nurse-li", title="ICU", members=["manager-wang"])
    sent = await bot.send_message(int(made["chat"]), "hello")
    assert sent.chat.type == "group"
    moved = await standins.post("/sim/telegram/migrate", person="nurse-li", chat=made["chat"])
    with pytest.raises(ChatMigrated) as refused:
        await bot.send_message(int(made["chat"]), "hello")
    assert str(refused.value.new_chat_id) == moved["chat"]
    assert (await bot.send_message(refused.value.new_chat_id, "hello")).chat.type == "supergroup"
    updates = await bot.get_updates()
    assert [u.message.migrate_to_chat_id for u in updates if u.message and u.message.migrate_to_chat_id]


async def test_privacy_mode_hides_what_is_not_for_the_bot(bot: Bot, standins: Any) -> None:
    made = await standins.post("/sim/telegram/groups", person="nurse-li", title="ICU", members=[])
    for text in ("just talking", "/my"):
        await standins.post("/sim/send", person="nurse-li", chat=made["chat"], text=text)
    texts = [u.message.text for u in await bot.get_updates() if u.message and u.message.text]
    assert texts == ["/my"]


async def test_flood_control_when_it_is_turned_on(bot: Bot, standins: Any) -> None:
    await standins.post("/sim/telegram/pace", private_per_second=1)
    await bot.send_message(LI, "1")
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(LI, "2")
    assert refused.value.retry_after
    await bot.send_message(502, "another chat is not held")


async def test_files_over_20_mb_cannot_be_loaded(bot: Bot, standins: Any) -> None:
    form = {"person": "nurse-li", "as_file": "1"}
    files = {"file": ("scan.bin", b"\0" * (20 * 1024 * 1024 + 1))}
    assert (await standins.http.post("/sim/photo", data=form, files=files)).is_success
    [update] = await bot.get_updates()
    assert update.message and update.message.document
    assert await refusal(bot.get_file(update.message.document.file_id)) == "File is too big"
