"""Writes what people need to use the demo: who is in the chat simulator, and how each of them logs in."""

from pathlib import Path
from typing import Any

import msgspec

from mendline.kernel.secrets import write_private

from .known import Known
from .structs import ChatIdentity, Demo, Member, Organisation

ENGINEERING_LABELS = 6
"""How many label photos somebody from clinical engineering carries; ward staff have those of their own unit."""


def write_handouts(known: Known, home: Path, password: str) -> None:
    """People and workspaces for the stand-ins, and last of all `demo.json`, for whoever logs in."""
    demo = known.demo
    people = [_simulated(demo, member, chat) for member in demo.members for chat in member.chats]
    _write(home / "standins" / "people.json", people)
    workspaces = [
        {"team_id": each.slack_team, "name": f"{each.name.zh} {each.name.en}", "domain": each.key}
        for each in demo.organisations
        if each.slack_team
    ]
    _write(home / "standins" / "slack.json", {"workspaces": workspaces})
    _write(home / "demo.json", [*_logins(demo, password), *_keys(known)])


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, msgspec.json.format(msgspec.json.encode(content), indent=2).decode())


def simulator_key(member: Member, chat: ChatIdentity) -> str:
    """The name of a person in the simulator; whoever has two chats is there twice."""
    return member.key if chat is member.chats[0] else f"{member.key}-{chat.channel}"


def _simulated(demo: Demo, member: Member, chat: ChatIdentity) -> dict[str, Any]:
    organisation = _organisation(demo, member.organisation)
    number = int if chat.channel == "telegram" else str
    return {
        "key": simulator_key(member, chat),
        "name": member.name.zh,
        "name_en": member.name.en,
        "organisation": organisation.name.zh,
        "organisation_en": organisation.name.en,
        "role": member.title.zh,
        "role_en": member.title.en,
        "language": member.locale,
        "channel": chat.channel,
        "user_id": number(chat.user_id),
        "chat_id": number(chat.chat_id),
        "team_id": chat.team_id,
        "labels": _labels(demo, member),
    }


def _labels(demo: Demo, member: Member) -> list[dict[str, str]]:
    names = {model.key: model.name for model in demo.models}
    if member.place:
        near = [device for device in demo.devices if f"{device.place}/".startswith(f"{member.place}/")]
    elif "clinical_engineer" in member.roles:
        near = [device for device in demo.devices if device.hospital == member.organisation][:ENGINEERING_LABELS]
    else:
        near = []
    return [
        {
            "title": f"{names[device.model].zh} {device.asset}",
            "title_en": f"{names[device.model].en} {device.asset}",
            "file": f"{device.asset}.jpg",
        }
        for device in near
    ]


def _organisation(demo: Demo, key: str) -> Organisation:
    return next(each for each in demo.organisations if each.key == key)


def _logins(demo: Demo, password: str) -> list[dict[str, Any]]:
    """The people of the story first, then every administrator. `story` marks those whom the table of `up` shows."""
    story = demo.story
    parts = {
        story.nurse: "nurse",
        story.ward_manager: "ward_manager",
        story.clinical_engineer: "clinical_engineer",
        story.dispatcher: "dispatcher",
        story.other_hospital_member: "other_hospital",
        story.other_vendor_member: "other_vendor",
    }
    members = {member.key: member for member in demo.members}
    shown = [members[key] for key in parts]
    shown += [m for m in demo.members if "admin" in m.roles]
    return [_login(demo, member, parts.get(member.key), password) for member in shown]


def _login(demo: Demo, member: Member, part: str | None, password: str) -> dict[str, Any]:
    organisation = _organisation(demo, member.organisation)
    ways = [chat.channel.capitalize() for chat in member.chats] + (["GraphQL"] if member.password_login else [])
    row: dict[str, Any] = {
        "name": f"{member.name.zh}\n{member.name.en}",
        "organisation": f"{organisation.name.zh}\n{organisation.name.en}",
        "role": f"{member.title.zh}\n{member.title.en}",
        "channel": "\n".join(ways),
        "login": f"{organisation.code}\n{member.email}" if member.password_login else "chat simulator\n聊天模拟",
        "password": password if member.password_login else "",
        "code": organisation.code,
        "email": member.email,
        "simulator": member.key if member.chats else None,
    }
    if part:
        row["story"] = part
    if part == "nurse":
        device = next(each for each in demo.devices if each.key == demo.story.device)
        row |= {"asset": device.asset, "label": f"{device.asset}.jpg", "caption": demo.story.caption}
    return row


def _keys(known: Known) -> list[dict[str, Any]]:
    demo = known.demo
    rows = []
    for key in demo.api_keys:
        organisation = _organisation(demo, key.organisation)
        row = {
            "name": f"{key.name.zh}\n{key.name.en}",
            "organisation": f"{organisation.name.zh}\n{organisation.name.en}",
            "role": ", ".join(key.scopes),
            "channel": "GraphQL",
            "login": "API key: demo.json\n密钥见 demo.json",
            "password": "",
            "code": organisation.code,
            "key": known.api_keys[key.key],
        }
        if key.key == demo.story.manufacturer_key:
            row["story"] = "portal"
        rows.append(row)
    return rows
