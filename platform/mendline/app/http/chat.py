"""Chat: the webhooks that the web process mounts, and `mendline bots`, which listens where there is no webhook."""

import asyncio
import contextlib
import signal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.app.start import start
from mendline.kernel import close_pools, log, settings
from mendline.workers import beating
from mendline_bots import Channel, channel_names, channel_of

PATH = "/chat"


async def _receive(request: Request) -> Response:
    name = request.path_params["channel"]
    if name not in channel_names():
        return Response(status_code=404)
    return await channel_of(name).receive(request)


def routes() -> list[Route]:
    """`POST /chat/<channel>`: Telegram's webhook, Slack's one URL for events, presses, commands and windows."""
    return [Route(f"{PATH}/{{channel}}", _receive, methods=["POST"])]


def run() -> None:
    """Listens until SIGTERM or Ctrl-C: polling and socket mode in development; in production webhooks are announced."""
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_chat())


async def _chat() -> None:
    task = asyncio.current_task()
    assert task is not None
    for wanted in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(wanted, task.cancel)
    await start("bots", "app", "gateway", pool_size=4)
    channels = [channel for channel in map(channel_of, channel_names()) if channel.ready]
    work = _announce if settings().environment == "production" else _listen
    try:
        await asyncio.gather(beating("bots"), *(work(channel) for channel in channels))
    finally:
        await close_pools()


async def _announce(channel: Channel) -> None:
    await channel.announce(f"{settings().public_url}{PATH}/{channel.name}")
    log.info("webhook_announced", channel=channel.name)


async def _listen(channel: Channel) -> None:
    """A channel that fails does not end the others."""
    while True:
        try:
            await channel.listen()
        except Exception as error:
            log.warning("listening_failed", channel=channel.name, exc_info=error)
            await asyncio.sleep(1)
