"""Parts are killed while the story plays: it goes on, one ticket, one card in each chat, no step twice.

A sample; `./deploy/bench faults` walks every step and part.
"""

import pytest

from support.faults import story_with

pytestmark = [pytest.mark.xdist_group("system"), pytest.mark.timeout(400)]


async def test_each_part_is_killed_once(system):
    plan = {"report": "worker", "offer": "web", "accept": "relay", "note": "bots", "sign_function": "broker"}
    await story_with(system, plan)
