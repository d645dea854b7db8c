"""Six repairs that are under way when the demo starts, one in each of the states a newcomer should see."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from .history import CHINA
from .structs import Device, OpenTicket, Text


def open_tickets(today: date, devices: Sequence[Device]) -> tuple[OpenTicket, ...]:
    """The six, all begun before `today` begins in Hangzhou; none is on the device of the story."""
    midnight = datetime.combine(today, time(), CHINA)

    def ago(*, days: int = 0, hours: int = 0, minutes: int = 0) -> datetime:
        return midnight - timedelta(days=days, hours=hours, minutes=minutes)

    def at(unit: str, model: str) -> str:
        """The last device of that model in the unit, so that the first ones stay free."""
        return [device.key for device in devices if device.place.startswith(unit) and device.model == model][-1]

    return (
        OpenTicket(
            key="open-1",
            hospital="yunqi",
            device=at("yunqi/cb/ger", "monitor"),
            reporter="yunqi-shao",
            symptom="血氧测不出,换了探头也不行",
            locale="zh",
            use_state="degraded",
            state="reported",
            occurred_at=ago(hours=1, minutes=12),
        ),
        OpenTicket(
            key="open-2",
            hospital="yunqi",
            device=at("yunqi/bj/neo", "syringe_pump"),
            reporter="yunqi-lou",
            symptom="注射泵推一半卡住,报驱动故障,已换泵",
            locale="zh",
            use_state="patient_affected",
            state="offered",
            entitlement="contract",
            provider="hengxiu",
            engineer="hengxiu-sun",
            occurred_at=ago(minutes=38),
            offered_at=ago(minutes=21),
        ),
        OpenTicket(
            key="open-3",
            hospital="fengqi",
            device=at("fengqi/yh/icu", "ventilator"),
            reporter="fengqi-wan",
            symptom="氧浓度低报警,设 60 显示 43",
            locale="zh",
            use_state="degraded",
            state="en_route",
            entitlement="contract",
            provider="yanhe",
            engineer="yanhe-hu",
            occurred_at=ago(hours=8, minutes=40),
            offered_at=ago(hours=8, minutes=22),
            accepted_at=ago(hours=8, minutes=5),
            note=Text(zh="预计 60 分钟到达", en="Expected in 60 minutes"),
        ),
        OpenTicket(
            key="open-4",
            hospital="yunqi",
            device=at("yunqi/bj/or", "anaesthesia"),
            reporter="yunqi-pan",
            symptom="Circuit leak 280 ml/min in the morning check, canister changed, still leaking",
            locale="en",
            use_state="down",
            state="working",
            entitlement="contract",
            provider="yanhe",
            engineer="yanhe-dong",
            occurred_at=ago(hours=16, minutes=30),
            offered_at=ago(hours=16, minutes=2),
            accepted_at=ago(hours=15, minutes=41),
            arrived_at=ago(hours=14, minutes=10),
            note=Text(zh="吸收罐密封圈老化,正在更换", en="Canister seal is aged, replacing it"),
        ),
        OpenTicket(
            key="open-5",
            hospital="yunqi",
            device=at("yunqi/cb/hd", "dialysis"),
            reporter="yunqi-yu",
            symptom="透析液温度停在 34 度上不去",
            locale="zh",
            use_state="down",
            state="waiting_parts",
            entitlement="contract",
            provider="yanhe",
            engineer="yanhe-cai",
            occurred_at=ago(days=2, hours=15),
            offered_at=ago(days=2, hours=14, minutes=30),
            accepted_at=ago(days=2, hours=14, minutes=6),
            arrived_at=ago(days=2, hours=12, minutes=20),
            paused_at=ago(days=2, hours=11, minutes=15),
            note=Text(zh="加热棒断路,已订货,预计三天到", en="Heater element open, ordered, expected in three days"),
        ),
        OpenTicket(
            key="open-6",
            hospital="fengqi",
            device=at("fengqi/yh/or", "electrosurgery"),
            reporter="fengqi-lu",
            symptom="负极板报警,换了新极板还是报",
            locale="zh",
            use_state="down",
            state="finished",
            entitlement="contract",
            provider="yanhe",
            engineer="yanhe-dong",
            occurred_at=ago(days=1, hours=9),
            offered_at=ago(days=1, hours=8, minutes=45),
            accepted_at=ago(days=1, hours=8, minutes=31),
            arrived_at=ago(days=1, hours=7),
            finished_at=ago(days=1, hours=6, minutes=8),
            cause=Text(zh="负极板插座触点烧蚀", en="Contacts of the plate socket are burnt"),
            work_minutes=48,
            note=Text(
                zh="更换极板插座,测试合格,待科室验收", en="Plate socket replaced and tested, waiting for acceptance"
            ),
        ),
    )
