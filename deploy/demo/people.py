"""The people of the demo and how each is reached. Names are invented; +86 100 is a range no phone has."""

from .organisations import ORGANISATIONS, nursing_units, places
from .structs import ChatIdentity, Member, Organisation, Role, Text
from .technicians import TECHNICIANS, Technician

# key, name zh, name en, title zh, title en, roles, place, channels, locale
_Row = tuple[str, str, str, str, str, tuple[Role, ...], str | None, str, str]

_N: tuple[Role, ...] = ("reporter",)
_M: tuple[Role, ...] = ("ward_manager", "reporter")
_E: tuple[Role, ...] = ("clinical_engineer", "reporter")

_YUNQI: tuple[_Row, ...] = (
    ("yunqi-lin", "林晓芸", "Lin Xiaoyun", "责任护士", "Staff nurse", _N, "yunqi/bj/icu1", "telegram", "zh"),
    ("yunqi-he", "何雨桐", "He Yutong", "责任护士", "Staff nurse", _N, "yunqi/bj/icu1", "telegram", "zh"),
    ("yunqi-qiu", "裘思远", "Qiu Siyuan", "责任护士", "Staff nurse", _N, "yunqi/bj/icu2", "telegram", "zh"),
    ("yunqi-tong", "童佳禾", "Tong Jiahe", "急诊护士", "Emergency nurse", _N, "yunqi/bj/er", "telegram", "zh"),
    ("yunqi-marsh", "艾米·马什", "Amy Marsh", "国际医疗护士", "Staff nurse", _N, "yunqi/bj/car", "telegram", "en"),
    ("yunqi-lou", "楼清扬", "Lou Qingyang", "责任护士", "Staff nurse", _N, "yunqi/bj/neo", "telegram", "zh"),
    ("yunqi-yu", "俞静姝", "Yu Jingshu", "透析护士", "Dialysis nurse", _N, "yunqi/cb/hd", "telegram", "zh"),
    ("yunqi-shen", "沈若兰", "Shen Ruolan", "护士长", "Ward manager", _M, "yunqi/bj/icu1", "telegram", "zh"),
    ("yunqi-kong", "孔令仪", "Kong Lingyi", "护士长", "Ward manager", _M, "yunqi/bj/icu2", "telegram", "zh"),
    ("yunqi-ni", "倪春晓", "Ni Chunxiao", "护士长", "Ward manager", _M, "yunqi/bj/er", "telegram", "zh"),
    ("yunqi-jiang", "蒋亦凡", "Jiang Yifan", "护士长", "Ward manager", _M, "yunqi/bj/car", "telegram", "zh"),
    ("yunqi-zhu", "祝云帆", "Zhu Yunfan", "护士长", "Ward manager", _M, "yunqi/bj/res", "telegram", "zh"),
    ("yunqi-pan", "潘巧云", "Pan Qiaoyun", "手术室护士长", "Theatre manager", _M, "yunqi/bj/or", "telegram", "zh"),
    ("yunqi-ruan", "阮明珠", "Ruan Mingzhu", "护士长", "Ward manager", _M, "yunqi/bj/neo", "telegram", "zh"),
    ("yunqi-ge", "葛文竹", "Ge Wenzhu", "超声科技师长", "Chief sonographer", _M, "yunqi/bj/us", "telegram", "zh"),
    ("yunqi-dai", "戴月如", "Dai Yueru", "护士长", "Ward manager", _M, "yunqi/cb/hd", "telegram", "zh"),
    ("yunqi-shao", "邵忆南", "Shao Yinan", "护士长", "Ward manager", _M, "yunqi/cb/ger", "telegram", "zh"),
    (
        "yunqi-mao",
        "毛立春",
        "Mao Lichun",
        "供应中心护士长",
        "Sterile supply manager",
        _M,
        "yunqi/cb/cssd",
        "telegram",
        "zh",
    ),
    (
        "yunqi-zhou",
        "周启明",
        "Zhou Qiming",
        "医学工程部主任",
        "Head of clinical engineering",
        ("clinical_engineer", "quality", "analyst"),
        None,
        "slack",
        "zh",
    ),
    ("yunqi-xu", "徐博文", "Xu Bowen", "临床工程师", "Clinical engineer", _E, None, "slack", "zh"),
    ("yunqi-feng", "冯海舟", "Feng Haizhou", "临床工程师", "Clinical engineer", _E, None, "slack telegram", "zh"),
    (
        "yunqi-du",
        "杜可馨",
        "Du Kexin",
        "医工部调度",
        "Service desk",
        ("service_desk", "dispatcher"),
        None,
        "slack",
        "zh",
    ),
    ("yunqi-tao", "陶广德", "Tao Guangde", "备件管理员", "Storekeeper", ("storekeeper",), None, "slack", "zh"),
    ("yunqi-admin", "钟毅", "Zhong Yi", "系统管理员", "Administrator", ("admin",), None, "slack", "zh"),
)
_FENGQI: tuple[_Row, ...] = (
    ("fengqi-wan", "万芷晴", "Wan Zhiqing", "责任护士", "Staff nurse", _N, "fengqi/yh/icu", "telegram", "zh"),
    ("fengqi-chu", "褚小满", "Chu Xiaoman", "急诊护士", "Emergency nurse", _N, "fengqi/yh/er", "telegram", "zh"),
    ("fengqi-ji", "季书瑶", "Ji Shuyao", "护士长", "Ward manager", _M, "fengqi/yh/icu", "telegram", "zh"),
    ("fengqi-qian", "钱桂枝", "Qian Guizhi", "护士长", "Ward manager", _M, "fengqi/yh/er", "telegram", "zh"),
    ("fengqi-bao", "包慧中", "Bao Huizhong", "护士长", "Ward manager", _M, "fengqi/yh/med", "telegram", "zh"),
    ("fengqi-lu", "陆安然", "Lu Anran", "手术室护士长", "Theatre manager", _M, "fengqi/yh/or", "telegram", "zh"),
    (
        "fengqi-meng",
        "孟凡一",
        "Meng Fanyi",
        "设备科科长",
        "Head of clinical engineering",
        ("clinical_engineer", "service_desk", "quality", "reporter"),
        None,
        "slack",
        "zh",
    ),
    ("fengqi-ye", "叶知秋", "Ye Zhiqiu", "临床工程师", "Clinical engineer", _E, None, "telegram", "zh"),
    ("fengqi-admin", "施正", "Shi Zheng", "系统管理员", "Administrator", ("admin",), None, "slack", "zh"),
)
_LANMAI: tuple[_Row, ...] = (
    (
        "lanmai-gu",
        "顾明远",
        "Gu Mingyuan",
        "售后质量经理",
        "After-sales quality manager",
        ("quality", "analyst"),
        None,
        "",
        "zh",
    ),
    ("lanmai-reid", "丹尼尔·里德", "Daniel Reid", "投诉处理专员", "Complaint officer", ("quality",), None, "", "en"),
    ("lanmai-admin", "韦思源", "Wei Siyuan", "系统管理员", "Administrator", ("admin",), None, "", "zh"),
)
_HENGXIU: tuple[_Row, ...] = (
    ("hengxiu-xie", "谢婉清", "Xie Wanqing", "调度主管", "Dispatcher", ("dispatcher", "service_desk"), None, "", "zh"),
    ("hengxiu-ma", "马骏驰", "Ma Junchi", "客服专员", "Service desk", ("service_desk",), None, "slack", "zh"),
    ("hengxiu-cui", "崔雪梅", "Cui Xuemei", "库管员", "Storekeeper", ("storekeeper",), None, "slack", "zh"),
    (
        "hengxiu-peng",
        "彭卓然",
        "Peng Zhuoran",
        "质量工程师",
        "Quality engineer",
        ("quality", "analyst"),
        None,
        "slack",
        "zh",
    ),
    ("hengxiu-admin", "方恒", "Fang Heng", "系统管理员", "Administrator", ("admin",), None, "slack", "zh"),
)
_YANHE: tuple[_Row, ...] = (
    (
        "yanhe-cole",
        "海伦·科尔",
        "Helen Cole",
        "调度",
        "Dispatcher",
        ("dispatcher", "service_desk"),
        None,
        "slack",
        "en",
    ),
    (
        "yanhe-huang",
        "黄守拙",
        "Huang Shouzhuo",
        "库管兼质量",
        "Stores and quality",
        ("storekeeper", "quality"),
        None,
        "telegram",
        "zh",
    ),
    ("yanhe-admin", "金砚", "Jin Yan", "系统管理员", "Administrator", ("admin",), None, "slack", "zh"),
)
_ZHUNHENG: tuple[_Row, ...] = (
    (
        "zhunheng-tang",
        "汤致和",
        "Tang Zhihe",
        "检定员",
        "Verification officer",
        ("technician", "quality"),
        None,
        "",
        "zh",
    ),
    ("zhunheng-wen", "温良", "Wen Liang", "业务受理", "Service desk", ("service_desk", "dispatcher"), None, "", "zh"),
    ("zhunheng-admin", "衡一", "Heng Yi", "系统管理员", "Administrator", ("admin",), None, "", "zh"),
)

