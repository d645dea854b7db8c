"""Service contracts, sharing agreements and portal keys between the organisations of the demo."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from .models import MODELS
from .structs import Agreement, AgreementKind, ApiKey, Contract, Device, FieldGroup, Text

_SERVICE: tuple[FieldGroup, ...] = ("progress", "people", "clinical", "quality", "commercial", "messages")
_MAKER: tuple[FieldGroup, ...] = ("progress", "quality", "vigilance")
_TESTING: tuple[FieldGroup, ...] = ("progress", "quality")


def contracts(today: date, devices: Sequence[Device]) -> tuple[Contract, ...]:
    """Every contract with the devices it covers; all run for two years."""

    def contract(
        key: str,
        hospital: str,
        vendor: str,
        title: tuple[str, str],
        classes: tuple[str, ...],
        *,
        minutes: tuple[int, int, int],
        days_left: int,
        price: int,
        straight: bool = False,
        calendar: Literal["24x7", "workdays"] = "workdays",
        uptime: float = 97.0,
    ) -> Contract:
        ends = today + timedelta(days=days_left)
        starts = ends - timedelta(days=730)
        return Contract(
            key=key,
            number=f"{key}-{starts.year}",
            title=Text(zh=title[0], en=title[1]),
            hospital=hospital,
            vendor=vendor,
            device_classes=classes,
            devices=tuple(device.key for device in devices if device.hospital == hospital and device.model in classes),
            starts=starts,
            ends=ends,
            straight_to_vendor=straight,
            response_minutes=minutes[0],
            arrival_minutes=minutes[1],
            restoration_minutes=minutes[2],
            calendar=calendar,
            uptime_percent=uptime,
            price=price,
        )

    pumps = ("infusion_pump", "syringe_pump")
    theatre = ("anaesthesia", "electrosurgery")
    return (
        contract(
            "HX-YQ-01",
            "yunqi",
            "hengxiu",
            ("输注泵全保", "Infusion and syringe pumps, full cover"),
            pumps,
            minutes=(30, 120, 1440),
            days_left=205,
            price=16_800_000,
            straight=True,
            calendar="24x7",
            uptime=98.5,
        ),
        contract(
            "HX-YQ-02",
            "yunqi",
            "hengxiu",
            ("呼吸机与除颤仪全保", "Ventilators and defibrillators, full cover"),
            ("ventilator", "defibrillator"),
            minutes=(30, 240, 1440),
            days_left=205,
            price=24_600_000,
            calendar="24x7",
            uptime=98.0,
        ),
        contract(
            "YH-YQ-03",
            "yunqi",
            "yanhe",
            ("透析、手术与灭菌设备技术保", "Dialysis, theatre and sterilisers, labour only"),
            (*theatre, "dialysis", "steriliser", "incubator"),
            minutes=(60, 240, 2880),
            days_left=118,
            price=31_500_000,
        ),
        contract(
            "YH-FQ-01",
            "fengqi",
            "yanhe",
            ("生命支持与手术设备全保", "Life support and theatre, full cover"),
            (*pumps, *theatre, "ventilator"),
            minutes=(60, 240, 2880),
            days_left=290,
            price=18_200_000,
            straight=True,
        ),
        # Ran out and was not renewed: the ultrasound systems are outside any contract now.
        contract(
            "YH-YQ-00",
            "yunqi",
            "yanhe",
            ("超声技术保", "Ultrasound, labour only"),
            ("ultrasound",),
            minutes=(60, 480, 4320),
            days_left=-40,
            price=9_900_000,
            uptime=96.0,
        ),
    )


def agreements(today: date) -> tuple[Agreement, ...]:
    """Who may see what of whose tickets. The maker never sees people or messages: no ward contact reaches it."""
    starts, ends = today - timedelta(days=525), today + timedelta(days=570)
    lanmai = tuple(model.key for model in MODELS if model.maker == "lanmai")
    others = tuple(model.key for model in MODELS if model.maker is None)

    def agreement(
        kind: AgreementKind, grantor: str, grantee: str, groups: tuple[FieldGroup, ...], models: tuple[str, ...] = ()
    ) -> Agreement:
        return Agreement(
            key=f"{kind}:{grantor}-{grantee}",
            kind=kind,
            grantor=grantor,
            grantee=grantee,
            groups=groups,
            models=models,
            starts=starts,
            ends=ends,
        )

    return (
        agreement("service", "yunqi", "hengxiu", _SERVICE, lanmai),
        agreement("service", "yunqi", "yanhe", _SERVICE, others),
        agreement("service", "fengqi", "yanhe", _SERVICE, lanmai + others),
        agreement("service", "fengqi", "hengxiu", _SERVICE, lanmai),
        agreement("maker", "yunqi", "lanmai", _MAKER, lanmai),
        agreement("maker", "fengqi", "lanmai", _MAKER, lanmai),
        agreement("authorisation", "lanmai", "hengxiu", _MAKER, lanmai),
        agreement("authorisation", "lanmai", "yanhe", _MAKER, ("infusion_pump", "syringe_pump", "ventilator")),
        agreement("verification", "yunqi", "zhunheng", _TESTING),
        agreement("verification", "fengqi", "zhunheng", _TESTING),
    )


API_KEYS = (
    ApiKey(
        key="lanmai-portal",
        organisation="lanmai",
        name=Text(zh="澜脉售后门户", en="Lanmai after-sales portal"),
        scopes=("portal", "read.vigilance"),
    ),
    ApiKey(
        key="yanhe-portal",
        organisation="yanhe",
        name=Text(zh="砚和工单系统", en="Yanhe work order system"),
        scopes=("portal", "read.people", "read.clinical", "read.commercial"),
    ),
)
"""The keys that the loader makes; their secrets exist only in the running system."""
