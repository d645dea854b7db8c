"""Criteria that read what other books hold: the maker's authorisation, territories, visits that a day plan promises."""

from datetime import timedelta

import pytest

from mendline.dispatch import BUSY_SOURCES, Suggestion
from mendline.dispatch.presence.busy_times import busy_spans
from mendline.kernel import now, opaque, parse_opaque, rows, transaction
from mendline_tenants import Span
from support.cast import PUMP
from support.vendors_day import MORNING, WARDS, vendors_day
from support.weighing import points, weigh, who, why

MODEL = {
    "name": {"zh": "输液泵"},
    "model_number": "IP-200",
    "manufacturer": {"zh": "迈康医疗", "en": "Maker M"},
    "device_class": "infusion_pump",
}
DEMANDED = {"authorised_only": True, "makers": ("迈康医疗",)}
TODAY = now().date()


async def authorised(cast, number="SQ-1", model=MODEL, **values):
    """The vendor's own paper for a model in its own registry."""
    made = await cast.run("admin_v", "devices.upsert_model", model)
    paper = {"kind": "authorisation", "number": number, "model": made.model}
    given = {**paper, "organisation": cast.organisation_id("vendor_v"), **values}
    return (await cast.run("admin_v", "devices.upsert_document", given)).document


async def test_where_the_maker_asks_for_none_no_paper_is_needed(cast):
    assert why(await weigh(cast)) == {}
    assert "authorised" not in {r.criterion for r in (await weigh(cast)).candidates[0].reasons}


async def test_without_the_makers_authorisation_nobody_of_the_house_is_sent(cast):
    found = await weigh(cast, **DEMANDED)
    assert (who(found), found.fallen_out) == ([], {"not_authorised": 2})
    assert found.overrulable == frozenset(), "no dispatcher may send them all the same"
    assert who(await weigh(cast, **DEMANDED, priority=1)) == [], "and no urgent job takes them"


async def test_a_paper_in_force_lets_all_of_the_house_go(cast):
    await authorised(cast, expires_on=TODAY + timedelta(days=30))
    found = await weigh(cast, **DEMANDED)
    assert who(found) == ["技师郑", "技师冯"]
    (told,) = [r.value for r in found.candidates[0].reasons if r.criterion == "authorised"]
    assert told == str(TODAY + timedelta(days=30))
    late = await weigh(cast, **DEMANDED, moment=now() + timedelta(days=40))
    assert late.fallen_out == {"authorisation_expired": 2}, "it must hold on the planned day"


@pytest.mark.parametrize(
    "other",
    [
        {"model": {**MODEL, "model_number": "IP-300"}},
        {"model": {**MODEL, "manufacturer": {"zh": "别家医疗", "en": "Maker X"}}},
        {"kind": "operating_licence"},
    ],
)
async def test_a_paper_for_something_else_does_not_count(cast, other):
    await authorised(cast, **other)
    assert (await weigh(cast, **DEMANDED)).fallen_out == {"not_authorised": 2}


async def test_a_paper_without_an_end_holds_and_one_that_was_withdrawn_does_not(cast):
    document = await authorised(cast)
    assert len(who(await weigh(cast, **DEMANDED))) == 2
    await cast.run("admin_v", "devices.withdraw_document", {"document": document, "reason": "合作终止"})
    assert (await weigh(cast, **DEMANDED)).fallen_out == {"not_authorised": 2}


async def test_the_device_identifier_says_which_model_is_meant(cast):
    """Two registries may write the maker's name in different ways."""
    gtin = "06921234567892"
    await authorised(cast, model={**MODEL, "manufacturer": {"zh": "迈康"}, "device_identifier": gtin})
    assert (await weigh(cast, **DEMANDED)).fallen_out == {"not_authorised": 2}
    assert len(who(await weigh(cast, **DEMANDED, device_identifier=gtin))) == 2


async def suggested(cast):
    """What is suggested for a pump of hospital A."""
    report = {"device": cast.device_id("pump_a"), "symptom": "报警"}
    ticket = (await cast.run("nurse_a", "tickets.report", report)).ticket
    await cast.run("dispatcher_v", "dispatch.suggest", {"ticket": ticket})
    async with transaction(cast["vendor_v"]):
        (kept,) = await rows.select(Suggestion, "tenant_id = $1", cast["vendor_v"])
    return kept


async def test_what_the_hospital_says_of_the_model_reaches_the_match_by_the_ticket(cast):
    model = {**MODEL, "device_identifier": PUMP, "authorised_only": True}
    await cast.run("admin_a", "devices.upsert_model", model)
    assert (await suggested(cast)).fallen_out == {"not_authorised": 2}


async def test_the_vendors_own_paper_answers_what_the_hospital_asks(cast):
    model = {**MODEL, "device_identifier": PUMP, "authorised_only": True}
    await cast.run("admin_a", "devices.upsert_model", model)
    await authorised(cast)
    assert (await suggested(cast)).fit == 2


EAST = {"corners": [[31.0, 121.4], [31.0, 122.0], [31.5, 122.0], [31.5, 121.4]]}


