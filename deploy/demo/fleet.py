"""The sixty devices of the two hospitals: where each stands, how old it is and what its label says."""

import random
from datetime import date, timedelta

from mendline.devices import Gs1Fields, device_link, element_string

from .models import MODELS
from .organisations import ORGANISATIONS
from .structs import Device, Model

LINK_BASE = "https://mendline.example"
"""Stands in the stickers' QR codes; a reader looks at the path only."""

# Chinese hospitals begin asset numbers with the class of the old device catalogue: 6854 for pumps and ventilators, …
_CATALOGUE = {
    "infusion_pump": "6854",
    "syringe_pump": "6854",
    "ventilator": "6854",
    "anaesthesia": "6854",
    "incubator": "6854",
    "monitor": "6821",
    "defibrillator": "6821",
    "ecg": "6821",
    "ultrasound": "6823",
    "electrosurgery": "6825",
    "mobile_xray": "6830",
    "dialysis": "6845",
    "steriliser": "6857",
}

# nursing unit, then (model, how many); those with beds are spread over them
_FLEET: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = (
    (
        "yunqi/bj/icu1",
        (("infusion_pump", 5), ("syringe_pump", 2), ("ventilator", 2), ("monitor", 2), ("defibrillator", 1)),
    ),
    ("yunqi/bj/icu2", (("infusion_pump", 3), ("syringe_pump", 1), ("ventilator", 1), ("monitor", 1))),
    (
        "yunqi/bj/er",
        (("infusion_pump", 1), ("ventilator", 1), ("defibrillator", 1), ("monitor", 1), ("mobile_xray", 1)),
    ),
    ("yunqi/bj/car", (("infusion_pump", 2), ("monitor", 1), ("ecg", 1))),
    ("yunqi/bj/res", (("infusion_pump", 2), ("ventilator", 1))),
    ("yunqi/bj/or", (("anaesthesia", 2), ("electrosurgery", 1))),
    ("yunqi/bj/neo", (("incubator", 2), ("syringe_pump", 1))),
    ("yunqi/bj/us", (("ultrasound", 2),)),
    ("yunqi/cb/hd", (("dialysis", 3),)),
    ("yunqi/cb/ger", (("monitor", 1), ("ecg", 1), ("infusion_pump", 1))),
    ("yunqi/cb/cssd", (("steriliser", 1),)),
    ("fengqi/yh/icu", (("infusion_pump", 2), ("syringe_pump", 1), ("ventilator", 2), ("monitor", 1))),
    ("fengqi/yh/er", (("defibrillator", 1), ("infusion_pump", 1), ("ecg", 1))),
    ("fengqi/yh/med", (("monitor", 1), ("infusion_pump", 2), ("ultrasound", 1))),
    ("fengqi/yh/or", (("anaesthesia", 1), ("electrosurgery", 1))),
)

_BEDS = {
    "yunqi/bj/icu1": 8,
    "yunqi/bj/icu2": 6,
    "yunqi/bj/car": 6,
    "yunqi/bj/neo": 6,
    "yunqi/cb/hd": 6,
    "fengqi/yh/icu": 6,
}
_SERIAL_PREFIX = {
    "infusion_pump": "LMP",
    "syringe_pump": "LMS",
    "ventilator": "LMV",
    "monitor": "LMM",
    "defibrillator": "LMD",
}
_WARRANTY_YEARS = 3


def devices(today: date, seed: int) -> tuple[Device, ...]:
    """All devices. The first infusion pump of ICU ward 1 is the one of the story: out of warranty, under contract."""
    dice = random.Random(f"fleet {seed}")
    models = {model.key: model for model in MODELS}
    found: list[Device] = []
    numbers: dict[tuple[str, str], int] = {}
    for unit, stock in _FLEET:
        hospital = unit.split("/")[0]
        bed = 0
        for key, count in stock:
            for _ in range(count):
                place = unit
                if beds := _BEDS.get(unit):
                    bed += 1
                    place = f"{unit}/{(bed - 1) % beds + 1:02}"
                family = (hospital, _CATALOGUE[key])
                numbers[family] = numbers.get(family, 0) + 1
                asset = f"{_code(hospital)[:2]}{_CATALOGUE[key]}-{numbers[family]:04}"
                age = 1500 if not found else _age(dice)
                found.append(_device(hospital, asset, models[key], place, today - timedelta(days=age), dice))
    return tuple(found)


def _age(dice: random.Random) -> int:
    """Days since purchase: most devices are past their warranty, a good third is not."""
    return dice.choice((dice.randint(60, 1080), dice.randint(1110, 2700), dice.randint(1110, 2700)))


def _device(hospital: str, asset: str, model: Model, place: str, purchased: date, dice: random.Random) -> Device:
    manufactured = purchased - timedelta(days=dice.randint(25, 200))
    prefix = _SERIAL_PREFIX.get(model.key, model.number.split("-")[0])
    serial = f"{prefix}{manufactured:%y%m}{dice.randint(0, 9999):04}"
    # Pumps are made in lots; a lot in front of the serial is what makes FNC1 matter.
    lot = f"B{manufactured:%y%j}" if model.device_class.endswith("pump") else None
    udi = Gs1Fields(gtin=model.gtin, serial=serial, lot=lot, manufactured=manufactured)
    return Device(
        key=asset,
        hospital=hospital,
        asset=asset,
        model=model.key,
        place=place,
        serial=serial,
        lot=lot,
        manufactured=manufactured,
        purchased=purchased,
        in_service=purchased + timedelta(days=dice.randint(3, 30)),
        warranty_until=purchased + timedelta(days=365 * _WARRANTY_YEARS),
        backup_available=model.device_class.endswith("pump") or model.key == "monitor",
        price=int(model.price * dice.uniform(0.9, 1.08)) // 10_000 * 10_000,
        label_text=element_string(udi),
        link=device_link(LINK_BASE, _code(hospital), asset),
    )


def _code(hospital: str) -> str:
    return next(organisation.code for organisation in ORGANISATIONS if organisation.key == hospital)
