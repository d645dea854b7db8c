"""Block Kit: which blocks and elements exist, what they must hold and how long it may be.

Limits from Slack's reference of blocks, block elements, composition objects and views.
"""

from typing import Any

from .shapes import Check, Faults, fault, flag, listed, one_of, record, string, typed, whatever, whole, with_any

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
IDENTIFIER = 255


def _text(most: int, *kinds: str) -> Check:
    allowed = kinds or ("plain_text", "mrkdwn")
    shape = record(
        {"type": one_of(*allowed), "text": string(most)},
        {"emoji": flag, "verbatim": flag},
    )

    def check(value: Any, pointer: str, faults: Faults) -> None:
        found: Faults = []
        shape(value, pointer, found)
        if found:
            # Slack names the text object as a whole first, then what is wrong inside it.
            fault(faults, "failed to match all allowed schemas", pointer)
            faults.extend(found)

    return check


def _plain(most: int) -> Check:
    return _text(most, "plain_text")


def _kind(name: str) -> Check:
    return one_of(name)


_CONFIRM = record(
    {"title": _plain(100), "text": _text(300), "confirm": _plain(30), "deny": _plain(30)},
    {"style": one_of("primary", "danger")},
)
_OPTION = record({"text": _text(75), "value": string(150)}, {"description": _text(75), "url": string(3000)})
_OPTIONS = listed(_OPTION, 100)
_GROUPS = listed(record({"label": _plain(75), "options": _OPTIONS}, {}), 100)
_ACTION = {"action_id": string(IDENTIFIER), "confirm": _CONFIRM, "focus_on_load": flag}
_PLACEHOLDER = {"placeholder": _plain(150)}
_DISPATCH = {"dispatch_action_config": whatever}


def _element(name: str, **optional: Check) -> Check:
    return _demanding(name, {}, **optional)


def _demanding(name: str, required: dict[str, Check], **optional: Check) -> Check:
    return record({"type": _kind(name), **required}, {**_ACTION, **optional})


def _select(kind: str, **more: Check) -> dict[str, Check]:
    """The single and the multiple form of one select menu."""
    single, several = f"{kind}_select", f"multi_{kind}_select"
    shapes = {
        single: _element(single, **_PLACEHOLDER, **more, response_url_enabled=flag),
        several: _element(several, **_PLACEHOLDER, **more, max_selected_items=whole(1, 100)),
    }
    if kind == "static":
        return {name: with_any(shape, "options", "option_groups") for name, shape in shapes.items()}
    return shapes


_SLACK_FILE = with_any(record({}, {"id": string(64), "url": string(3000)}), "id", "url")
_IMAGE = with_any(
    record(
        {"type": _kind("image"), "alt_text": string(2000)},
        {"image_url": string(3000), "slack_file": _SLACK_FILE, "title": _plain(2000), "block_id": string(IDENTIFIER)},
    ),
    "image_url",
    "slack_file",
)
_SELECTS = {
    **_select("static", options=_OPTIONS, option_groups=_GROUPS, initial_option=_OPTION, initial_options=_OPTIONS),
    **_select("external", min_query_length=whole(0, 100), initial_option=_OPTION, initial_options=_OPTIONS),
    **_select("users", initial_user=string(64), initial_users=listed(string(64), 100)),
    **_select("conversations", initial_conversation=string(64), default_to_current_conversation=flag, filter=whatever),
    **_select("channels", initial_channel=string(64), initial_channels=listed(string(64), 100)),
}
_CHOICES = {
    "checkboxes": _demanding("checkboxes", {"options": listed(_OPTION, 10)}, initial_options=listed(_OPTION, 10)),
    "radio_buttons": _demanding("radio_buttons", {"options": listed(_OPTION, 10)}, initial_option=_OPTION),
    "datepicker": _element("datepicker", initial_date=string(10), **_PLACEHOLDER),
    "timepicker": _element("timepicker", initial_time=string(5), timezone=string(64), **_PLACEHOLDER),
    "datetimepicker": _element("datetimepicker", initial_date_time=whole(10**9, 10**10)),
    **_SELECTS,
}
_BUTTONS = {
    "button": _demanding(
        "button",
        {"text": _plain(75)},
        value=string(2000),
        url=string(3000),
        style=one_of("primary", "danger"),
        accessibility_label=string(75),
    ),
    "overflow": _demanding("overflow", {"options": listed(_OPTION, 5)}),
}
_FIELDS = {
    "plain_text_input": _element(
        "plain_text_input",
        initial_value=string(3000, 0),
        multiline=flag,
        min_length=whole(0, 3000),
        max_length=whole(1, 3000),
        **_PLACEHOLDER,
        **_DISPATCH,
    ),
    "email_text_input": _element("email_text_input", initial_value=string(254, 0), **_PLACEHOLDER, **_DISPATCH),
    "url_text_input": _element("url_text_input", initial_value=string(3000, 0), **_PLACEHOLDER, **_DISPATCH),
    "number_input": _demanding(
        "number_input",
        {"is_decimal_allowed": flag},
        initial_value=string(40, 0),
        min_value=string(40),
        max_value=string(40),
        **_PLACEHOLDER,
        **_DISPATCH,
    ),
    "file_input": _element("file_input", filetypes=listed(string(20), 100), max_files=whole(1, 10)),
}


