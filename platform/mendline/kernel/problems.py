"""What is wrong with a value, as a named sentence: the validator speaks English alone."""

import re
from typing import Any

_SHAPES = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"Object missing required field `(?P<field>[^`]+)`", "missing"),
        (r"Expected `[^`]+` of length >= (?P<least>\d+)", "too_short"),
        (r"Expected `[^`]+` of length <= (?P<most>\d+)", "too_long"),
        (r"Expected `[^`]+` matching regex", "wrong_form"),
        (r"Expected `[^`]+` >=? (?P<least>\S+)", "too_small"),
        (r"Expected `[^`]+` <=? (?P<most>\S+)", "too_large"),
        (r"Expected `(?P<wanted>[^`]+)`, got `(?P<given>[^`]+)`", "wrong_type"),
        (r"Invalid enum value (?P<given>.{1,60})", "unknown_value"),
        (r"Invalid (?:RFC3339 encoded )?(?:datetime|date|time)|Only RFC3339", "wrong_time"),
        (r"Invalid ", "wrong_form"),
    )
)
"""msgspec's messages, and the sentence `problem.<name>` that says the same in the reader's language."""


def problem_facts(message: str) -> dict[str, Any]:
    """The facts of an invalid_input for a message of msgspec: field, problem, and the numbers in it.

    A message of no known shape is told as it is.
    """
    words, _, place = message.partition(" - at ")
    field = place.strip("`$.")
    for shape, name in _SHAPES:
        if found := shape.match(words):
            facts = found.groupdict()
            within = ".".join(part for part in (field, facts.pop("field", None)) if part)
            return {"field": within or "input", "problem": name, **facts}
    return {"field": field or "input", "problem": words}
