"""One spelling for all: full and half width, case, accents, invisible characters and runs of space do not matter."""

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_BROKEN = re.compile(r"[-\u2010\u00ad]\s*[\r\n]\s*")
_UNSEEN = {"Cf", "Cc", "Mn", "Me"}
"""Format characters (soft hyphens, zero-width spaces), controls, and marks that stand on another character."""


def normalise(text: str) -> str:
    """The text in Unicode's compatibility form, case-folded, without what is not seen, each run of space as one.

    Ｓｍｏｋｅ becomes smoke, and so does a word that is broken at the end of a line with a hyphen.
    """
    joined = _SPACE.sub(" ", _BROKEN.sub("", text))
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", joined).casefold())
    seen = "".join(sign for sign in apart if unicodedata.category(sign) not in _UNSEEN)
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", seen)).strip()
