"""Vigilance: what in a fault text calls for a person's eye before anything else; the words are `faulttext`'s."""

from mendline.faulttext import find_dangers


def safety_words(text: str) -> tuple[str, ...]:
    """The kinds of danger that a fault text speaks of; empty when it speaks of none."""
    return tuple(danger.kind for danger in find_dangers(text))
