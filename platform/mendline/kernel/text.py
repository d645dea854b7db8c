"""Our sentences in the reader's language, from gettext catalogues that lie beside each package's code."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LOCALES = ("zh", "en")
"""The languages of the house; the first is the default."""

_NAMED = {
    "state": "state",
    "status": "state",
    "subcontract": "subcontract",
    "role": "role",
    "by": "role",
    "part": "part",
    "why": "why",
    "problem": "problem",
    "function": "function",
    "what": "what",
}
"""Facts whose values may be names of ours, and under what the words for them are kept."""

_folders: list[Path] = []


def register_locales(package_file: str) -> None:
    """Adds the folder `locale/` beside this file (pass `__file__`): it holds zh.po and en.po, keyed by name."""
    folder = Path(package_file).parent / "locale"
    if folder not in _folders:
        _folders.append(folder)
        _catalogue.cache_clear()


@cache
def _catalogue(locale: str) -> dict[str, str]:
    sentences: dict[str, str] = {}
    for folder in _folders:
        with (folder / f"{locale}.po").open("rb") as file:
            sentences.update({str(m.id): str(m.string) for m in read_po(file) if m.id and m.string})
    return sentences


def catalogue(locale: str) -> Mapping[str, str]:
    """Every sentence of a locale by its name."""
    return _catalogue(locale)


def known_locale(*wishes: str | None) -> str:
    """The first wish that we speak (`zh-hans` counts as `zh`), or the default."""
    for wish in wishes:
        if wish and (base := wish.replace("_", "-").split("-")[0].lower()) in LOCALES:
            return base
    return LOCALES[0]


@lru_cache(maxsize=1000)
def accepted_locale(header: str) -> str:
    """Of the languages that we speak the one that an Accept-Language header (RFC 9110, 12.5.4) likes best.

    Of equal weights the first counts; one that is no number leaves its language out.
    """
    best, weight = LOCALES[0], 0.0
    for wish in header.split(",")[:_WISHES]:
        tag, _, parameters = wish.partition(";")
        base = tag.strip().partition("-")[0].lower()
        try:
            liked = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if base in LOCALES and liked > weight:
            best, weight = base, liked
    return best


_WISHES = 32
"""Languages of a header that are looked at."""


def say(name: str, locale: str, /, **facts: Any) -> str:
    """The sentence `name` in `locale` with its facts; a missing sentence shows its name, so that it is noticed.

    Facts that name something of ours (a state, a role) are shown in words, as far as there are words for them.
    """
    template = _catalogue(known_locale(locale)).get(name)
    if template is None:
        return name
    shown = {
        fact: pick(value, locale) if isinstance(value, Mapping) else _in_words(fact, value, locale, facts)
        for fact, value in facts.items()
        if value is not None
    }
    try:
        return template.format_map(_Facts(shown))
    except (ValueError, AttributeError, IndexError):
        return template


def _in_words(fact: str, value: Any, locale: str, facts: Mapping[str, Any]) -> Any:
    if fact in _NAMED and isinstance(value, str):
        words = _catalogue(known_locale(locale)).get(f"{_NAMED[fact]}.{value}")
        return value if words is None else words.format_map(_Facts(facts))
    return value


def pick(words: Mapping[str, str] | None, locale: str) -> str:
    """Their words `{zh, en}` in the locale, or in the other language when one is missing."""
    if not words:
        return ""
    return words.get(known_locale(locale)) or next((words[other] for other in LOCALES if words.get(other)), "")


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "…"
