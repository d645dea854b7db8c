"""The device models of the demo: six of the maker on the platform, seven of makers without an account.

GTINs begin with 6901234, the prefix of the textbooks, or 950600, which GS1 keeps for examples.
"""

from typing import Any

from biip.checksums import gs1_standard_check_digit

from .structs import Model, Text

_LANMAI = ("杭州澜脉医疗器械股份有限公司", "Hangzhou Lanmai Medical Co., Ltd.")


def _gtin(payload: str) -> str:
    return f"{payload}{gs1_standard_check_digit(payload)}".zfill(14)


def _model(
    key: str,
    name: tuple[str, str],
    number: str,
    classes: tuple[str, str, str],
    function: str,
    item: str,
    *,
    maker: tuple[str, str] | None = None,
    **more: Any,
) -> Model:
    nmpa, fda, eu = classes
    return Model(
        key=key,
        maker=None if maker else "lanmai",
        maker_name=Text(zh=(maker or _LANMAI)[0], en=(maker or _LANMAI)[1]),
        name=Text(zh=name[0], en=name[1]),
        number=number,
        gtin=_gtin(f"950600{item}" if maker else f"6901234{item}"),
        device_class=more.pop("device_class", key),
        function=function,  # type: ignore[arg-type]
        nmpa_class=nmpa,  # type: ignore[arg-type]
        fda_class=fda,  # type: ignore[arg-type]
        eu_class=eu,  # type: ignore[arg-type]
        **more,
    )


MODELS = (
    _model(
        "infusion_pump",
        ("输液泵", "Infusion pump"),
        "LM-IP600",
        ("II", "II", "IIb"),
        "therapeutic",
        "10060",
        registration="浙械注准20202140901",
        maintenance_months=6,
        verification_months=12,
        life_years=8,
        price=1_280_000,
    ),
    _model(
        "syringe_pump",
        ("注射泵", "Syringe pump"),
        "LM-SP300",
        ("II", "II", "IIb"),
        "therapeutic",
        "10030",
        registration="浙械注准20202140902",
        maintenance_months=6,
        verification_months=12,
        life_years=8,
        price=1_050_000,
    ),
    _model(
        "ventilator",
        ("治疗呼吸机", "Intensive care ventilator"),
        "LM-V80",
        ("III", "II", "IIb"),
        "life_support",
        "20080",
        registration="国械注准20193080903",
        maintenance_months=6,
        life_years=10,
        price=26_800_000,
    ),
    _model(
        "monitor",
        ("病人监护仪", "Patient monitor"),
        "LM-M12",
        ("II", "II", "IIb"),
        "monitoring",
        "30012",
        registration="浙械注准20212070904",
        maintenance_months=12,
        verification_months=12,
        life_years=8,
        price=3_600_000,
    ),
    _model(
        "defibrillator",
        ("除颤监护仪", "Defibrillator monitor"),
        "LM-D5",
        ("III", "II", "IIb"),
        "life_support",
        "40005",
        registration="国械注准20183080905",
        maintenance_months=6,
        verification_months=12,
        life_years=8,
        price=7_900_000,
    ),
    _model(
        "ecg",
        ("数字心电图机", "Electrocardiograph"),
        "LM-E12",
        ("II", "II", "IIa"),
        "diagnostic",
        "50012",
        registration="浙械注准20192070906",
        maintenance_months=12,
        verification_months=12,
        life_years=8,
        price=2_950_000,
    ),
    _model(
        "ultrasound",
        ("彩色超声诊断系统", "Colour ultrasound system"),
        "SV-9",
        ("II", "II", "IIa"),
        "diagnostic",
        "100009",
        maker=("苏州声远影像技术有限公司", "Suzhou Sonovista Imaging"),
        registration="苏械注准20202060907",
        maintenance_months=12,
        verification_months=12,
        life_years=8,
        price=98_000_000,
    ),
    _model(
        "dialysis",
        ("血液透析机", "Haemodialysis machine"),
        "RN-4008X",
        ("III", "II", "IIb"),
        "therapeutic",
        "200008",
        maker=("广州润宁血液净化设备有限公司", "Guangzhou Renning Dialysis"),
        registration="国械注准20203100908",
        maintenance_months=6,
        life_years=10,
        price=16_500_000,
    ),
    _model(
        "anaesthesia",
        ("麻醉机", "Anaesthesia workstation"),
        "AE-70",
        ("III", "II", "IIb"),
        "life_support",
        "300070",
        maker=("北京安息麻醉设备有限公司", "Beijing Anxi Anaesthesia"),
        registration="国械注准20193080909",
        maintenance_months=6,
        verification_months=12,
        life_years=10,
        price=32_000_000,
    ),
    _model(
        "electrosurgery",
        ("高频手术设备", "Electrosurgical unit"),
        "ES-400",
        ("III", "II", "IIb"),
        "therapeutic",
        "400400",
        maker=("上海刃光医疗科技有限公司", "Shanghai Renguang Medtech"),
        registration="国械注准20193010910",
        maintenance_months=12,
        life_years=8,
        price=9_800_000,
    ),
    _model(
        "incubator",
        ("婴儿培养箱", "Infant incubator"),
        "NB-2000",
        ("III", "II", "IIb"),
        "life_support",
        "500200",
        maker=("宁波暖贝婴儿设备有限公司", "Ningbo Nuanbei Infant Care"),
        registration="国械注准20183080911",
        maintenance_months=6,
        verification_months=12,
        life_years=10,
        price=8_600_000,
    ),
    _model(
        "mobile_xray",
        ("移动式数字 X 射线机", "Mobile digital X-ray"),
        "MX-32",
        ("II", "II", "IIb"),
        "diagnostic",
        "600032",
        maker=("苏州声远影像技术有限公司", "Suzhou Sonovista Imaging"),
        registration="苏械注准20212060912",
        maintenance_months=12,
        verification_months=12,
        life_years=10,
        price=68_000_000,
    ),
    _model(
        "steriliser",
        ("脉动真空灭菌器", "Vacuum steam steriliser"),
        "PV-1200",
        ("II", "II", "IIb"),
        "other",
        "700120",
        maker=("山东泉净灭菌设备有限公司", "Shandong Quanjing Sterilisers"),
        registration="鲁械注准20182110913",
        maintenance_months=3,
        verification_months=12,
        life_years=12,
        price=39_000_000,
    ),
)
"""All models; the registration numbers end in 901 to 913 and exist nowhere."""
