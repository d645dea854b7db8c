"""The Telegram channel: proves who calls, stores, answers presses at once, sends, edits, fetches."""

import asyncio
import hmac
import warnings
from datetime import timedelta
from typing import Any, NoReturn

import httpx
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from telegram import Bot, BotCommand, File, LinkPreviewOptions, ReplyParameters
from telegram import Message as Sent
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from mendline.kernel import (
    LOCALES,
    DomainError,
    Settings,
    bind,
    get_blob,
    known_locale,
    log,
    new_correlation,
    say,
    settings,
)
from mendline_bots import incoming
from mendline_bots.channel import Address, Gone, Limit, MessageGone, Moved, TooFast, Unsure
from mendline_bots.inbound import store
from mendline_bots.messages import Form, Message
from mendline_bots.telegram.drawing import keyboard, to_html, to_plain
from mendline_bots.telegram.parsing import NAME, album_of, parse_update
from mendline_bots.verbs import VERBS

DOWNLOAD_LIMIT = 20 * 1024 * 1024
"""Bytes that a bot may download (core.telegram.org/bots/api#getfile)."""

BODY_LIMIT = 1024 * 1024
SEND_SECONDS = 10.0
POLL_SECONDS = 25
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
UPDATES = ["message", "callback_query", "my_chat_member"]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def make() -> "TelegramChannel":
    """The channel of this process's settings."""
    return TelegramChannel(settings())


