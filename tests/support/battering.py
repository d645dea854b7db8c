"""Battering: sends mischief to a served application, and looks at every answer for what must never leave the house."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from support.mischief import Attack, Frames, Request

TELLTALES = re.compile(
    r'Traceback|File \\?"|\.py\b|site-packages|asyncpg|strawberry\.|graphql\.|mendline_|/usr/|/home/'
    r'|SELECT |INSERT INTO|UPDATE "|pg_|syntax error at|relation \\?"|column \\?"|violates'
    r"|TypeError|KeyError|AttributeError|NoneType|<class|object at 0x"
)
"""Words of the machinery. Ours are names of codes and fields, and sentences."""

Token = Callable[[str, bool], Awaitable[str]]
"""The access token of a person; made anew when asked, since attacks end sessions too."""


SLOW = 2.0
"""Seconds after which an answer is late while eight are asked for; an operation's deadline is ten times that."""


@dataclass
class Damage:
    """What came of it: how many answers of each status, what was wrong with some, which were late."""

    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")


async def batter(port: int, attacks: Iterable[Attack], token: Token, damage: Damage, at_once: int = 8) -> None:
    """Sends every attack, some at once, and notes what must not be."""
    queue = iter(attacks)

    async def work() -> None:
        for attack in queue:  # one iterator for all: each takes the next
            began, silent = monotonic(), damage.statuses["silence"]
            if isinstance(attack, Request):
                await _request(port, attack, token, damage)
            else:
                await _frames(port, attack, token, damage)
            if silent == damage.statuses["silence"] and not _lingers(attack):  # else it was this side that waited
                took = monotonic() - began, f"{attack!r:.2000}"
                damage.slowest = max(damage.slowest, took)
                if took[0] > SLOW:
                    damage.slow.append(f"{took[0]:.1f} s: {took[1]}")

    await asyncio.gather(*(work() for _ in range(at_once)))


def _lingers(attack: Attack) -> bool:
    """Whether the connection is asked to stay open: then its end, which is waited for, says nothing of the answer."""
    return isinstance(attack, Request) and any(name.lower() == "connection" for name in attack.head)


async def _request(port: int, attack: Request, token: Token, damage: Damage) -> None:
    head = {"host": f"127.0.0.1:{port}", "content-length": str(len(attack.body)), "connection": "close", **attack.head}
    if attack.who is not None:
        head.setdefault("authorization", f"Bearer {await token(attack.who, False)}")
    lines = [f"{attack.method} {attack.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    answer = await _exchange(port, "\r\n".join(lines).encode("latin-1") + attack.body)
    if answer is None:
        damage.statuses["silence"] += 1
        # Where more was promised than was sent, waiting for it is right.
        if not {"content-length", "transfer-encoding", "expect", "upgrade"} & attack.head.keys():
            damage.found.append(f"no answer: {attack!r:.600}")
        return
    text = answer.decode(errors="replace")
    status = text[9:12] if text else "closed"
    damage.statuses[status] += 1
    _look(status, text, attack, damage)
    if "session_ended" in text and attack.who is not None:
        await token(attack.who, True)


async def _exchange(port: int, request: bytes) -> bytes | None:
    """What is answered to these bytes; of an answer that goes on for ever, its beginning; None for no answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        with suppress(ConnectionError):  # the server may close before it has read all
            writer.write(request)
            await writer.drain()
        async with asyncio.timeout(15) as patience:
            while piece := await reader.read(65_536):
                answer += piece
                if b"text/event-stream" in answer[:2_000]:
                    patience.reschedule(asyncio.get_running_loop().time() + 0.2)
    except TimeoutError:
        return answer or None
    except ConnectionError:
        return answer
    finally:
        writer.close()
    return answer


async def _frames(port: int, attack: Frames, token: Token, damage: Damage) -> None:
    who = f"Bearer {await token(attack.who, False)}" if attack.who is not None else "Bearer x"
    try:
        async with connect(
            f"ws://127.0.0.1:{port}/graphql",
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
            open_timeout=20,
            close_timeout=5,
        ) as socket:
            await socket.send('{"type": "connection_init", "payload": {"authorization": "%s"}}' % who)  # noqa: UP031
            for frame in attack.frames:
                await socket.send(frame)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    async for message in socket:
                        _look("message", str(message), attack, damage)
            await socket.close()
            damage.statuses[f"socket {socket.close_code}"] += 1
            _judge_close(socket.close_code, attack, damage)
    except TimeoutError:
        damage.statuses["silence"] += 1
        damage.found.append(f"no handshake: {attack!r:.600}")
    except (WebSocketException, ConnectionError) as closed:
        received = getattr(closed, "rcvd", None)
        code = received.code if received is not None else type(closed).__name__
        damage.statuses[f"socket {code}"] += 1
        _judge_close(code, attack, damage)


def _judge_close(code: object, attack: Frames, damage: Damage) -> None:
    if code in (1011, 1006):
        damage.found.append(f"the socket broke ({code}): {attack!r:.900}")


def _look(status: str, text: str, attack: Attack, damage: Damage) -> None:
    damage.codes.update(re.findall(r'"code": ?"([a-z_]+)"', text))
    sent = attack.body.decode(errors="replace") if isinstance(attack, Request) else str(attack.frames)
    if told := tells(status, text, sent):
        damage.found.append(f"{status} {told} {text[:400]!r} to {attack!r:.1500}")


def tells(status: str, text: str, sent: str) -> list[str]:
    """What an answer tells that it must not: that something broke, or words of the machinery.

    What was sent may be said again ("Cannot query field …"): that is not ours.
    """
    found = [word for word in TELLTALES.findall(text) if word not in sent]
    if status.startswith("5"):
        found.append(status)
    if re.search(r'"code": ?"internal"', text):
        found.append("internal")
    return found
