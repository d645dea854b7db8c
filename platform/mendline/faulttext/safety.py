"""Safety words: what in a fault text speaks of danger, found before anything is guessed, and never argued away.

«No smoke» is found like «smoke»: a person judges what it means, because one that was missed costs more than a glance.
"""

import re
from typing import NamedTuple

from mendline.faulttext.normalise import normalise

SAFETY_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "smoke": (
        ("smok", "fume", "smoulder", "smolder"),
        ("冒烟", "冒煙", "烟雾", "煙霧", "起烟", "有烟", "白烟", "黑烟", "浓烟", "青烟", "烟味", "煙味"),
    ),
    "burn": (
        ("burn", "fire", "flame", "scorch", "singe", "charred", "melt", "explo", "spark", "arcing", "ignit"),
        (
            *("烧", "燒", "着火", "著火", "起火", "失火", "火花", "打火", "火苗", "明火", "焦", "糊味", "燃", "烫", "燙"),
            *("爆炸", "炸", "熔", "融化"),
        ),
    ),
    "shock": (
        ("shock", "electrocut", "tingl", "zapped"),
        (
            *("触电", "觸電", "漏电", "漏電", "电击", "電擊", "电到", "電到", "被电", "被電", "麻手", "手麻", "麻电"),
            *("电麻", "电人", "带电", "帶電", "电了"),
        ),
    ),
    "leak": (
        ("leak", "seep", "spill", "oozing"),
        (
            *("漏液", "漏水", "漏油", "漏气", "漏氣", "漏药", "漏藥", "漏血", "漏夜", "泄漏", "泄露", "洩漏", "渗", "滲"),
            *("滴漏", "外漏", "漏出", "在漏", "漏了", "漏得", "漏试剂", "漏氧", "漏氟", "溢液", "溢出"),
        ),
    ),
    "patient": (
        ("patient",),
        ("患者", "病人", "病员", "病員", "患儿", "患兒", "病患", "产妇", "產婦", "新生儿", "新生兒"),
    ),
}
"""Kind of danger -> (English stems, Chinese words); domain.md, «Fault text», with their forms and near relatives.

A stem is found wherever it stands, within a word too: «smok» is in smoke, smoked and smoking.
"""

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
    """Whole words around the stems, so that a reader sees «smoking» and not «smok»."""
    latin = "|".join(stems)
    ways = [rf"[a-z]*(?:{latin})[a-z]*", *(_SPELLED.join(stem) for stem in stems), *map(_APART.join, chinese)]
    return re.compile("|".join(ways))


_PATTERNS = tuple((kind, _pattern(*words)) for kind, words in SAFETY_WORDS.items())


def find_dangers(text: str) -> tuple[Danger, ...]:
    """The kinds of danger that a text as typed speaks of, in the order above; empty when it speaks of none."""
    plain = normalise(text)
    found = ((kind, tuple(dict.fromkeys(pattern.findall(plain)))) for kind, pattern in _PATTERNS)
    return tuple(Danger(kind, words) for kind, words in found if words)
