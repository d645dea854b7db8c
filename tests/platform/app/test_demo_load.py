"""The demo is loaded through the commands, once: the same again changes nothing, and each sees only its own."""

import json
import sys
from collections import Counter
from datetime import date

import msgspec
import pytest
import pytest_asyncio

from mendline.app import demo as app_demo
from mendline.app.demo import demo_package
from mendline.kernel import rows, settings, transaction
from mendline.tickets import WorklistRow
from mendline_bots.standins.person import Person
from mendline_bots.standins.slack.settings import SlackSettings
from mendline_tenants import actor_for_chat, actor_from_token, login
from support.database import look

DAY = date(2026, 11, 22)
PASSWORD = "a password of the demo"
COUNTED = ("organisation", "place", "partner", "member", "device_model", "device", "contract", "agreement", "ticket")
COUNTED += ("chat_identity", "chat_installation", "technician", "qualification", "audit_entry", "outbox", "delivery")


class Quiet:
    """Progress that only counts."""

    def __init__(self):
        self.totals, self.done = {}, Counter()

    def of(self, what, total):
        self.totals[what] = total

    def step(self, what):
        self.done[what] += 1


async def load(home):
    package, told = demo_package(), Quiet()
    known = await package.load(package.demo(DAY), home, told, password=PASSWORD, standins=True)
    return known, told


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest_asyncio.fixture(scope="module")
async def loaded(database, home):
    with pytest.MonkeyPatch.context() as patch:
        demo_package()
        patch.setattr(sys.modules["mendline_demo.load"], "write_labels", lambda demo, folder: [])
        yield await load(home)


async def counts():
    """Rows of each table; without the news of keys, which are made anew each time, as their secret is shown once."""
    of_keys = {
        "outbox": " WHERE name <> 'tenants.key_made'",
        "delivery": " WHERE event_id NOT IN (SELECT id FROM outbox WHERE name = 'tenants.key_made')",
    }
    sql = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"{of_keys.get(name, '')}" for name in COUNTED)
    return {row[0]: row[1] for row in await look(sql)}


async def of(known, sql):
    return await look(sql, list(known.organisations.values()))


async def test_everything_is_there(loaded):
    known, told = loaded
    assert told.done == told.totals
    assert told.totals["devices"] == 60
    states = await of(known, "SELECT state FROM ticket WHERE tenant_id = ANY ($1) AND phase <> 'closed'")
    assert Counter(row["state"] for row in states) == {
        "reported": 1, "offered": 1, "en_route": 1, "on_site": 1, "finished": 1, "waiting": 3,
    }  # fmt: skip
    closed = await of(known, "SELECT count(*) FROM ticket WHERE tenant_id = ANY ($1) AND state = 'archived'")
    assert closed[0][0] == 300


async def test_history_is_no_news(loaded):
    known, _ = loaded
    news = await of(
        known,
        "SELECT count(*) FROM outbox o JOIN ticket t ON t.id = (o.payload->>'ticket')::uuid"
        " WHERE t.tenant_id = ANY ($1) AND t.system IS NOT NULL",
    )
    assert news[0][0] == 0


async def test_the_same_again_changes_nothing(loaded, home):
    before = await counts()
    await load(home)
    assert await counts() == before


async def test_each_sees_only_its_own(loaded):
    known, _ = loaded
    seen = {}
    for key, tenant in known.organisations.items():
        async with transaction(tenant):
            seen[key] = await rows.select(WorklistRow, "tenant_id = $1", tenant)
    assert {row.part for row in seen["lanmai"]} == {"manufacturer"}
    hospitals = {known.organisations[key] for key in ("yunqi", "fengqi")}
    for vendor in ("hengxiu", "yanhe"):  # its own work, and by agreement what a hospital does itself; never another's
        answering = {row.provider_id for row in seen[vendor]}
        assert known.organisations[vendor] in answering <= {known.organisations[vendor], *hospitals}
    assert {row.owner_id for row in seen["fengqi"]} == {known.organisations["fengqi"]}
    assert not seen["zhunheng"]
    assert all("location" not in row.card and "symptom" not in row.card for row in seen["lanmai"])


async def test_people_log_in_and_are_known_in_chat(loaded):
    known, _ = loaded
    dispatcher = next(m for m in known.demo.members if m.key == known.demo.story.dispatcher)
    tokens = await login("HX", dispatcher.email, PASSWORD)
    assert (await actor_from_token(tokens.access_token)).name == dispatcher.name.zh
    nurse = next(m for m in known.demo.members if m.key == known.demo.story.nurse)
    actor = await actor_for_chat("telegram", "", nurse.chats[0].user_id)
    assert (actor.name, actor.roles) == (nurse.name.zh, ("reporter",))
    portal = await actor_from_token(known.api_keys[known.demo.story.manufacturer_key])
    assert portal.organisation == known.organisations["lanmai"]
    assert portal.may("read.quality")
    assert not portal.may("read.people")


async def test_what_is_handed_out(loaded, home):
    people = msgspec.json.decode((home / "standins" / "people.json").read_bytes(), type=list[Person])
    assert len({person.key for person in people}) == len(people) == 60
    nurse = next(person for person in people if person.key == "yunqi-lin")
    assert isinstance(nurse.user_id, int)
    assert "YQ6854-0001.jpg" in [label.file for label in nurse.labels]
    slack = SlackSettings.load(home / "standins" / "slack.json", {})
    assert {workspace.team_id for workspace in slack.workspaces} == {
        "T0YUNQI001", "T0FENGQI01", "T0HENGXIU1", "T0YANHE001",
    }  # fmt: skip
    assert (home / "demo.json").stat().st_mode & 0o777 == 0o600
    logins = json.loads((home / "demo.json").read_text())
    assert {row["story"] for row in logins if "story" in row} == {
        "nurse", "ward_manager", "clinical_engineer", "dispatcher", "other_hospital", "other_vendor", "portal",
    }  # fmt: skip


def test_production_is_refused(monkeypatch, capsys):
    refused = settings().model_copy(update={"environment": "production"})
    monkeypatch.setattr(app_demo, "settings", lambda: refused)
    assert app_demo.run() == 1
    assert "production" in capsys.readouterr().err
