"""Killing parts of a running system while the story plays, and what must have come of it all the same."""

import os
import signal
from collections.abc import Mapping
from time import monotonic, sleep

from redis import Redis

from mendline.app.play import Narrator, Played, play
from support.system import System

PARTS = ("web", "worker", "relay", "bots", "broker")
"""What is killed. `broker` means: after it took a message, and before a worker has seen it."""

COMMANDS = (
    "tickets.report",
    "fieldwork.attach_evidence",
    "tickets.set_use_state",
    "dispatch.offer_job",
    "dispatch.accept_job",
    "fieldwork.set_eta",
    "fieldwork.arrive",
    "fieldwork.attach_evidence",
    "fieldwork.add_note",
    "fieldwork.finish",
    "quality.check",
    "quality.sign",
    "quality.sign",
    "quality.archive",
)
"""The audit of the story: every command once, in this order."""

_QUEUE = "mendline:work"
_MESSAGE_SECONDS = 10


class Killer:
    """The hook that `play` calls: kills the part planned for a step as soon as somebody has acted."""

    def __init__(self, system: System, plan: Mapping[str, str]) -> None:
        self._system = system
        self._plan = plan
        self.killed: list[str] = []

    def __call__(self, step: str, moment: str) -> None:
        """What happens at this moment of this step."""
        part = self._plan.get(step)
        if part == "broker" and moment == "acting":
            self._signal("worker", signal.SIGSTOP)  # so that the message lies in the broker when it dies
        elif part == "broker" and moment == "acted":
            self._await_message()
            self._kill("valkey")
            self._signal("worker", signal.SIGCONT)
        elif part is not None and moment == "acted":
            self._kill(part)

    def _await_message(self) -> None:
        broker = Redis.from_url(str(self._system.record()["settings"]["broker_url"]))
        end = monotonic() + _MESSAGE_SECONDS
        while not broker.llen(_QUEUE):
            assert monotonic() < end, "the broker took no message"
            sleep(0.01)

    def _kill(self, name: str) -> None:
        self._system.kill(name)
        self.killed.append(name)

    def _signal(self, name: str, number: signal.Signals) -> None:
        os.kill(self._system.record()["processes"][name], number)


async def story_with(system: System, plan: Mapping[str, str], narrator: Narrator | None = None) -> Played:
    """Plays the story while the planned parts are killed; `play` itself checks the cards and who sees what.

    Raises Stuck where the story does not go on, AssertionError when a step was done twice or never.
    """
    killer = Killer(system, plan)
    played = await play(system.url, system.standins_url, system.home, narrator or Narrator(), after_step=killer)
    assert played.audit == COMMANDS, f"{plan}: {played.audit}"
    assert len(killer.killed) == len(plan), f"{plan}: only {killer.killed} were killed"
    return played