_UNIT_PHONES = tuple(unit for unit in nursing_units() if unit.startswith(("yunqi/bj/icu", "yunqi/bj/er", "fengqi")))
"""Wards whose shared phone has an account of its own."""

_ORGANISATION = {organisation.key: organisation for organisation in ORGANISATIONS}


def members() -> tuple[Member, ...]:
    """Everyone, each with phone, mail and chats; numbers follow the order of the tables."""
    people: list[Member] = []
    for row in (*_YUNQI, *_FENGQI, *_LANMAI, *_HENGXIU, *_YANHE, *_ZHUNHENG):
        people.append(_person(len(people) + 1, row))
    for technician in TECHNICIANS:
        people.append(_technician(len(people) + 1, technician))
    names = {place.key: place.name for place in places()}
    for unit in _UNIT_PHONES:
        people.append(_unit_phone(len(people) + 1, unit, names[unit]))
    return tuple(people)


def _person(number: int, row: _Row) -> Member:
    key, zh, en, title_zh, title_en, roles, place, channels, locale = row
    organisation = _ORGANISATION[key.split("-")[0]]
    return Member(
        key=key,
        organisation=organisation.key,
        name=Text(zh=zh, en=en),
        roles=roles,
        title=Text(zh=title_zh, en=title_en),
        email=_mail(en, organisation),
        phone=_phone(number),
        locale=locale,  # type: ignore[arg-type]
        place=place,
        password_login="admin" in roles or not channels or not set(roles) <= {"reporter", "ward_manager"},
        chats=tuple(_chat(channel, number, en, organisation) for channel in channels.split()),
    )


