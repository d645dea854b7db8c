"""HTTP mode: signed requests to the app's request URL, and the proof that the URL is the app's."""

import hashlib
import hmac
import secrets
import time
from urllib.parse import urlencode

import httpx
import msgspec

from .delivery import Answer, Unanswered
from .refusals import Wire


def signed(secret: str, body: bytes, stamp: int | None = None) -> dict[str, str]:
    """The two headers of Slack's signature v0: HMAC-SHA256 over `v0:<timestamp>:<body>`.

    Source: Slack, "Verifying requests from Slack".
    """
    at = str(int(time.time()) if stamp is None else stamp)
    digest = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}


class RequestUrl:
    """Posts to one URL."""

    def __init__(self, url: str, secret: str, verification_token: str) -> None:
        self.url = url
        self._secret = secret
        self._token = verification_token
        self._client = httpx.AsyncClient(trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def verify(self) -> bool:
        """Whether the URL echoes a challenge, as Slack asks before it takes a URL."""
        challenge = secrets.token_urlsafe(24)
        body = msgspec.json.encode({"type": "url_verification", "token": self._token, "challenge": challenge})
        headers = {"Content-Type": "application/json", **signed(self._secret, body)}
        try:
            answer = await self._client.post(self.url, content=body, headers=headers, timeout=3)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.is_success and challenge in answer.text

    async def deliver(self, kind: str, payload: Wire, seconds: float, attempt: int, reason: str) -> Answer:
        """Post one payload. Raises Unanswered when the answer is late or not 200."""
        if kind == "events_api":
            body, media = msgspec.json.encode(payload), "application/json"
        else:
            form = payload if kind == "slash_commands" else {"payload": msgspec.json.encode(payload).decode()}
            body, media = urlencode(form).encode(), "application/x-www-form-urlencoded"
        headers = {"Content-Type": media, **signed(self._secret, body)}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        try:
            answer = await self._client.post(self.url, content=body, headers=headers, timeout=seconds)
        except httpx.TimeoutException as late:
            raise Unanswered("http_timeout") from late
        except httpx.HTTPError as gone:
            raise Unanswered("connection_failed") from gone
        if answer.status_code != 200:
            no_retry = answer.headers.get("X-Slack-No-Retry") == "1"
            raise Unanswered("http_error", final=no_retry)
        if not answer.content:
            return Answer(None)
        try:
            found = msgspec.json.decode(answer.content)
        except msgspec.DecodeError:
            found = {"text": answer.text}
        return Answer(found if isinstance(found, dict) else None)
