"""The twelve technicians of the two vendors: where they live, when they work and what they may repair."""

from datetime import date, datetime, time, timedelta
from typing import Literal

from .structs import Qualification, Record, Shift, Text


class Technician(Record, frozen=True, kw_only=True):
    """One technician. `skills` are (model or class, level, days from today until the certificate ends)."""

    key: str
    name: Text
    locale: Literal["zh", "en"] = "zh"
    latitude: float
    longitude: float
    shift: str
    skills: tuple[tuple[str, int, int], ...]


# Names of shifts: weekdays, start, end. Hengxiu works round the clock, Yanhe on workdays with a rota at weekends.
_SHIFTS: dict[str, tuple[tuple[int, ...], time, time]] = {
    "early, week": ((0, 1, 2, 3), time(7), time(15)),
    "early, weekend": ((4, 5, 6), time(7), time(15)),
    "late, week": ((0, 1, 2, 3), time(15), time(23)),
    "late, weekend": ((4, 5, 6), time(15), time(23)),
    "night, week": ((0, 1, 2, 3), time(23), time(7)),
    "night, weekend": ((4, 5, 6), time(23), time(7)),
    "office": ((0, 1, 2, 3, 4), time(8, 30), time(17, 30)),
    "rota": ((2, 3, 4, 5, 6), time(8, 30), time(17, 30)),
}


def _technician(
    key: str, zh: str, en: str, home: tuple[float, float], shift: str, *skills: tuple[str, int, int], locale: str = "zh"
) -> Technician:
    return Technician(
        key=key,
        name=Text(zh=zh, en=en),
        locale=locale,  # type: ignore[arg-type]
        latitude=home[0],
        longitude=home[1],
        shift=shift,
        skills=skills,
    )


# A skill names a model by its key in `models.py` where the maker trains on it, or a device class for other makers.
TECHNICIANS = (
    _technician(
        "hengxiu-zheng",
        "郑海波",
        "Zheng Haibo",
        (30.2075, 120.2188),
        "early, week",
        ("infusion_pump", 3, 410),
        ("syringe_pump", 3, 410),
        ("monitor", 2, 210),
    ),
    _technician(
        "hengxiu-wu",
        "吴立新",
        "Wu Lixin",
        (30.1668, 120.2583),
        "early, weekend",
        ("infusion_pump", 2, 300),
        ("syringe_pump", 2, 300),
        ("ecg", 2, 300),
    ),
    _technician(
        "hengxiu-sun",
        "孙鹏程",
        "Sun Pengcheng",
        (30.2461, 120.1712),
        "late, week",
        ("infusion_pump", 3, 520),
        ("syringe_pump", 3, 520),
        ("ventilator", 3, 180),
        ("defibrillator", 2, 180),
    ),
    _technician(
        "hengxiu-li",
        "李文博",
        "Li Wenbo",
        (30.2304, 120.1935),
        "late, weekend",
        ("infusion_pump", 2, 95),
        ("syringe_pump", 2, 95),
        ("ventilator", 2, 95),
        ("monitor", 3, 640),
    ),
    _technician(
        "hengxiu-grant",
        "亚当·格兰特",
        "Adam Grant",
        (30.1892, 120.2001),
        "night, week",
        ("infusion_pump", 2, 365),
        ("syringe_pump", 2, 365),
        ("ventilator", 2, 365),
        ("monitor", 2, 365),
        locale="en",
    ),
    _technician(
        "hengxiu-song",
        "宋子昂",
        "Song Ziang",
        (30.2660, 120.2310),
        "night, weekend",
        ("infusion_pump", 2, 250),
        ("syringe_pump", 2, 250),
        ("defibrillator", 3, 250),
    ),
    # Two of his certificates have run out: a suggestion must leave him out and say why.
    _technician(
        "hengxiu-luo",
        "罗一鸣",
        "Luo Yiming",
        (30.2040, 120.2090),
        "office",
        ("infusion_pump", 3, -20),
        ("syringe_pump", 3, -20),
        ("monitor", 2, 75),
        ("ecg", 2, 75),
    ),
    _technician(
        "yanhe-cai",
        "蔡荣生",
        "Cai Rongsheng",
        (30.3201, 120.1570),
        "office",
        ("dialysis", 3, 480),
        ("steriliser", 3, 480),
        ("incubator", 2, 240),
    ),
    _technician(
        "yanhe-dong",
        "董思齐",
        "Dong Siqi",
        (30.2929, 120.1288),
        "office",
        ("anaesthesia", 3, 330),
        ("electrosurgery", 3, 330),
        ("ventilator", 2, 120),
    ),
    _technician(
        "yanhe-hu",
        "胡晓东",
        "Hu Xiaodong",
        (30.2839, 120.0126),
        "office",
        ("ventilator", 3, 270),
        ("infusion_pump", 2, 270),
        ("syringe_pump", 2, 270),
        ("monitor", 2, 270),
    ),
    _technician(
        "yanhe-ren",
        "任远航",
        "Ren Yuanhang",
        (30.2590, 120.1010),
        "rota",
        ("ultrasound", 3, 600),
        ("mobile_xray", 3, 600),
        ("ecg", 2, 12),
    ),
    _technician(
        "yanhe-zhang",
        "章若谷",
        "Zhang Ruogu",
        (30.3012, 120.0655),
        "rota",
        ("dialysis", 2, 150),
        ("anaesthesia", 2, 150),
        ("infusion_pump", 2, 150),
        ("defibrillator", 2, 150),
        ("incubator", 3, 150),
        ("monitor", 2, 150),
    ),
)

_TRAINED_BY_MAKER = ("infusion_pump", "syringe_pump", "ventilator", "monitor", "defibrillator", "ecg")


def qualifications(today: date) -> tuple[Qualification, ...]:
    """Every technician's certificates; one for a Lanmai model names the model, the others name the device class."""
    found = []
    for technician in TECHNICIANS:
        for number, (skill, level, days) in enumerate(technician.skills, 1):
            trained = skill in _TRAINED_BY_MAKER
            found.append(
                Qualification(
                    member=technician.key,
                    model=skill if trained else None,
                    device_class=None if trained else skill,
                    level=level,
                    certificate=f"{'LM' if trained else 'CAME'}-{technician.key.upper()}-{number:02}",
                    issued_by=Text(zh="澜脉医疗培训中心", en="Lanmai Training Centre")
                    if trained
                    else Text(zh="演示医学工程学会", en="Demo Society of Clinical Engineering"),
                    expires=today + timedelta(days=days),
                )
            )
    return tuple(found)


def shifts() -> tuple[Shift, ...]:
    """Every technician's weekly shift."""
    return tuple(
        Shift(member=technician.key, weekdays=weekdays, starts=starts, ends=ends)
        for technician in TECHNICIANS
        for weekdays, starts, ends in [_SHIFTS[technician.shift]]
    )


def on_shift(technician: Technician, moment: datetime) -> bool:
    """Whether the technician works at `moment`, given in the time of Hangzhou."""
    weekdays, starts, ends = _SHIFTS[technician.shift]
    clock = moment.time()
    if starts < ends:
        return moment.weekday() in weekdays and starts <= clock < ends
    begun_today = moment.weekday() in weekdays and clock >= starts
    begun_yesterday = (moment.weekday() - 1) % 7 in weekdays and clock < ends
    return begun_today or begun_yesterday
