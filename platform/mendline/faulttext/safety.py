"""Safety words: what in a fault text speaks of danger, found before anything is guessed, and never argued away.

«No smoke» is found like «smoke»: a person judges what it means, because one that was missed costs more than a glance.
For the same reason no word has exceptions: «patient monitor» is found like «patient».
"""

import re
from typing import NamedTuple

from mendline.faulttext.normalise import normalise

SAFETY_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "smoke": (
        ("smok", "fume", "smoulder", "smolder"),
        ("冒烟", "烟雾", "烟味", "白烟", "黑烟", "浓烟", "青烟", "烟"),
    ),
    "burn": (
        ("burn", "fire", "flame", "scorch", "singe", "charred", "melt", "explod", "explos", "spark", "arcing", "ignit"),
        (
            *("烧", "着火", "起火", "失火", "冒火", "火花", "打火", "火苗", "明火", "火灾", "燃", "烫", "炸"),
            *("焦味", "焦糊", "焦臭", "焦黑", "烤焦", "发焦", "焦了", "糊味", "熔化", "融化"),
        ),
    ),
    "shock": (
        ("shock", "electrocut", "tingl", "zapped"),
        (
            *(
                "触电",
                "漏电",
                "电击",
                "被电",
                "电麻",
                "麻电",
                "电人",
                "电我",
                "电手了",
                "电手指",
                "手麻",
                "发麻",
                "麻手了",
            ),
            *("会麻手", "有点麻手", "电到人", "电到手", "电到我", "电到他", "电到她", "电到护士", "电到医生"),
            *("电了一下", "电了我", "电了手", "电了人", "壳带电", "体带电", "面带电", "身带电", "带电了"),
        ),
    ),
    "leak": (
        ("leak", "seep", "spill", "oozing", "dripping"),
        (
            *("漏液", "漏水", "漏油", "漏气", "漏药", "漏血", "漏氧", "漏氟", "漏酸", "漏试剂", "漏夜", "泄漏", "泄露"),
            *(
                "漏冷却",
                "漏造影",
                "漏显影",
                "漏定影",
                "漏清洗",
                "漏消毒",
                "漏透析",
                "漏润滑",
                "漏尿",
                "漏汞",
                "漏射线",
                "漏麻醉",
            ),
            *("滴水", "滴油", "滴液", "滴血", "滴药"),
            *("渗液", "渗水", "渗油", "渗血", "渗药", "渗漏", "渗出", "渗到", "渗入", "渗了", "外渗", "在渗"),
            *("滴漏", "外漏", "漏出", "在漏", "漏了", "漏得", "溢液", "溢出"),
        ),
    ),
    "patient": (("patient",), ("患者", "病人", "病员", "患儿", "病患")),
}
"""Kind of danger -> (English stems, Chinese words); domain.md, «Fault text», with their forms and near relatives.

A stem is found wherever it stands, within a word too: «smok» is in smoke, smoked and smoking. Chinese words are in
simplified characters; a text's traditional ones are read as those.
"""

_SIMPLIFIED = str.maketrans(
    "煙菸燒電擊觸氣藥滲員兒燙著洩濃霧災殼護醫會試劑體點帶發裡鎔灰",
    "烟烟烧电击触气药渗员儿烫着泄浓雾灾壳护医会试剂体点带发里熔灰",
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
    ways = [rf"(?:{'|'.join(stems)})[a-z]*", *(_SPELLED.join(stem) for stem in stems), *map(_APART.join, chinese)]
    return re.compile("|".join(ways))


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