async def territory(cast, code, area, *technicians):
    put = {"code": code, "name": {"zh": code}, "areas": [area]}
    people = [cast.member_id(technician) for technician in technicians]
    return parse_opaque(
        "ty", (await cast.run("dispatcher_v", "dispatch.put_territory", {**put, "technicians": people})).territory
    ).id


async def test_who_serves_other_territories_is_at_home_elsewhere(cast):
    west = {"centre": [31.2, 120.0], "radius_km": 20}
    here = await territory(cast, "EAST", EAST, "technician_v2")
    await territory(cast, "WEST", west, "technician_v")
    by_name = {c.name: c for c in (await weigh(cast, territories=(here,))).candidates}
    assert points(by_name["技师郑"])["region"] == 45
    assert points(by_name["技师冯"])["region"] == 0
    assert ("region", "WEST") in {(r.criterion, r.value) for r in by_name["技师郑"].reasons}
    assert who(await weigh(cast, {"region": 100}, territories=(here,)))[0] == "技师冯"
    await territory(cast, "WEST", west)
    (free,) = [c for c in (await weigh(cast, territories=(here,))).candidates if c.name == "技师郑"]
    assert "region" not in points(free), "who serves none may be sent anywhere"


async def test_without_a_place_no_territory_counts(cast):
    await territory(cast, "EAST", EAST, "technician_v")
    assert not any("region" in points(c) for c in (await weigh(cast, place=None)).candidates)


async def test_the_ticket_says_in_which_territories_it_lies(cast):
    await territory(cast, "EAST", EAST, "technician_v2")
    await territory(cast, "FAR", {"centre": [40.0, 116.0], "radius_km": 20}, "technician_v")
    found = {}
    for candidate in (await suggested(cast)).candidates:
        found |= {
            (candidate["name"], r["value"]): r["points"] for r in candidate["reasons"] if r["criterion"] == "region"
        }
    assert found == {("技师冯", None): 0, ("技师郑", "FAR"): 45}


async def test_a_planned_visit_costs_minutes_and_a_locked_one_shuts_out(cast):
    day = await vendors_day(cast)
    visit = (await day.stops(await day.published()))[0]
    name = visit.technician_name
    within = {"moment": visit.begins_at + timedelta(minutes=5), "place": (visit.latitude, visit.longitude)}
    own = {"facility": visit.owner_id, "ticket": visit.ticket_id}

    async def found(**job):
        everybody = await weigh(cast, **within | job)
        return {c.name: c for c in everybody.candidates}, why(everybody), everybody.overrulable

    fit, out, _ = await found()
    left = (visit.ends_at - within["moment"]).total_seconds() / 60 - fit[name].minutes
    assert left > 10, "they would be there before the visit is over"
    assert points(fit[name])["planned"] == pytest.approx(left / 2, abs=1)
    assert "locked_visit" not in out.values()
    assert "planned" not in points((await found(**own))[0][name]), "a visit does not stand in its own way"

    await day.run("dispatcher_v", "dayplans.lock_visit", stop=opaque("ds", day.vendor, visit.id))
    fit, out, overrulable = await found()
    assert (out.get(name), name in fit) == ("locked_visit", False)
    assert visit.technician_id in overrulable, "a dispatcher may know better"
    assert name in (await found(**own))[0]

    await day.run("nurse_a", "tickets.cancel", ticket=opaque("tk", visit.owner_id, visit.ticket_id))
    assert name in (await found())[0], "what was cancelled keeps nobody"


async def test_planned_visits_are_told_to_whom_the_person_lets_know(cast):
    """As time and nothing else, like every busy time; what is done or was given to another is none."""
    day = await vendors_day(cast)
    plan = await day.published()
    visits = await day.stops(plan)
    person = visits[0].technician_id
    mine = [stop for stop in visits if stop.technician_id == person]
    window = Span(MORNING, MORNING + timedelta(days=1))

    async def told():
        async with transaction(day.vendor):
            return await BUSY_SOURCES["visits"](day.vendor, person, window)

    assert sorted(await told()) == [Span(stop.begins_at, stop.ends_at) for stop in mine]
    gone = opaque("tk", mine[0].owner_id, mine[0].ticket_id)
    await day.run("nurse_a", "tickets.cancel", ticket=gone)
    assert len(await told()) == len(mine) - 1
    async with transaction(day.vendor):
        spans = await busy_spans(day.vendor, person, MORNING)
    for stop in mine[1:]:
        assert any(a <= stop.begins_at.timestamp() and stop.ends_at.timestamp() <= b for a, b in spans)


async def test_a_day_plan_sends_nobody_without_the_paper_either(cast):
    model = {**MODEL, "device_identifier": PUMP, "authorised_only": True}
    await cast.run("admin_a", "devices.upsert_model", model)
    day = await vendors_day(cast, WARDS[:2])
    plan = await day.planned()
    assert (await day.stops(plan), {one["why"] for one in plan.unserved}) == ([], {"not_authorised"})
    await authorised(cast, expires_on=MORNING.date() + timedelta(days=1))
    assert len(await day.stops(await day.planned())) == 2
