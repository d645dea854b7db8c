"""A whole conversation with a small bot built on python-telegram-bot, and the shapes of what it gets."""

import asyncio
from typing import Any

from telegram import (
    Bot,
    BotCommand,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Update,
)
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters

LI = 501


async def until(check: Any) -> Any:
    for _ in range(250):
        if found := await check():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("did not happen within five seconds")


async def on_photo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    message = update.message
    assert message
    content = await (await message.photo[-1].get_file()).download_as_bytearray()
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("停机 Down", callback_data="down")]])
    await message.reply_html(f"<b>{len(content)}</b> bytes: {message.caption}", reply_markup=keyboard, do_quote=True)


async def on_press(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    query = update.callback_query
    assert isinstance(query, CallbackQuery)
    await query.answer("已记录", show_alert=True)
    await query.edit_message_text("停机 · 已记录")


async def test_label_photo_card_and_press(standins: Any, bot: Bot, picture: bytes) -> None:
    application = Application.builder().bot(bot).build()
    application.add_handler(MessageHandler(filters.PHOTO, on_photo))
    application.add_handler(CallbackQueryHandler(on_press))
    async with application:
        assert application.updater
        await application.updater.start_polling(timeout=5)
        await application.start()
        await standins.http.post(
            "/sim/photo", data={"person": "nurse-li", "label": "ip-0007.png", "caption": "报警,停机"}
        )

        async def answered() -> Any:
            shown = await standins.get("/sim/messages", person="nurse-li", peek=1)
            return shown if len(shown) == 2 else None

        photo, card = await until(answered)
        assert photo["mine"] and photo["photo_url"] and not card["mine"]
        assert card["html"] == f"<b>{len(picture)}</b> bytes: 报警,停机"
        assert card["reply_to"] == {"id": photo["id"], "name": "李静", "text": "🖼 报警,停机"}
        assert card["buttons"] == [[{"text": "停机 Down", "data": "down"}]]
        assert (await standins.get("/sim/chats", person="nurse-li"))[0]["unread"] == 1

        pressed = await standins.post("/sim/press", person="nurse-li", message=card["id"], data="down")
        assert pressed == {"alert": "已记录"}

        async def edited() -> Any:
            return (await standins.get("/sim/messages", person="nurse-li"))[1]["edited"]

        await until(edited)
        assert (await standins.get("/sim/health"))["channels"]["telegram"]["connected"]
        await application.updater.stop()
        await application.stop()


async def test_what_people_send_has_telegrams_shapes(standins: Any, bot: Bot, picture: bytes) -> None:
    files = [("file", (f"{n}.png", picture + bytes([n]), "image/png")) for n in range(2)]
    await standins.http.post("/sim/telegram/album", data={"person": "nurse-li", "caption": "两张"}, files=files)
    await standins.post("/sim/telegram/location", person="nurse-li", latitude=30.58, longitude=114.29)
    await standins.post("/sim/telegram/start", person="stranger", payload="abc_123")
    voice = {"file": ("v.ogg", b"OggS", "audio/ogg")}
    await standins.http.post("/sim/telegram/voice", data={"person": "nurse-li", "seconds": 3}, files=voice)
    one, two, place, start, spoken = [update.message for update in await bot.get_updates()]
    assert one and two and place and start and spoken
    assert one.media_group_id == two.media_group_id and (one.caption, two.caption) == ("两张", None)
    assert [size.width for size in one.photo] == sorted(size.width for size in one.photo)
    assert one.photo[-1].file_unique_id != two.photo[-1].file_unique_id
    assert place.location and place.location.latitude == 30.58
    assert start.text == "/start abc_123" and start.chat.type == "private"
    assert spoken.voice and spoken.voice.mime_type == "audio/ogg"
    await bot.send_message(503, "welcome")  # he wrote, so the bot may


async def test_the_other_methods(standins: Any, bot: Bot, picture: bytes) -> None:
    assert await bot.set_my_commands([BotCommand("report", "报修")], language_code="zh")
    assert [c.command for c in await bot.get_my_commands(language_code="zh")] == ["report"]
    assert (await bot.get_chat(LI)).first_name == "李静"
    assert (await bot.get_chat_member(LI, LI)).status == "member"
    assert await bot.send_chat_action(LI, "typing")
    sent = await bot.send_photo(LI, picture, caption="a")
    assert (await bot.edit_message_caption(LI, sent.message_id, caption="b")).caption == "b"
    media = InputMediaPhoto(picture + b"2", caption="<i>c</i>", parse_mode="HTML")
    assert (await bot.edit_message_media(media, LI, sent.message_id)).caption == "c"  # type: ignore[union-attr]
    assert (await bot.send_photo(LI, sent.photo[-1].file_id)).photo[-1].file_unique_id == sent.photo[-1].file_unique_id
    assert len(await bot.send_media_group(LI, [media, media])) == 2
    document = (await bot.send_document(LI, b"%PDF-", filename="报告.pdf")).document
    assert document and document.file_name == "报告.pdf"
    assert (await bot.send_location(LI, 30.5, 114.3)).location
    assert await bot.set_message_reaction(LI, sent.message_id, "👍")
    shown = await standins.get("/sim/messages", person="nurse-li")
    assert shown[0]["reactions"] == ["👍"]
    assert next(m for m in shown if m["file"])["file"]["name"] == "报告.pdf"


async def test_an_old_message_comes_back_without_content(standins: Any, bot: Bot) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("ok", callback_data="ok")]])
    sent = await bot.send_message(LI, "x", reply_markup=keyboard)
    await standins.post("/sim/telegram/age", person="nurse-li", message=str(sent.message_id))
    press = asyncio.create_task(standins.post("/sim/press", person="nurse-li", message=str(sent.message_id), data="ok"))
    [update] = await bot.get_updates(timeout=5)
    query = update.callback_query
    assert query and query.message and not query.message.is_accessible
    await query.answer()
    await press
