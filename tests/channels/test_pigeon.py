"""A third channel is one folder and one line: from a photo to the signatures, and nobody else knows its name."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest_asyncio

from channels.pigeon import NAME, PICTURES
from support.database import look

if TYPE_CHECKING:
    from support.cast import Cast

ROOT = Path(__file__).resolve().parents[2]


class Loft:
    """What the test's people see and do."""

    def __init__(self, cast: "Cast", client: httpx.AsyncClient) -> None:
        self.cast, self.client, self.sent = cast, client, 0

    async def send(self, person: str, **note: Any) -> None:
        """A person sends a note; all that follows is done."""
        self.sent += 1
        number = f"{self.cast.members[person].hex}-{self.sent}"
        body = {"number": number, "from": self.cast.members[person].hex, **note}
        for _ in range(2):  # pigeons sometimes fly twice
            answer = await self.client.post(f"/chat/{NAME}", json=body, headers={"ring": "ours"})
            assert answer.status_code == 200
        await self.cast.drain()

    def notes(self, person: str) -> list[Any]:
        """The notes a person has, oldest first."""
        from mendline_bots import channel_of

        loft: Any = channel_of(NAME)
        return list(loft.notes.get(self.cast.members[person].hex, {}).values())

    async def tick(self, person: str, label: str) -> None:
        """Presses the newest button with this label."""
        for note in reversed(self.notes(person)):
            for button in (button for row in note.rows for button in row):
                if button.label == label:
                    await self.send(person, tick=button.id)
                    return
        raise AssertionError(f"{person} sees no {label!r}")


@pytest_asyncio.fixture
async def loft(cast: "Cast") -> AsyncIterator[Loft]:
    """The channel beside the others, and the cast's people linked."""
    from starlette.applications import Starlette

    from mendline.app.channels import CHANNELS
    from mendline.app.http.chat import routes
    from mendline.kernel import gateway, rows
    from mendline_bots import install_channels
    from mendline_tenants import ChatIdentity
    from support.cast import PEOPLE

    install_channels({**CHANNELS, NAME: "channels.pigeon"})
    async with gateway():
        for person, member in cast.members.items():
            tenant = cast[PEOPLE[person][0]]
            await rows.insert(
                ChatIdentity(
                    tenant_id=tenant,
                    channel=NAME,
                    account=member.hex,
                    chat=member.hex,
                    member_id=member,
                    locale="en",
                )
            )
    transport = httpx.ASGITransport(Starlette(routes=list(routes())))
    async with httpx.AsyncClient(transport=transport, base_url="http://loft") as client:
        yield Loft(cast, client)
    install_channels(CHANNELS)


async def test_the_whole_story_by_pigeon(loft: Loft, cast: "Cast", blobs: None) -> None:
    from support.doors import label_of

    PICTURES["label"] = label_of("SN1001", "SB-0001")
    await loft.send("nurse_a", words="alarm", pictures=["label"])
    (card,) = loft.notes("nurse_a")
    assert "SB-0001" in card.title
    await loft.tick("nurse_a", "down")
    (row,) = await look("SELECT opaque('tk', tenant_id, id) AS id FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    offer = {"ticket": row["id"], "technician": cast.member_id("technician_v")}
    await cast.run("dispatcher_v", "dispatch.offer_job", offer)
    await cast.drain()
    await loft.tick("technician_v", "Accept")
    await loft.tick("technician_v", "Arrived")
    await loft.tick("technician_v", "Finish")
    await loft.tick("technician_v", "repaired")
    await loft.send("technician_v", words="battery")
    await loft.send("technician_v", words="replaced")
    for person in ("manager_a", "engineer_a"):
        await loft.tick(person, "Accept repair")
        await loft.tick(person, "Confirm and sign")
    (row,) = await look("SELECT state FROM ticket WHERE tenant_id = $1", cast["hospital_a"])
    assert row["state"] == "archived"
    cards = {person: loft.notes(person)[0] for person in ("nurse_a", "technician_v", "manager_a", "engineer_a")}
    assert {card.facts[0][1] for card in cards.values()} == {"archived · work accepted"}, cards


async def test_a_pigeon_without_a_ring_is_turned_away(loft: Loft) -> None:
    assert (await loft.client.post(f"/chat/{NAME}", json={})).status_code == 401


def test_its_name_is_known_nowhere_else() -> None:
    folders = ("platform", "tenants", "schema", "bots", "deploy")
    known = [
        str(file.relative_to(ROOT))
        for folder in folders
        for file in (ROOT / folder).rglob("*.py")
        if NAME in file.read_text(encoding="utf-8").lower()
    ]
    assert known == []
