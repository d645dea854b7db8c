"""The six organisations of the demo and the places of each."""

from .structs import Organisation, Place, Setting, Text

ORGANISATIONS = (
    Organisation(
        key="yunqi",
        code="YQH",
        kind="hospital",
        name=Text(zh="杭州云栖湖人民医院", en="Yunqi Lake People's Hospital"),
        phone="+86 571 0000 1000",
        mail_domain="yunqihu-hospital.example",
        slack_team="T0YUNQI001",
    ),
    Organisation(
        key="fengqi",
        code="FQH",
        kind="hospital",
        name=Text(zh="杭州凤栖山医院", en="Phoenix Hill Hospital Hangzhou"),
        phone="+86 571 0000 2000",
        mail_domain="fengqishan.example",
        slack_team="T0FENGQI01",
    ),
    Organisation(
        key="lanmai",
        code="LM",
        kind="manufacturer",
        name=Text(zh="杭州澜脉医疗器械股份有限公司", en="Hangzhou Lanmai Medical Co., Ltd."),
        phone="+86 571 0000 3000",
        mail_domain="lanmai-medical.example",
    ),
    Organisation(
        key="hengxiu",
        code="HX",
        kind="vendor",
        name=Text(zh="浙江衡修医疗技术服务有限公司", en="Zhejiang Hengxiu Medical Engineering"),
        phone="+86 571 0000 4000",
        mail_domain="hengxiu.example",
        slack_team="T0HENGXIU1",
    ),
    Organisation(
        key="yanhe",
        code="YH",
        kind="vendor",
        name=Text(zh="杭州砚和设备维护有限公司", en="Yanhe Equipment Care Hangzhou"),
        phone="+86 571 0000 5000",
        mail_domain="yanhe-care.example",
        slack_team="T0YANHE001",
    ),
    Organisation(
        key="zhunheng",
        code="ZH",
        kind="testing_body",
        name=Text(zh="浙江准衡计量检测中心", en="Zhunheng Metrology and Testing Centre"),
        phone="+86 571 0000 6000",
        mail_domain="zhunheng.example",
    ),
)

# key, organisation, name, address, latitude, longitude
_CAMPUSES = (
    (
        "yunqi/bj",
        "yunqi",
        ("滨江院区", "Binjiang campus"),
        ("滨江区云栖湖路 1 号", "1 Yunqihu Rd, Binjiang"),
        30.2012,
        120.2107,
    ),
    (
        "yunqi/cb",
        "yunqi",
        ("城北院区", "Chengbei campus"),
        ("拱墅区栖霞弄 88 号", "88 Qixia Ln, Gongshu"),
        30.3266,
        120.1483,
    ),
    (
        "fengqi/yh",
        "fengqi",
        ("余杭院区", "Yuhang campus"),
        ("余杭区凤栖街 200 号", "200 Fengqi St, Yuhang"),
        30.2817,
        119.9969,
    ),
    (
        "hengxiu/depot",
        "hengxiu",
        ("萧山服务站", "Xiaoshan depot"),
        ("萧山区衡修路 6 号", "6 Hengxiu Rd, Xiaoshan"),
        30.1851,
        120.2643,
    ),
    (
        "yanhe/depot",
        "yanhe",
        ("拱墅服务站", "Gongshu depot"),
        ("拱墅区砚和里 12 号", "12 Yanhe Li, Gongshu"),
        30.3148,
        120.1712,
    ),
)

# key of the nursing unit, department, name of the unit, setting, beds
_UNITS: tuple[tuple[str, tuple[str, str], tuple[str, str], Setting, int], ...] = (
    ("yunqi/bj/icu1", ("重症医学科", "Critical Care"), ("ICU 一病区", "ICU Ward 1"), "intensive", 8),
    ("yunqi/bj/icu2", ("重症医学科", "Critical Care"), ("ICU 二病区", "ICU Ward 2"), "intensive", 6),
    ("yunqi/bj/er", ("急诊医学科", "Emergency"), ("急诊抢救区", "Resuscitation Area"), "emergency", 4),
    ("yunqi/bj/car", ("心血管内科", "Cardiology"), ("心内一病区", "Cardiology Ward 1"), "ward", 6),
    ("yunqi/bj/res", ("呼吸内科", "Respiratory Medicine"), ("呼吸一病区", "Respiratory Ward 1"), "ward", 6),
    ("yunqi/bj/or", ("手术麻醉科", "Theatres and Anaesthesia"), ("手术室", "Operating Theatres"), "operating", 0),
    ("yunqi/bj/neo", ("新生儿科", "Neonatology"), ("新生儿重症病区", "Neonatal ICU"), "intensive", 6),
    ("yunqi/bj/us", ("超声医学科", "Ultrasound"), ("超声检查室", "Ultrasound Rooms"), "outpatient", 0),
    ("yunqi/cb/hd", ("肾内科", "Nephrology"), ("血液净化中心", "Dialysis Centre"), "ward", 6),
    ("yunqi/cb/ger", ("老年医学科", "Geriatrics"), ("老年一病区", "Geriatric Ward 1"), "ward", 6),
    ("yunqi/cb/cssd", ("消毒供应中心", "Sterile Supply"), ("灭菌区", "Sterilisation Area"), "support", 0),
    ("fengqi/yh/icu", ("重症医学科", "Critical Care"), ("ICU 病区", "ICU"), "intensive", 6),
    ("fengqi/yh/er", ("急诊科", "Emergency"), ("急诊抢救室", "Resuscitation Room"), "emergency", 3),
    ("fengqi/yh/med", ("内科", "Internal Medicine"), ("内科二病区", "Medical Ward 2"), "ward", 6),
    ("fengqi/yh/or", ("手术室", "Operating Theatres"), ("手术室", "Operating Theatres"), "operating", 0),
)


def places() -> tuple[Place, ...]:
    """Every place, parents before their children."""
    found: dict[str, Place] = {}
    for key, organisation, (zh, en), (address_zh, address_en), latitude, longitude in _CAMPUSES:
        found[key] = Place(
            key=key,
            organisation=organisation,
            kind="campus",
            name=Text(zh=zh, en=en),
            address=Text(zh=f"杭州市{address_zh}", en=f"{address_en}, Hangzhou"),
            latitude=latitude,
            longitude=longitude,
        )
    for key, department, unit, setting, beds in _UNITS:
        organisation, campus = key.split("/")[0], key.rsplit("/", 1)[0]
        above = f"{campus}/{department[1].split()[0].lower()}-dept"
        found.setdefault(above, _place(above, organisation, "department", department, campus))
        found[key] = _place(key, organisation, "nursing_unit", unit, above, setting)
        for number in range(1, beds + 1):
            bed = f"{key}/{number:02}"
            found[bed] = _place(bed, organisation, "bed", (f"{number:02} 床", f"Bed {number:02}"), key)
    return tuple(found.values())


def nursing_units() -> tuple[str, ...]:
    """The keys of all nursing units, in the order of the table."""
    return tuple(unit[0] for unit in _UNITS)


def _place(
    key: str, organisation: str, kind: str, name: tuple[str, str], parent: str, setting: Setting | None = None
) -> Place:
    return Place(
        key=key,
        organisation=organisation,
        kind=kind,  # type: ignore[arg-type]
        name=Text(zh=name[0], en=name[1]),
        parent=parent,
        setting=setting,
    )
