"""Columns: of the rows of a subquery only those columns are taken that the statement uses.

Each step of a plan describes every column of its rows anew each time it starts, and what is sorted or kept is copied
whole. Of a ticket's forty columns an answer uses twenty, of an audit entry's sixteen six.
"""

import re

_ALIAS = r"\b(r\d+)\."
_ALL = re.compile(_ALIAS + r"\*")
_USED = re.compile(_ALIAS + r'"?(\w+)')


def name_columns(sql: str) -> str:
    """The statement with the used columns of an alias in the place of all of them: `r1.*` becomes `r1."id", …`.

    An alias stands for the same rows wherever it is written, so what is used of it is told by the whole text.
    """
    used: dict[str, dict[str, None]] = {}
    for alias, column in _USED.findall(sql):
        used.setdefault(alias, {})[column] = None
    return _ALL.sub(lambda all_: ", ".join(f'{all_[1]}."{column}"' for column in used.get(all_[1], ())), sql)
