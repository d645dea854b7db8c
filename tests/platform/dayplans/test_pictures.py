"""Pictures of a plan: well-formed, no markup of others in them, readable in both languages, as SVG and as PNG."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from xml.etree import ElementTree

import msgspec
import pytest
from PIL import Image

from mendline.dayplans import ShownPlan, ShownStop, draw_map, draw_timeline, to_png
from mendline.dayplans.pictures.canvas import ending, fitted, width_of
from mendline.dayplans.shown import ShownTechnician
from mendline.kernel import new_id

EPOCH = datetime(2026, 12, 7, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
SVG = "{http://www.w3.org/2000/svg}"


def a_plan(people=2, visits=3, locale="zh", place="第一医院 三病区", **changed):
    technicians = [ShownTechnician(new_id(), f"技师{n}", 31.2 + n / 50, 121.4) for n in range(people)]
    stops = [
        ShownStop(
            **{
                "technician": technician.id,
                "kind": "visit",
                "progress": "planned",
                "number": f"HA-2026-{10 * who + n}",
                "place": place,
                "device": "输液泵",
                "latitude": 31.21 + n / 40,
                "longitude": 121.41 + who / 30,
                "travel": 900,
                "arrives_at": EPOCH + (9 + n) * HOUR,
                "begins_at": EPOCH + (9 + n) * HOUR,
                "ends_at": EPOCH + (9.75 + n) * HOUR,
                "due_at": EPOCH + 12 * HOUR,
                "windows": [(EPOCH + 9 * HOUR, EPOCH + 11 * HOUR)],
                "locked": n == 1,
                **changed,
            }
        )
        for who, technician in enumerate(technicians)
        for n in range(visits)
    ]
    return ShownPlan(
        "2026-12-08", 3, "published", "Asia/Shanghai", locale, EPOCH, EPOCH, "great_circle", "", technicians, stops
    )


def words(svg):
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("draw", [draw_map, draw_timeline])
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_picture_tells_the_day(draw, locale):
    svg = draw(a_plan(locale=locale))
    told = " ".join(words(svg))
    assert "2026-12-08" in told
    assert "技师0" in told and "技师1" in told
    assert "第一医院" in told
    assert ("次上门" in told) == (locale == "zh")
    assert ("visits" in told) == (locale == "en")
    picture = Image.open(BytesIO(to_png(svg)))
    assert picture.size[0] > 1400
    assert len(picture.convert("RGB").getcolors(1 << 24)) > 50, "there is something on it"


def test_chinese_is_drawn_and_not_left_as_boxes():
    """Different characters look different, which they do not where the font lacks them."""

    def drawn(text):
        frame = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40">'
        return to_png(f'{frame}<text y="30" font-size="30">{text}</text></svg>')

    assert len({drawn(c) for c in "泵院科技师郑"}) == 6
    assert drawn("泵") != drawn("")


@pytest.mark.parametrize("draw", [draw_map, draw_timeline])
def test_names_of_others_stay_words(draw):
    evil = "</text><script>alert(1)</script>&\"'\x00\u202e"
    root = ElementTree.fromstring(draw(a_plan(place=evil)))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "rect", "line", "path", "circle", "text"),
    }
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name]


@pytest.mark.parametrize("draw", [draw_map, draw_timeline])
def test_a_day_without_anything_is_a_picture_too(draw):
    empty = a_plan(people=0)
    assert words(draw(empty))
    nowhere = a_plan(latitude=None, longitude=None)
    assert Image.open(BytesIO(to_png(draw(nowhere)))).size[0] > 1400


def test_the_times_are_those_of_the_plans_zone():
    told = words(draw_map(a_plan(people=1)))
    assert "09:00" in told
    hours = [word for word in words(draw_timeline(a_plan())) if re.fullmatch(r"\d\d:00", word)]
    assert hours[0] == "08:00"
    assert hours[-1] == "12:00"


def test_what_is_late_is_seen():
    on_time, late = a_plan(), a_plan(due_at=EPOCH + 9.5 * HOUR)
    assert "超时限" not in words(draw_timeline(on_time))
    assert "超时限" in words(draw_timeline(late))


@pytest.mark.parametrize(("locale", "late", "locked"), [("zh", "超时限", "已锁定"), ("en", "After its SLA", "Locked")])
def test_the_legends_tell_what_is_shown_and_nothing_else(locale, late, locked):
    shown = a_plan(locale=locale, due_at=EPOCH + 9.5 * HOUR)
    plain = a_plan(locale=locale, due_at=None, locked=False, windows=[])
    for draw in (draw_map, draw_timeline):
        assert {late, locked} <= set(words(draw(shown)))
        assert not {late, locked} & set(words(draw(plain)))
    window = {"zh": "可上门时段", "en": "May be visited"}[locale]
    assert window in words(draw_timeline(shown))
    assert window not in words(draw_timeline(plain))
    until_due = a_plan(locale=locale, windows=[(EPOCH, EPOCH + 12 * HOUR)])
    assert window not in words(draw_timeline(until_due)), "the SLA moment has a mark of its own"


def test_where_there_are_many_hospitals_a_visit_says_whose_it_is():
    one = a_plan()
    other = msgspec.structs.replace(one.stops[0], number="HB-2026-7")
    told = words(draw_timeline(msgspec.structs.replace(one, stops=[*one.stops[1:], other])))
    assert {"HB #7", "HA #1"} <= set(told)
    assert "#1" in words(draw_timeline(one))


def test_of_a_place_the_most_exact_words_are_kept():
    assert ending("第一医院 三病区", 10, 200) == "第一医院 三病区"
    assert ending("Hospital 10 Ward 8", 10, 55) == "…Ward 8"
    assert ending("第一医院 三病区", 10, 45) == "…三病区"
    assert ending("第一医院 三病区", 10, 30) == fitted("第一医院 三病区", 10, 30)


def test_everybody_of_a_large_vendor_is_on_the_list():
    told = words(draw_map(a_plan(people=28, visits=5)))
    assert {f"技师{n}" for n in range(28)} <= set(told)


def test_stops_at_one_place_stand_beside_each_other():
    svg = ElementTree.fromstring(draw_map(a_plan(people=1, visits=5, latitude=31.2, longitude=121.5)))
    marks = [(float(c.get("cx")), float(c.get("cy"))) for c in svg.iter(f"{SVG}circle") if c.get("r") == "14"]
    assert len(marks) == 5
    near = [1 for n, a in enumerate(marks) for b in marks[:n] if abs(a[0] - b[0]) + abs(a[1] - b[1]) < 14]
    assert near == []


@pytest.mark.parametrize("text", ["第一人民医院心血管内科", "Main campus, ward 3", "Ü" * 50])
def test_words_are_cut_to_fit(text):
    for most in (10, 40, 80, 1000):
        cut = fitted(text, 13, most)
        assert width_of(cut, 13) <= most
        assert cut in (text, "") or cut.endswith("…")
