"""Who asks is proven by the very statement that answers: one statement a query, and what was revoked holds at once."""

from datetime import timedelta
from typing import Any

import pytest

from mendline.kernel import now, rows, transaction
from mendline_tenants import LoginSession, Member
from mendline_tenants.access import authentication
from support.cast import Cast
from support.database import look, unchanged

WHO = "{ me { name roles locale } }"
COMMERCIAL = "query($t: ID!) { ticket(id: $t) { number commercial { entitlement } } }"


async def change(cast: Cast, who: str, **changes: Any) -> None:
    async with transaction(cast.actor(who).organisation):
        await rows.update(await rows.get(Member, cast.actor(who).organisation, cast.members[who]), **changes)


async def end_session(cast: Cast, who: str, **changes: Any) -> None:
    tenant = cast.actor(who).organisation
    found = await look("SELECT id FROM login_session WHERE member_id = $1", cast.members[who])
    async with transaction(tenant):
        for row in found:
            await rows.change(LoginSession, tenant, row["id"], **changes)


@pytest.fixture
def nobody_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> Any:
    """From when it is called, who asks cannot be asked for by itself."""

    def begin() -> None:
        def pool(_: str) -> Any:
            raise AssertionError("asked for who asks")

        monkeypatch.setattr(authentication, "pool", pool)

    return begin


async def test_who_is_known_here_costs_no_statement_of_its_own(portal: Any, nobody_is_asked_for: Any) -> None:
    first = await portal.get("engineer_a", WHO)
    nobody_is_asked_for()
    assert await portal.get("engineer_a", WHO) == first


@pytest.mark.parametrize("how", [{"revoked_at": now()}, {"expires_at": now() - timedelta(seconds=1)}])
async def test_a_session_that_has_ended_is_answered_nothing(portal: Any, cast: Cast, how: Any) -> None:
    ticket = await portal.report()
    assert await portal.get("engineer_a", COMMERCIAL, t=ticket)
    await end_session(cast, "engineer_a", **how)
    answer = await portal.ask("engineer_a", COMMERCIAL, t=ticket)
    assert (answer.status, answer.data, answer.codes) == (401, None, ["session_ended"])


async def test_a_suspended_member_is_answered_nothing(portal: Any, cast: Cast) -> None:
    await portal.get("engineer_a", WHO)
    await change(cast, "engineer_a", status="suspended")
    answer = await portal.ask("engineer_a", WHO)
    assert (answer.status, answer.data, answer.codes) == (401, None, ["session_ended"])


async def test_what_is_not_proven_is_not_recorded_as_read(portal: Any, cast: Cast) -> None:
    ticket = await portal.report()
    people = "query($t: ID!) { ticket(id: $t) { people { reporterName } } }"
    assert (await portal.get("engineer_a", people, t=ticket))["ticket"]["people"]
    await change(cast, "engineer_a", status="suspended")
    async with unchanged():
        answer = await portal.ask("engineer_a", people, t=ticket)
    assert answer.codes == ["session_ended"]


async def test_roles_given_and_taken_hold_for_the_next_query(portal: Any, cast: Cast) -> None:
    ticket = await portal.report()
    before = await portal.get("engineer_a", COMMERCIAL, t=ticket)
    assert before["ticket"]["commercial"]
    await change(cast, "engineer_a", roles=["reporter"])
    taken = await portal.ask("engineer_a", COMMERCIAL, t=ticket)
    assert taken.data["ticket"]["commercial"] is None
    assert taken.codes == ["forbidden"]
    await change(cast, "engineer_a", roles=["clinical_engineer"])
    assert await portal.get("engineer_a", COMMERCIAL, t=ticket) == before


async def test_a_language_chosen_holds_for_the_next_query(portal: Any, cast: Cast) -> None:
    await portal.get("engineer_a", WHO)
    await change(cast, "engineer_a", locale="zh")
    assert (await portal.get("engineer_a", WHO))["me"]["locale"] == "zh"
    await change(cast, "engineer_a", locale="en")
    assert (await portal.get("engineer_a", WHO))["me"]["locale"] == "en"


async def test_what_is_wrong_is_told_only_to_who_has_proven_who_they_are(portal: Any, cast: Cast) -> None:
    query = "query($a: String) { worklist(first: 1, after: $a) { nodes { number } } }"
    wrong = await portal.ask("engineer_a", query, a="none")
    assert "session_ended" not in wrong.codes
    assert wrong.codes
    await end_session(cast, "engineer_a", revoked_at=now())
    answer = await portal.ask("engineer_a", query, a="none")
    assert (answer.status, answer.data, answer.codes) == (401, None, ["session_ended"])


async def test_a_key_holds_until_it_is_revoked_and_its_use_is_noted(
    portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await cast.run("admin_a", "tenants.create_api_key", {"name": "portal", "scopes": ["portal"]})
    portal.tokens["key"] = made.secret
    await portal.get("key", WHO)
    async with unchanged():
        await portal.get("key", WHO)
    later = now() + timedelta(minutes=3)
    monkeypatch.setattr(authentication, "now", lambda: later)
    monkeypatch.setattr(authentication, "KEY_PRESUMED", 0.0)
    await portal.get("key", WHO)
    assert (await look("SELECT used_at FROM api_key WHERE name = 'portal' ORDER BY id DESC"))[0]["used_at"] == later
    monkeypatch.undo()
    await portal.get("key", WHO)
    await cast.run("admin_a", "tenants.revoke_api_key", {"key": made.key})
    answer = await portal.ask("key", WHO)
    assert (answer.status, answer.data, answer.codes) == (401, None, ["key_revoked"])
