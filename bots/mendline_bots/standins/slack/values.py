"""What a person entered: the state Slack makes of it, and what Slack's client refuses before it is sent."""

from collections.abc import Callable
from typing import Any

from .block_kit import actionable
from .refusals import Wire

REQUIRED = "Please complete this required field."


def _options(element: Wire) -> list[Wire]:
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group["options"])]


def _option(element: Wire, value: Any) -> Wire | None:
    if isinstance(value, dict):
        value = value.get("value")
    return next((option for option in _options(element) if option["value"] == value), None)


def _chosen(element: Wire, values: Any) -> list[Wire]:
    found = (_option(element, value) for value in (values if isinstance(values, list) else [values]))
    return [option for option in found if option]


_SHAPES: dict[str, tuple[str, Callable[[Wire, Any], Any]]] = {
    "static_select": ("selected_option", _option),
    "radio_buttons": ("selected_option", _option),
    "overflow": ("selected_option", _option),
    "multi_static_select": ("selected_options", _chosen),
    "checkboxes": ("selected_options", _chosen),
    "external_select": ("selected_option", lambda _, value: value or None),
    "multi_external_select": ("selected_options", lambda _, value: value or []),
    "users_select": ("selected_user", lambda _, value: value or None),
    "multi_users_select": ("selected_users", lambda _, value: value or []),
    "conversations_select": ("selected_conversation", lambda _, value: value or None),
    "multi_conversations_select": ("selected_conversations", lambda _, value: value or []),
    "channels_select": ("selected_channel", lambda _, value: value or None),
    "multi_channels_select": ("selected_channels", lambda _, value: value or []),
    "datepicker": ("selected_date", lambda _, value: value or None),
    "timepicker": ("selected_time", lambda _, value: value or None),
    "datetimepicker": ("selected_date_time", lambda _, value: int(value) if value else None),
    "file_input": ("files", lambda _, value: value or []),
}
_DEFAULTS = {
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_conversation": "initial_conversation",
    "selected_channel": "initial_channel",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "value": "initial_value",
}


def entered(element: Wire, value: Any) -> Wire:
    """Slack's state of one element. `value` is a bare value (text, an option's value, a list) or already a state."""
    member, shape = _SHAPES.get(element["type"], ("value", lambda _, text: None if text in (None, "") else str(text)))
    if isinstance(value, dict) and member in value:
        value = value[member]
    return {"type": element["type"], member: shape(element, value)}


def state_of(blocks: list[Wire], given: dict[str, Any]) -> dict[str, dict[str, Wire]]:
    """`state.values` of a view or message: what was entered, else what the element began with.

    Only inputs and menus have a state; buttons and overflow menus have none.
    """
    values: dict[str, dict[str, Wire]] = {}
    for block in blocks:
        for element in actionable(block):
            if element["type"] in {"button", "overflow"}:
                continue
            own = given.get(block["block_id"], {})
            if element["action_id"] in own:
                state = entered(element, own[element["action_id"]])
            else:
                member = _SHAPES.get(element["type"], ("value", None))[0]
                state = entered(element, element.get(_DEFAULTS.get(member, "")))
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def _complaint(element: Wire, state: Wire, *, optional: bool) -> str | None:
    content = next(value for name, value in state.items() if name != "type")
    if not content:
        return None if optional else REQUIRED
    if element["type"] == "plain_text_input":
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        if len(content) < least:
            return f"This field needs at least {least} characters."
        if len(content) > most:
            return f"This field takes at most {most} characters."
    if element["type"] == "number_input":
        return _number_complaint(element, content)
    return None


def _number_complaint(element: Wire, content: str) -> str | None:
    try:
        number = float(content)
    except ValueError:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and not number.is_integer():
        return "Please enter a whole number."
    if number < float(element.get("min_value", "-inf")) or number > float(element.get("max_value", "inf")):
        return f"Please enter a number between {element.get('min_value', '-∞')} and {element.get('max_value', '∞')}."
    return None


def complaints(blocks: list[Wire], values: dict[str, dict[str, Wire]]) -> dict[str, str]:
    """What Slack's client says beneath the fields of a modal before it submits, by block id."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            state = values[block["block_id"]][element["action_id"]]
            if words := _complaint(element, state, optional=bool(block.get("optional"))):
                found[block["block_id"]] = words
    return found