def _technician(number: int, technician: Technician) -> Member:
    organisation = _ORGANISATION[technician.key.split("-")[0]]
    return Member(
        key=technician.key,
        organisation=organisation.key,
        name=technician.name,
        roles=("technician",),
        title=Text(zh="现场工程师", en="Field engineer"),
        email=_mail(technician.name.en, organisation),
        phone=_phone(number),
        locale=technician.locale,
        password_login=True,
        chats=(_chat("slack", number, technician.name.en, organisation),),
        latitude=technician.latitude,
        longitude=technician.longitude,
    )


def _unit_phone(number: int, unit: str, name: Text) -> Member:
    organisation = _ORGANISATION[unit.split("/", maxsplit=1)[0]]
    login = unit.replace("/", "-")
    return Member(
        key=f"{login}-phone",
        organisation=organisation.key,
        name=Text(zh=f"{name.zh}公用手机", en=f"{name.en} shared phone"),
        roles=("reporter",),
        title=Text(zh="病区公用账号", en="Unit account"),
        email=f"{login}@{organisation.mail_domain}",
        phone=_phone(number),
        place=unit,
        unit_account=True,
        chats=(_chat("telegram", number, login, organisation),),
    )


def _chat(channel: str, number: int, name: str, organisation: Organisation) -> ChatIdentity:
    username = "".join(letter for letter in name.lower() if letter.isalnum())
    if channel == "telegram":
        user = str(7_000_000_000 + number)
        return ChatIdentity(channel="telegram", user_id=user, chat_id=user, username=f"{username}_demo")
    return ChatIdentity(
        channel="slack",
        user_id=f"U0DEMO{number:04}",
        chat_id=f"D0DEMO{number:04}",
        team_id=organisation.slack_team,
        username=username,
    )


def _mail(name: str, organisation: Organisation) -> str:
    return f"{name.lower().replace(' ', '.')}@{organisation.mail_domain}"


def _phone(number: int) -> str:
    return f"+86 100 0000 {number:04}"
