"""What the narration shows of things: who takes part, why somebody is proposed, a window, the record at the end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mendline.app.play import words
from mendline.app.play.cast import Cast
from mendline.app.play.narrator import Narrator, Sentence

_ROLES = {
    "nurse": Sentence("the hospital (A) whose infusion pump fails", "A 医院,其输液泵发生故障"),
    "dispatcher": Sentence("the service vendor (V) that its contract names", "维保合同约定的服务商 V"),
    "portal": Sentence("the manufacturer of the pump, which follows in a portal of its own", "注册人,在自有门户中跟踪"),
    "other_hospital": Sentence("another hospital (B), which must see nothing of it", "B 医院,不应看到任何内容"),
    "other_vendor": Sentence("another vendor (W), which must see nothing either", "服务商 W,同样不应看到任何内容"),
}


def introduce(say: Narrator, cast: Cast) -> None:
    """Who takes part, for readers who know nothing."""
    say.chapter(Sentence("One repair, five organisations", "一次维修,五家单位"))
    for part, role in _ROLES.items():
        chinese, english = cast.organisation_names(part)
        say.row(say.pick(f"{english} {chinese}: {role.en}", f"{chinese}:{role.zh}"))


def proposal(say: Narrator, ticket: Mapping[str, Any]) -> None:
    """The priority and the technicians proposed for a ticket, each with what counted for and against."""

    def reason(name: str, facts: Mapping[str, Any]) -> str:
        return words.reason(name, facts, chinese=say.language == "zh")

    points = "; ".join(f"{reason(r['input'], r)} +{r['points']}" for r in ticket["clinical"]["priorityReasons"])
    say.says(f"{say.pick('Priority', '优先级')} P{ticket['priority']}: {points}")
    for candidate in ticket["suggestion"]["candidates"]:
        reasons = "; ".join(reason(each["criterion"].lower(), each) for each in candidate["reasons"])
        say.says(f"✓ {candidate['name']}: {reasons}")
    for other in ticket["suggestion"]["excluded"]:
        say.says(f"✗ {other['name']}: {reason(other['why'].lower(), other)}")


def window(view: Mapping[str, Any]) -> str:
    """A window's title and its questions, with what is drafted in them."""
    lines = [view["title"]["text"]]
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            drafted = element.get("initial_value") or (element.get("initial_option") or {}).get("value", "")
            lines.append(f"{block['label']['text']}: {drafted}")
    return "\n".join(lines)


def record(say: Narrator, ticket: Mapping[str, Any]) -> None:
    """The audit trail and the evidence of an archived ticket."""
    say.row(say.pick("The audit trail, each entry chained to the one before:", "审计记录(逐条链接):"))
    for entry in ticket["audit"]["nodes"]:
        name = entry["actorName"] or entry["actorRole"]
        organisation = (entry["organisation"] or {}).get("code") or "?"
        at = f"{datetime.fromisoformat(entry['occurredAt']).astimezone():%H:%M:%S}"
        hashed = f"{entry['hash'][:12]}…"
        say.cells(f"{entry['seq']:>2}", at, entry["command"], organisation, name, entry["channel"], hashed)
    files = ", ".join(f"{file['filename']} {file['sha256'][:10]}" for file in ticket["evidence"]["nodes"])
    say.row(say.pick(f"Archived with its evidence: {files}", f"随附证据:{files}"))
