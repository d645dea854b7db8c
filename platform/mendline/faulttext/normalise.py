"""One spelling for all: full and half width, case, invisible characters and runs of space make no difference."""

import re
import unicodedata

_SPACE = re.compile(r"\s+")


def normalise(text: str) -> str:
    """The text in Unicode's compatibility form, case-folded, without invisible characters, each run of space as one.

    Ｓｍｏｋｅ becomes smoke. Invisible are format characters (category Cf), such as soft hyphens and zero-width spaces.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    visible = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    return _SPACE.sub(" ", visible).strip()
