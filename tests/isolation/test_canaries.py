"""Canaries: what stands in hospital B's texts reaches nobody who has no part in its tickets, by whatever way out."""

import asyncio
import re

import pytest
from structlog.testing import capture_logs

from mendline.kernel import blobs as kernel_blobs
from mendline.kernel import log, new_id, settings
from support.database import look
from support.doors import open_doors
from support.isolation.canaries import (
    everything,
    following,
    leaks,
    life,
    listening_to_valkey,
    plant,
    reader,
    refusals,
)
from support.isolation.outcomes import everybody_of
from support.work import relaying

LIVES = {
    "hospital_a": {
        **{"nurse": "nurse_a", "manager": "manager_a", "engineer": "engineer_a", "device": "pump_a"},
        **{"dispatcher": "dispatcher_v", "technician": "technician_v"},
    },
    "hospital_b": {
        **{"nurse": "nurse_b", "manager": "manager_b", "engineer": "engineer_b", "device": "pump_b"},
        **{"dispatcher": "dispatcher_w", "technician": "technician_w"},
    },
}
WITHOUT_PART = ("hospital_a", "vendor_v", "manufacturer_m", "testing_t")


def keys_of(tenant) -> list[str]:
    """The keys in S3 of an organisation."""
    found = kernel_blobs._client().list_objects_v2(Bucket=settings().s3_bucket, Prefix=str(tenant))
    return [one["Key"] for one in found.get("Contents", ())]


async def test_nothing_of_hospital_b_reaches_who_has_no_part(cast, tmp_path, blobs):
    canary, tenant = f"canary{new_id().hex[-12:]}", cast["hospital_b"]
    await plant(tenant, canary)
    received: dict[str, list[str]] = {}
    with capture_logs() as lines:
        async with open_doors(cast, tmp_path, listening=False) as doors, listening_to_valkey() as commands:
            async with (
                following(cast, "hospital_a") as in_a,
                following(cast, "vendor_v") as in_v,
                following(cast, "manufacturer_m") as in_m,
                following(cast, "hospital_b") as in_b,
            ):
                theirs = await life(cast, LIVES["hospital_b"], canary)
                await life(cast, LIVES["hospital_a"], "ordinary")
                await doors.settle()
            received["subscriptions"] = [*in_a, *in_v, *in_m]
            said = {name: await doors.texts(name) for name in doors.accounts}
            received["chats"] = [
                text for name, texts in said.items() if not name.endswith(("_b", "_w")) for text in texts
            ]
            await cast.run("nurse_b", "tickets.report", {"symptom": f"{canary} due"})
            async with relaying():
                await until_published(tenant)
            await cast.drain()
    for name in WITHOUT_PART:
        received[f"answers to {name}"] = await everything(reader(cast, name))
        received[f"refusals of {name}"] = await refusals(cast, name, theirs)
    received["logs"] = [str(line) for line in lines]
    received["valkey"] = commands
    received["S3 keys"] = keys_of(tenant)

    names = [what for what, texts in received.items() if not texts]
    assert names == [], f"nothing was received by {names}: then nothing is shown either"
    assert any(canary in text for text in in_b), "hospital B itself was told"
    assert any(canary in text for text in said["technician_w"]), "and so was its vendor, in chat"
    assert any("ordinary" in text for text in [*in_v, *said["technician_v"]])
    operators = {what: texts for what, texts in received.items() if what in ("logs", "valkey", "S3 keys")}
    readers = {what: texts for what, texts in received.items() if what not in operators}
    assert leaks(canary, tenant, readers) == []
    # What the house's own operators see holds ids, and no word of anybody.
    assert [leak for leak in leaks(canary, tenant, operators) if "the id" not in leak] == []
    await the_search_finds_what_is_leaked(cast, canary, theirs)


async def until_published(tenant) -> None:
    """Waits until the relay has taken what is due of an organisation."""

    for _ in range(100):
        due = await look(
            "SELECT count(*) FROM delivery WHERE tenant_id = $1 AND due_at <= now() AND completed_at IS NULL", tenant
        )
        if not due[0][0]:
            return
        await asyncio.sleep(0.05)


async def the_search_finds_what_is_leaked(cast, canary, ticket):
    """The negative control: shared on purpose, printed on purpose."""
    maker = cast.organisation_id("manufacturer_m")
    share = {"ticket": ticket, "organisation": maker, "groups": ["clinical"]}
    await cast.run("engineer_b", "tickets.share", share)
    found = leaks(canary, cast["hospital_b"], {"answers": await everything(reader(cast, "manufacturer_m"))})
    assert any(f"{canary} symptom" in leak for leak in found)
    assert any("the id tk_" in leak for leak in found)
    assert not any(f"{canary} comment" in leak for leak in found), "messages were not shared"
    with capture_logs() as lines:
        log.info("leaked", words=f"{canary} word")
    assert leaks(canary, cast["hospital_b"], {"logs": map(str, lines)}) != []


@pytest.mark.parametrize("outsider", ["vendor_v", "vendor_w", "manufacturer_m"])
async def test_no_column_of_any_table_reaches_who_has_no_part(world, outsider):
    """The samples' texts name their table and column; those of the testing body are shared with the hospitals alone.

    Ids of its people are in what it wrote itself into the tickets of others.
    """
    found = leaks("testing_t:", world["testing_t"], {"answers": await everything(everybody_of(world, outsider))})
    assert [leak for leak in found if "the id mb_" not in leak] == []


async def test_whoever_has_a_part_does_read_the_samples(world):
    """So that the search above has something to find: most readable columns are in what their owner reads."""
    answers = await everything(everybody_of(world, "testing_t"))
    found = {match for text in answers for match in re.findall(r"testing_t:(\w+\.\w+)", text)}
    assert len(found) > 50, sorted(found)
