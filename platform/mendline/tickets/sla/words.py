"""The intervals of an explained clock in the reader's words."""

from mendline.kernel import catalogue, say
from mendline.tickets.sla.explained import Interval


def interval_words(interval: Interval, locale: str) -> str:
    """Whether an interval counted and why, in a few words; what a person gave as the reason stands as it was given."""
    why = "working_again" if interval.counted and interval.reason else interval.why
    return say(f"clock.why.{why}", locale, reason=_reason(interval.reason, locale))


def _reason(reason: str, locale: str) -> str:
    """What was waited for, the state that stopped the clock, or why it runs again."""
    words = catalogue(locale)
    return words.get(f"pause.{reason}") or words.get(f"state.{reason}") or words.get(f"again.{reason}") or reason
