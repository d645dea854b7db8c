"""API keys in chat: nobody makes one unseen by the other administrators."""

from typing import TYPE_CHECKING

from mendline.kernel import rows, transaction
from mendline_tenants import Member

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


async def test_the_other_administrators_read_who_made_a_key_and_what_it_may(quiet_doors: "Doors", cast: "Cast") -> None:
    async with transaction(cast["hospital_a"]):
        await rows.change(Member, cast["hospital_a"], cast.members["engineer_a"], roles=["clinical_engineer", "admin"])
    given = {"name": "门户", "scopes": ["read.clinical", "status"]}
    await cast.run("admin_a", "tenants.create_api_key", given)
    await quiet_doors.settle()
    told = [text for text in await quiet_doors.texts("engineer_a") if "门户" in text]
    assert len(told) == 1
    assert "管理员甲" in told[0]
    assert "read.clinical, read.progress" in told[0]
    assert not [text for text in await quiet_doors.texts("admin_a") if "门户" in text], "who made it knows"
