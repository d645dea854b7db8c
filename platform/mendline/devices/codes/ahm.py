"""Recognises AHM codes (阿里健康, Alibaba Health), so that they are refused in words, never taken for something else.

Their form is not public. What is told of it elsewhere agrees on `MF`, a number, and parts such as `SN…` and `MD…`, and
disagrees on the rest, so nothing is read from them. See decision 0029.
"""

import re
from typing import Final, NoReturn

from mendline.kernel import DomainError

SYSTEM: Final = "AHM"

# Two parts, or the star between them: an asset number such as MF0012SN3 is none.
_PART: Final = r"(?:BA|BN|SN|MD|BD|ED|PL)[0-9A-Z\-]+?"
_BEGINS: Final = re.compile(rf"MF[0-9A-Z]{{4,13}}(?:\*{_PART}|\*?{_PART}\*?{_PART})", re.IGNORECASE)


def recognises(text: str) -> bool:
    """Whether the text begins as a code of this system does."""
    return bool(_BEGINS.match(text))


def read(_text: str, _raw: str) -> NoReturn:
    """Raises `barcode_unsupported`."""
    raise DomainError("barcode_unsupported", system=SYSTEM)
