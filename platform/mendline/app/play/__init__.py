"""`mendline play`: one repair from report to archive, played live through what a person or a partner would use."""

import asyncio
from pathlib import Path

import httpx

from mendline.app.play.cast import Cast
from mendline.app.play.narrator import Language, Narrator
from mendline.app.play.story import STEPS, Hook, Played, Story
from mendline.app.play.waiting import Stuck
from mendline.kernel import settings

__all__ = ["STEPS", "Hook", "Narrator", "Played", "Stuck", "play", "run"]

_SECONDS = 20


async def play(
    url: str, standins_url: str, home: Path, narrator: Narrator | None = None, after_step: Hook | None = None
) -> Played:
    """Plays the story against a running system. `after_step(step, moment)` is called between the steps.

    Raises Stuck, with a sentence, where the story cannot go on.
    """
    async with (
        httpx.AsyncClient(base_url=standins_url, timeout=_SECONDS) as sim,
        httpx.AsyncClient(base_url=url, timeout=_SECONDS) as web,
    ):
        cast = await Cast.gather(sim, web, home)
        return await Story(cast, narrator or Narrator(), after_step).play()


def run(language: Language = "en") -> int:
    """Plays the story against the system that runs in this home; gives the exit code of the command."""
    chosen, narrator = settings(), Narrator(language)
    try:
        if chosen.standins_url is None:
            raise Stuck("no system with a chat simulator runs here; start one with ./deploy/up")
        asyncio.run(play(chosen.public_url, chosen.standins_url, chosen.home, narrator))
    except Stuck as stuck:
        narrator.stuck(str(stuck))
        return 1
    return 0
