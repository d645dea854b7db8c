"""Words of both languages: what buttons and states are called in chat, and what reasons mean.

A person finds a button by its words, and so does the story.
"""

from collections.abc import Mapping
from typing import Any

NEW = ("是另一故障", "Another fault")
DOWN = ("停机", "down")
ACCEPT = ("接单", "Accept")
IN_HALF_AN_HOUR = ("30 分钟到", "In 30 min")
ARRIVED = ("已到场", "Arrived")
FINISH = ("完工", "Finish")
ACCEPT_REPAIR = ("维修验收通过", "Accept repair")
CONFIRM = ("确认签字", "Confirm and sign")
ARCHIVED = ("已归档", "archived")

PHOTOS = ("照片与文件", "Photos and files")
ENTITLED = ("维保合同", "Service contract")
LAST_REPAIR = ("上次维修", "Last repair")

REASONS = {
    "qualified": ("qualified until {value}", "资质有效至 {value}"),
    "on_shift": ("on shift", "当班"),
    "travel": ("{value} min away", "路程约 {value} 分钟"),
    "backlog": ("{value} jobs in hand", "在手 {value} 单"),
    "lateness": ("{value} min left before the agreed arrival", "距约定到场还有 {value} 分钟"),
    "level": ("level {value}", "等级 {value}"),
    "continuity": ("{value} jobs at this hospital lately", "近期在本院 {value} 单"),
    "specialist": ("one of few for {value} other classes", "另有 {value} 类稀缺资质"),
    "qualification_expired": ("qualification has expired", "资质已过期"),
    "not_qualified": ("not qualified for this device", "无该设备资质"),
    "not_ready": ("not ready", "未就绪"),
    "not_active": ("not active", "已停用"),
    "off_shift": ("off shift", "不当班"),
    "urgent_in_hand": ("has an urgent job in hand", "手上有紧急工单"),
    "no_access": ("the room is shut while on shift", "开放时段内不在班"),
    "device_function": ("device: {value}", "设备功能 {value}"),
    "use_state": ("use: {value}", "使用情况 {value}"),
    "clinical_location": ("clinical weight of the place: {value}", "临床区域权重 {value}"),
    "no_backup": ("no backup", "无备用机"),
}
"""What a suggestion and a priority name, for readers of the narration (English, Chinese)."""


def reason(name: str, facts: Mapping[str, Any], *, chinese: bool) -> str:
    """A reason as words; one that is not known here is told by its name."""
    english_words, chinese_words = REASONS.get(name, (name, name))
    return (chinese_words if chinese else english_words).format(**facts)
