"""Safety words: what in a fault text speaks of danger, found before anything is guessed, and never argued away.

«No smoke» is found like «smoke»: a person judges what it means, because one that was missed costs more than a glance.
For the same reason no word has exceptions: «patient monitor» is found like «patient».
"""

import re
from typing import NamedTuple

from mendline.faulttext.normalise import normalise
from mendline.faulttext.safety_words import SAFETY_WORDS

_SIMPLIFIED = str.maketrans(
    "煙菸燒電擊觸氣藥滲員兒燙著洩濃霧災殼護醫會試劑體點帶發裡裏鎔過熱溫紅閘線銅絲絕緣進斷聞異難蝕灑噴濺"
    "灘積關壓機搶術夾傷墜絆劃腫暈動鎖剎煞婦產寶錯報響沒無聲閥聯連誤滅黴塊跡針銳銀頭損壞潑廢實際時輸個覺還",
    "烟烟烧电击触气药渗员儿烫着泄浓雾灾壳护医会试剂体点带发里里熔过热温红闸线铜丝绝缘进断闻异难蚀洒喷溅"
    "滩积关压机抢术夹伤坠绊划肿晕动锁刹刹妇产宝错报响没无声阀联连误灭霉块迹针锐银头损坏泼废实际时输个觉还",
)
"""Every traditional form of a character of the words above, and of some that stand beside them."""

_APART = r"[\W_]*"
"""What may stand between the characters of a Chinese word: «冒 烟» is «冒烟»."""

_SPELLED = r"[\W_]+"
"""What stands between all letters of an English word that is s p e l l e d. One gap alone is no spelling: it would find
«fire» in «if I restart»."""


class Danger(NamedTuple):
    """A kind of danger, and the words that speak of it as they stand in the normalised text."""

    kind: str
    words: tuple[str, ...]


def _pattern(stems: tuple[str, ...], chinese: tuple[str, ...]) -> re.Pattern[str]:
    """Stems with what follows them, so that a reader sees «smoking»; what precedes is added where one was found.

    A leading [a-z]* would make the search take the square of a text's length.
    """
    by_sign: dict[str, list[str]] = {}  # so that a sign that begins no word is passed over at once
    for stem in stems:
        spelled = _SPELLED.join(stem.replace(" ", ""))
        by_sign.setdefault(stem[0], []).extend((stem[1:].replace(" ", _APART) + "[a-z]*", spelled[1:]))
    for word in chinese:
        by_sign.setdefault(word[0], []).append(_APART.join(word)[1:])
    return re.compile("|".join(f"{sign}(?:{'|'.join(rest)})" for sign, rest in by_sign.items()))


_PATTERNS = tuple((kind, _pattern(*words)) for kind, words in SAFETY_WORDS.items())


def find_dangers(text: str) -> tuple[Danger, ...]:
    """The kinds of danger that a text as typed speaks of, in the order above; empty when it speaks of none."""
    plain = normalise(text).translate(_SIMPLIFIED)
    found = ((kind, tuple(dict.fromkeys(_words(pattern, plain)))) for kind, pattern in _PATTERNS)
    return tuple(Danger(kind, words[:WORDS_TOLD]) for kind, words in found if words)


WORDS_TOLD = 5
"""How many words of a kind are told: a text of nothing else tells no more by the hundredth."""

LONGEST_TOLD = 40
"""Characters of a word that are told."""


def _words(pattern: re.Pattern[str], plain: str) -> list[str]:
    words = []
    for found in pattern.finditer(plain):
        start, end = found.span()
        while start > 0 and end - start < LONGEST_TOLD and _is_letter(plain[start - 1]) and _is_letter(plain[start]):
            start -= 1
        words.append(plain[start : min(end, start + LONGEST_TOLD)])
    return words


def _is_letter(sign: str) -> bool:
    return "a" <= sign <= "z"
