"""The fault code in chat: danger and proposal stand on the card, a person confirms or says another."""

from typing import TYPE_CHECKING

from support.database import look
from support.fault_models import keep

if TYPE_CHECKING:
    from support.cast import Cast
    from support.doors import Doors


async def code(cast: "Cast") -> list[str | None]:
    sql = "SELECT fault_code FROM ticket_clinical WHERE tenant_id = $1 ORDER BY happened_at, id"
    return [row["fault_code"] for row in await look(sql, cast["hospital_a"])]


async def test_a_proposal_is_shown_and_confirmed_and_another_code_is_said(doors: "Doors", cast: "Cast") -> None:
    await keep(cast)
    await cast.run("admin_a", "tenants.set_policy", {"name": "triage", "value": "clinical_engineering"})
    report = {"device": cast.device_id("pump_a"), "symptom": "鸣,冒烟"}
    made = await cast.run("engineer_a", "tickets.report", report)
    await doors.say("engineer_a", "我的工单")
    await doors.press("engineer_a", made.number)
    card = "\n".join(await doors.texts("engineer_a"))
    assert "⚠ 危险" in card and "冒烟 (冒烟)" in card
    assert "ALM? · 把握 100% · 依据：鸣" in card
    await doors.press("engineer_a", "故障代码")
    await doors.submit("engineer_a", **{"code~typed": "not a code!"})
    assert await code(cast) == [None], "what is no code is asked again"
    await doors.submit("engineer_a", code="ALM")
    assert await code(cast) == ["ALM"]
    shown = (await doors.texts("engineer_a"))[-1]
    assert "ALM" in shown and "ALM?" not in shown