def _block(name: str, required: dict[str, Check] | None = None, **optional: Check) -> Check:
    return record({"type": _kind(name), **(required or {})}, {"block_id": string(IDENTIFIER), **optional})


_SECTION = with_any(
    _block(
        "section",
        text=_text(3000),
        fields=listed(_text(2000), 10),
        accessory=typed({**_BUTTONS, **_CHOICES, "image": _IMAGE}),
        expand=flag,
    ),
    "text",
    "fields",
)
_RICH = {f"rich_text_{part}": whatever for part in ("section", "list", "quote", "preformatted")}
_EVERYWHERE = {
    "section": _SECTION,
    "header": _block("header", {"text": _plain(150)}),
    "divider": _block("divider"),
    "image": _IMAGE,
    "actions": _block("actions", {"elements": listed(typed({**_BUTTONS, **_CHOICES}), 25)}),
    "context": _block(
        "context",
        {"elements": listed(typed({"image": _IMAGE, "plain_text": _text(3000), "mrkdwn": _text(3000)}), 10)},
    ),
    "input": _block(
        "input",
        {"label": _plain(2000), "element": typed({**_FIELDS, **_CHOICES})},
        hint=_plain(2000),
        optional=flag,
        dispatch_action=flag,
    ),
    "rich_text": _block("rich_text", {"elements": listed(typed(_RICH), 100, 0)}),
}
_IN_MESSAGES = {**_EVERYWHERE, "markdown": _block("markdown", {"text": string(12000)})}

_message_blocks = listed(typed(_IN_MESSAGES), MESSAGE_BLOCKS, 0)
_view_blocks = listed(typed(_EVERYWHERE), VIEW_BLOCKS, 0)
_VIEW_MEMBERS = {
    "private_metadata": string(3000, 0),
    "callback_id": string(IDENTIFIER, 0),
    "external_id": string(IDENTIFIER, 0),
}
_MODAL = record(
    {"type": _kind("modal"), "title": _plain(24), "blocks": _view_blocks},
    {
        **_VIEW_MEMBERS,
        "submit": _plain(24),
        "close": _plain(24),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
)
_HOME = record({"type": _kind("home"), "blocks": _view_blocks}, _VIEW_MEMBERS)


def actionable(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The elements of a well-shaped block that a person can work: buttons, menus, input fields."""
    if block["type"] not in {"actions", "section", "input"}:
        return []
    inside = [*(block.get("elements") or []), block.get("accessory"), block.get("element")]
    return [each for each in inside if each and each["type"] != "image"]


def _repetitions(blocks: list[dict[str, Any]], pointer: str) -> Faults:
    """`block_id` is unique in the document, `action_id` within its block."""
    faults: Faults = []
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        name = block.get("block_id")
        if name and name in seen:
            fault(faults, f"block_id {name!r} already exists", f"{pointer}/{index}/block_id")
        elif name:
            seen.add(name)
        ids = [each["action_id"] for each in actionable(block) if each.get("action_id")]
        for repeated in sorted({each for each in ids if ids.count(each) > 1}):
            fault(faults, f"action_id {repeated!r} already exists", f"{pointer}/{index}")
    return faults


def faults_of_blocks(blocks: Any) -> Faults:
    """What is wrong with the blocks of a message; empty when Slack would take them."""
    faults: Faults = []
    _message_blocks(blocks, "/blocks", faults)
    return faults or _repetitions(blocks, "/blocks")


def faults_of_view(view: Any, kind: str) -> Faults:
    """What is wrong with a view that should be a `modal` or a `home`."""
    faults: Faults = []
    (_MODAL if kind == "modal" else _HOME)(view, "/view", faults)
    if faults:
        return faults
    if kind == "modal" and not view.get("submit") and any(block["type"] == "input" for block in view["blocks"]):
        fault(faults, "missing required field: submit", "/view")
    return faults + _repetitions(view["blocks"], "/view/blocks")
