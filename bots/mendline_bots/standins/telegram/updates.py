"""Updates on their way to the bot: the queue, long polling, and the webhook with Telegram's retries."""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from ..faults import Faults
from ..journal import Journal
from .refusals import OTHER_POLLER, WEBHOOK_ACTIVE, bad_request, conflict

Json = dict[str, Any]
KINDS = ("message", "edited_message", "callback_query", "my_chat_member", "message_reaction")
ON_REQUEST = frozenset({"message_reaction"})  # kinds that come only when allowed_updates names them
BETWEEN_POLLS = 5  # seconds without a poll after which nobody seems to listen
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_RETRIES = (0.5, 1, 2, 4, 8, 15, 30)  # seconds; Telegram grows its wait too, over hours


class Webhook(msgspec.Struct, kw_only=True):
    """What setWebhook set; an empty url means none. Times are seconds since 1970."""

    url: str = ""
    secret_token: str = ""
    allowed_updates: list[str] | None = None
    max_connections: int = 40
    last_error_date: int | None = None
    last_error_message: str | None = None


class Delivery(msgspec.Struct):
    """How one update travels: how many times at once, and how many seconds late."""

    times: int = 1
    late: float = 0


class Updates:
    """The bot's one queue. `clock` gives whole seconds since 1970."""

    def __init__(self, journal: Journal, faults: Faults, clock: Callable[[], int]) -> None:
        self._journal = journal
        self._faults = faults
        self._clock = clock
        self._pending: list[Json] = [update for _, update in journal.loaded("update")]
        self._next_id = next((number for _, number in journal.loaded("next_update")), 100_000_001)
        self.webhook = next((msgspec.convert(row, Webhook) for _, row in journal.loaded("webhook")), Webhook())
        self._allowed: list[str] | None = self.webhook.allowed_updates
        self._arrived = asyncio.Event()
        self._poller: asyncio.Future[Any] | None = None
        self._held: list[tuple[Json, Delivery]] = []
        self._lanes: dict[int, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None
        self._last_poll = 0
        self._failing = False

    async def start(self) -> None:
        """Begin to deliver what is pending."""
        self._client = httpx.AsyncClient(timeout=30, trust_env=False)
        self._resume_webhook()

    async def stop(self) -> None:
        """End every delivery; what was not taken stays pending."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client:
            await self._client.aclose()

    def publish(self, kind: str, body: Json, delivery: Delivery | None = None) -> Json:
        """Queue a new update, with the faults that wait for its kind."""
        update = {"update_id": self._next_id, kind: body}
        self._next_id += 1
        self._journal.put("next_update", "", self._next_id)
        allowed = self._allowed or [each for each in KINDS if each not in ON_REQUEST]
        if kind not in allowed:
            return update
        delivery = delivery or Delivery()
        if self._faults.take("telegram", kind, "duplicate"):
            delivery = Delivery(max(2, delivery.times), delivery.late)
        if fault := self._faults.take("telegram", kind, "late"):
            delivery = Delivery(delivery.times, fault.seconds)
        if fault := self._faults.take("telegram", kind, "reorder"):
            self._held.append((update, delivery))
            self._run(self._release_after(fault.seconds))
            return update
        self._run(self._deliver(update, delivery)) if delivery.late else self._hand_over(update, delivery)
        self._release()
        return update

    def _release(self) -> None:
        held, self._held = self._held, []
        for update, delivery in held:
            self._hand_over(update, delivery)

    async def _release_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._release()

    async def _deliver(self, update: Json, delivery: Delivery) -> None:
        await asyncio.sleep(delivery.late)
        self._hand_over(update, delivery)

    def _hand_over(self, update: Json, delivery: Delivery) -> None:
        copies = 1 if self.webhook.url else delivery.times
        self._pending += [update] * copies
        self._journal.put("update", update["update_id"], update)
        if self.webhook.url:
            self._run(self._push(update, delivery.times))
        self._arrived.set()
        self._arrived = asyncio.Event()

    def _run(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- polling

    async def poll(self, offset: int, limit: int, seconds: float, allowed: list[str] | None) -> list[Json]:
        """getUpdates: forgets what `offset` confirms, then waits up to `seconds` for something new."""
        if self.webhook.url:
            raise conflict(WEBHOOK_ACTIVE)
        if self._poller and not self._poller.done():
            self._poller.set_exception(conflict(OTHER_POLLER))
        if allowed is not None:
            self._allowed = allowed or None
        self._last_poll = self._clock()
        if offset < 0:
            offset = self._pending[offset]["update_id"] if len(self._pending) >= -offset else 0
        self._confirm_below(offset)
        if not self._pending and seconds > 0:
            await self._wait(seconds)
        self._last_poll = self._clock()
        return [update for update in self._pending if update["update_id"] >= offset][:limit]

    async def _wait(self, seconds: float) -> None:
        mine: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._poller = mine
        arrival: asyncio.Future[Any] = asyncio.ensure_future(self._arrived.wait())
        try:
            await asyncio.wait([mine, arrival], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if mine.done():
                mine.result()
        finally:
            arrival.cancel()
            mine.cancel()

    def release(self) -> None:
        """Answer the long poll that is open with what there is: nothing."""
        self._arrived.set()

    def connected(self) -> bool:
        """Whether somebody polls (now or seconds ago), or the webhook has not failed since it was last taken."""
        if self.webhook.url:
            return not self._failing
        polled = self._poller is not None and not self._poller.done()
        return polled or self._clock() - self._last_poll <= BETWEEN_POLLS

    def untaken(self) -> int:
        """Updates that are neither confirmed by a poll nor answered by the webhook, or are held back."""
        return len(self._pending) + len(self._tasks)

    def _confirm_below(self, offset: int) -> None:
        for update in [each for each in self._pending if each["update_id"] < offset]:
            self._forget(update)

    def _forget(self, update: Json) -> None:
        self._pending = [each for each in self._pending if each["update_id"] != update["update_id"]]
        self._journal.put("update", update["update_id"], None)

    # --- webhook

    def set_webhook(self, webhook: Webhook, *, drop_pending: bool) -> None:
        """Set or remove the webhook. Raises what Telegram refuses; plain HTTP is taken for this machine only."""
        address = urlsplit(webhook.url)
        if webhook.url and address.scheme != "https" and address.hostname not in _LOOPBACK:
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if webhook.secret_token and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", webhook.secret_token):
            raise bad_request("secret token contains unallowed characters")
        if drop_pending:
            for update in list(self._pending):
                self._forget(update)
        if webhook.allowed_updates is not None:
            self._allowed = webhook.allowed_updates or None
        webhook.allowed_updates = self._allowed
        self.webhook = webhook
        self._journal.put("webhook", "", webhook)
        if webhook.url and self._poller and not self._poller.done():
            self._poller.set_exception(conflict("terminated by setWebhook request"))
        self._resume_webhook()

    def _resume_webhook(self) -> None:
        if self.webhook.url:
            for update in self._pending:
                self._run(self._push(update, 1))

    async def _push(self, update: Json, times: int) -> None:
        url = self.webhook.url
        async with self._lanes.setdefault(_lane(update), asyncio.Lock()):
            for wait in (*_RETRIES, *[_RETRIES[-1]] * 1000):
                if self.webhook.url != url or update not in self._pending:
                    return
                answers = await asyncio.gather(*(self._post(update) for _ in range(times)))
                if all(answers):
                    self._failing = False
                    self._forget(update)
                    return
                await asyncio.sleep(wait)

    async def _post(self, update: Json) -> bool:
        assert self._client is not None
        secret = self.webhook.secret_token
        headers = {"Content-Type": "application/json"} | ({"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {})
        try:
            answer = await self._client.post(self.webhook.url, content=msgspec.json.encode(update), headers=headers)
        except httpx.HTTPError as error:
            refused = isinstance(error, httpx.ConnectError)
            self._failed("Connection refused" if refused else "Read timeout expired")
            return False
        if not answer.is_success:
            self._failed(f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}")
        return answer.is_success

    def _failed(self, message: str) -> None:
        self._failing = True
        self.webhook.last_error_date = self._clock()
        self.webhook.last_error_message = message

    def webhook_info(self) -> Json:
        """The WebhookInfo object."""
        info: Json = {
            "url": self.webhook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._pending),
        }
        if self.webhook.url:
            info |= {"max_connections": self.webhook.max_connections, "ip_address": "127.0.0.1"}
        if self.webhook.last_error_date:
            info |= {
                "last_error_date": self.webhook.last_error_date,
                "last_error_message": self.webhook.last_error_message,
            }
        return info | ({"allowed_updates": self._allowed} if self._allowed else {})


def _lane(update: Json) -> int:
    """Updates of one chat are pushed one after the other, those of different chats side by side."""
    body = next(value for key, value in update.items() if key != "update_id")
    chat = body.get("chat") or body.get("message", {}).get("chat") or {}
    return int(chat.get("id", 0))
