"""Vigilance: the words in a fault text that call for a person's eye before anything else."""

import re

SAFETY_WORDS: tuple[tuple[str, str], ...] = (
    ("smoke", r"smok(?:e|ing)|冒烟|烟雾"),
    ("burn", r"burn(?:t|ed|ing|s)?\b|fire\b|flame|烧|着火|起火|焦味|燃"),
    ("shock", r"(?:electric(?:al)?\s+)?shock(?:ed)?\b|electrocut|触电|漏电|电击伤"),
    ("leak", r"leak(?:s|ed|ing|age)?\b|漏液|渗液|泄漏|漏药"),
    ("patient", r"patient|患者|病人|病员"),
)
"""Kinds of danger with the words that speak of them, Chinese and English (domain.md, «Fault text»)."""

_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in SAFETY_WORDS)


def safety_words(text: str) -> tuple[str, ...]:
    """The kinds of danger that a fault text speaks of, in the order above; empty when it speaks of none."""
    return tuple(kind for kind, pattern in _PATTERNS if pattern.search(text))