class TelegramChannel:
    """One bot."""

    name = NAME
    forms = False
    unsure_seconds = 30.0

    def __init__(self, chosen: Settings) -> None:
        self._token = chosen.telegram_token or ""
        self._secret = chosen.telegram_webhook_secret
        self._url = chosen.telegram_api_url.rstrip("/")
        self._bots: dict[asyncio.AbstractEventLoop, Bot] = {}

    def _bot(self) -> Bot:
        """The client of this loop: connections belong to the loop that opened them."""
        loop = asyncio.get_running_loop()
        if loop not in self._bots:
            local = httpx.URL(self._url).host in _LOOPBACK
            options: dict[str, Any] = {"trust_env": False} if local else {}
            self._bots[loop] = Bot(
                self._token,
                base_url=f"{self._url}/bot",
                base_file_url=f"{self._url}/file/bot",
                request=HTTPXRequest(8, SEND_SECONDS, SEND_SECONDS, 5, 5, httpx_kwargs=options),
                get_updates_request=HTTPXRequest(1, POLL_SECONDS + 10, 10, 5, 5, httpx_kwargs=options),
            )
        return self._bots[loop]

    # --- in

    async def receive(self, request: Request) -> Response:
        """The webhook. Without a secret of ours nobody is let in."""
        shown = request.headers.get(SECRET_HEADER, "")
        if not self._secret or not hmac.compare_digest(shown.encode(), self._secret.encode()):
            log.warning("webhook_refused", channel=NAME, why="secret" if shown else "no secret")
            return Response(status_code=401)
        body = await request.body()
        if len(body) > BODY_LIMIT:
            return Response(status_code=413)
        try:
            update = msgspec.json.decode(body, type=dict[str, Any])
            int(update["update_id"])
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
            log.warning("webhook_refused", channel=NAME, why="no update")
            return Response(status_code=400)
        await self._keep(update)
        return Response(status_code=200)

    async def _keep(self, update: dict[str, Any]) -> None:
        new_correlation()
        bot = self._token.partition(":")[0]
        bind(channel=NAME, update=update["update_id"])
        await store(NAME, f"tg:{bot}:{update['update_id']}", update, album_of(update))
        if query := update.get("callback_query"):
            await self._answer_press(query)

    async def _answer_press(self, query: dict[str, Any]) -> None:
        """The button stops turning at once; what the press did is said by the worker. Telegram forgives no delay."""
        locale = known_locale(query.get("from", {}).get("language_code"))
        try:
            await self._bot().answer_callback_query(query["id"], say("said.received", locale))
        except TelegramError as error:
            log.info("press_not_answered", channel=NAME, error=str(error))

    async def listen(self) -> None:
        """Polls until cancelled; an update is confirmed to Telegram only after it is stored."""
        await self._introduce()
        offset = 0
        while True:
            try:
                updates = await self._bot().get_updates(offset, timeout=POLL_SECONDS, allowed_updates=UPDATES)
            except (TelegramError, httpx.HTTPError) as error:
                log.info("polling_waits", channel=NAME, error=str(error))
                await asyncio.sleep(5 if isinstance(error, Conflict) else 1)
                continue
            for update in updates:
                await self._keep(update.to_dict())
                offset = update.update_id + 1

    async def _introduce(self) -> None:
        """Ends a webhook that is still set and publishes the commands in both languages."""
        while True:
            try:
                await self._bot().delete_webhook()
                for locale in LOCALES:
                    commands = [
                        BotCommand(verb.slash, say(f"help.{verb.name}", locale))
                        for verb in VERBS.values()
                        if verb.slash
                    ]
                    await self._bot().set_my_commands(commands, language_code="" if locale == LOCALES[0] else locale)
                return
            except TelegramError as error:
                log.info("polling_waits", channel=NAME, error=str(error))
                await asyncio.sleep(1)

    @property
    def ready(self) -> bool:
        """Whether there is a token to poll with."""
        return bool(self._token)

    async def announce(self, url: str) -> None:
        """Tells Telegram to deliver to `url`, with our secret."""
        await self._bot().set_webhook(url, secret_token=self._secret, allowed_updates=UPDATES)

    def parse(self, payload: dict[str, Any]) -> incoming.Incoming:
        """What an update says."""
        return parse_update(payload)

    # --- out

    def limits(self, to: Address) -> tuple[Limit, ...]:
        """25 a second for the bot; 1 a second to a private chat with a short burst; 18 a minute to a group.

        A little under what core.telegram.org/bots/faq#broadcasting-to-users allows.
        """
        bot = Limit(f"tg:{self._token.partition(':')[0]}", 40, 25)
        group = to.chat.startswith("-")
        return bot, Limit(f"tg:{to.chat}", 60_000 // 18, 4) if group else Limit(f"tg:{to.chat}", 1000, 4)

    async def send(self, to: Address, message: Message, *, reply_to: str, mark: str) -> str:
        """A new message."""
        reply = ReplyParameters(int(reply_to), allow_sending_without_reply=True) if reply_to.isdigit() else None
        options: dict[str, Any] = {
            "chat_id": int(to.chat),
            "reply_markup": keyboard(message),
            "reply_parameters": reply,
        }
        # Beside a picture the words are its caption.
        picture = await get_blob(message.picture.key) if message.picture else None
        try:
            try:
                sent = await self._show(picture, to_html(message), {"parse_mode": "HTML", **options})
            except BadRequest as refusal:
                if "can't parse" not in str(refusal).lower():
                    raise
                log.warning("markup_refused", channel=NAME, error=str(refusal))
                sent = await self._show(picture, to_plain(message), options)
        except TelegramError as error:
            _translate(error)
        return str(sent.message_id)

    async def _show(self, picture: bytes | None, words: str, options: dict[str, Any]) -> Sent:
        if picture is not None:
            return await self._bot().send_photo(photo=picture, caption=words, **options)
        preview = LinkPreviewOptions(is_disabled=True)
        return await self._bot().send_message(text=words, link_preview_options=preview, **options)

    async def edit(self, to: Address, id: str, message: Message) -> None:
        """New words and buttons for a message of ours; the same words again are no fault."""
        try:
            await self._bot().edit_message_text(
                to_html(message),
                chat_id=int(to.chat),
                message_id=int(id),
                parse_mode="HTML",
                reply_markup=keyboard(message),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except TelegramError as error:
            if "not modified" not in str(error).lower():
                _translate(error)

    async def show_form(self, to: Address, form: Form, opener: str) -> bool:
        """Telegram has no windows."""
        return False

    async def fetch(self, to: Address, file: incoming.File) -> bytes:
        """The bytes of a file of at most 20 MB."""
        limit = DomainError("chat_file_too_large", limit_mb=DOWNLOAD_LIMIT >> 20, name=file.name)
        if file.size is not None and file.size > DOWNLOAD_LIMIT:
            raise limit
        try:
            found: File = await self._bot().get_file(file.id)
            return bytes(await found.download_as_bytearray())
        except BadRequest as refusal:
            raise (limit if "too big" in str(refusal).lower() else DomainError("chat_file_gone")) from None


def _translate(error: TelegramError) -> NoReturn:
    """Telegram's errors in the words of the house; what is none of these is raised as it is and tried again."""
    words = str(error).lower()
    match error:
        case RetryAfter():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the library announces that this will be a timedelta
                after = error.retry_after
            raise TooFast(after.total_seconds() if isinstance(after, timedelta) else float(after)) from error
        case ChatMigrated():
            raise Moved(str(error.new_chat_id)) from error
        case Forbidden():
            raise Gone("blocked" if "blocked" in words else "forbidden") from error
        case BadRequest() if "chat not found" in words:
            raise Gone("chat_not_found") from error
        case BadRequest() if "message to edit not found" in words or "message can't be edited" in words:
            raise MessageGone from error
        case BadRequest():
            raise error
        case TimedOut() if not isinstance(error.__cause__, httpx.ConnectTimeout | httpx.PoolTimeout):
            raise Unsure from error
        case NetworkError() if isinstance(
            error.__cause__, httpx.ReadError | httpx.RemoteProtocolError | httpx.WriteError
        ):
            raise Unsure from error
    raise error
