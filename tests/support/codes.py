"""Writes codes of every issuer as their standards say, apart from what reads them, and damages them on purpose."""

import string
from dataclasses import dataclass
from datetime import date
from random import Random

FNC1 = "\x1d"
MOD43 = string.digits + string.ascii_uppercase + "-. $/+%"
CAPITALS = string.digits + string.ascii_uppercase


@dataclass(frozen=True)
class Written:
    """A code, and what it says. protected: the places in the text whose change its check character must show."""

    system: str
    text: str
    device_identifier: str
    serial: str | None
    lot: str | None
    expires: date | None
    manufactured: date | None
    protected: range

    @property
    def identity(self) -> tuple[str | None, str | None, str | None]:
        return (self.device_identifier, self.serial, self.lot)


def gs1(gtin13: str, lot: str | None, serial: str | None, expires: date | None, made: date | None) -> Written:
    digit = -sum(int(d) * (1 if place % 2 else 3) for place, d in enumerate(reversed(gtin13))) % 10
    gtin = f"{gtin13}{digit}"
    text = f"01{gtin}"
    text += f"11{made:%y%m%d}" if made else ""
    text += f"17{expires:%y%m%d}" if expires else ""
    text += f"10{lot}{FNC1}" if lot else ""
    text += f"21{serial}" if serial else ""
    return Written("GS1", "]d2" + text.removesuffix(FNC1), gtin, serial, lot, expires, made, range(5, 19))


def hibc(
    product: str, form: str, lot: str | None, serial: str | None, expires: date | None, made: date | None
) -> Written:
    """form: of the date (`2` to `6`, or `0` for a month alone, whose last day `expires` is)."""
    spelt = {"0": "%m%y", "2": "2%m%d%y", "3": "3%y%m%d", "4": "4%y%m%d23", "5": "5%y%j", "6": "6%y%j00"}[form]
    pieces = [f"+{product}"]
    if expires:
        mark = "" if lot else "+"
        pieces.append(
            f"$${mark}{expires.strftime(spelt)}{lot or serial or ''}" if lot or serial else f"14D{expires:%Y%m%d}"
        )
    elif lot or serial:
        pieces.append(f"${lot}" if lot else f"$+{serial}")
    if lot and serial:
        pieces.append(f"S{serial}")
    if made:
        pieces.append(f"16D{made:%Y%m%d}")
    text = "/".join(pieces)
    text += MOD43[sum(map(MOD43.index, text)) % 43]
    return Written("HIBCC", text, product, serial, lot, expires, made, range(len(text)))


def iccbba(
    product: str, lot: str | None, serial: str | None, expires: date | None, made: date | None, dice: Random
) -> Written:
    pieces = [f"=/{product}"]
    pieces += [f"=,{serial}"] if serial else []
    pieces += [f"=>0{expires:%y%j}"] if expires else []
    pieces += [f"=}}0{made:%y%j}"] if made else []
    pieces += [f"&,1{lot}"] if lot else []
    dice.shuffle(pieces)
    return Written("ICCBBA", "".join(pieces), product, serial, lot, expires, made, range(0))


def ma(
    product: str, lot: str | None, serial: str | None, expires: date | None, made: date | None, dice: Random
) -> Written:
    pieces = [f"L{lot}"] if lot else []
    pieces += [f"S{serial}"] if serial else []
    pieces += [f"V{expires:%Y%m%d}"] if expires else []
    pieces += [f"M{made:%Y%m%d}"] if made else []
    dice.shuffle(pieces)
    return Written("MA", ".".join([product, *pieces, "C5"]), product, serial, lot, expires, made, range(0))


def ifa(article: str, lot: str | None, serial: str | None, expires: date | None, made: date | None) -> Written:
    ppn = f"{article}{sum(ord(c) * weight for weight, c in enumerate(article, 2)) % 97:02}"
    pieces = [f"9N{ppn}"]
    pieces += [f"1T{lot}"] if lot else []
    pieces += [f"S{serial}"] if serial else []
    pieces += [f"D{expires:%y%m%d}"] if expires else []
    pieces += [f"16D{made:%Y%m%d}"] if made else []
    text = "[)>\x1e06\x1d" + "\x1d".join(pieces) + "\x1e\x04"
    return Written("IFA", text, ppn, serial, lot, expires, made, range(9, 9 + len(ppn)))


def any_code(system: str, dice: Random) -> Written:
    """A code of this system with any of the fields that it may have."""

    def word(letters: str, least: int, most: int) -> str:
        return "".join(dice.choices(letters, k=dice.randint(least, most)))

    def perhaps(letters: str, least: int, most: int) -> str | None:
        return word(letters, least, most) if dice.random() < 0.6 else None

    def day() -> date:
        return date(dice.randint(2001, 2049), dice.randint(1, 12), dice.randint(1, 28))

    expires, made = (day() if dice.random() < 0.5 else None for _ in range(2))
    if system == "GS1":
        text = string.ascii_letters + string.digits + "-/."
        return gs1(word(string.digits, 13, 13), perhaps(text, 1, 20), perhaps(text, 1, 20), expires, made)
    if system == "HIBCC":
        product = word(string.ascii_uppercase, 1, 1) + word(CAPITALS, 4, 21) + word(string.digits, 1, 1)
        lot, serial = perhaps(CAPITALS, 1, 18), perhaps(CAPITALS, 1, 18)
        return hibc(product, dice.choice("23456"), lot, serial, expires, made)
    if system == "ICCBBA":
        product = f"A9{word(string.digits, 3, 3)}{word(CAPITALS, 6, 6)}T{word(string.digits, 4, 4)}"
        return iccbba(product, perhaps(CAPITALS, 18, 18), perhaps(CAPITALS, 6, 6), expires, made, dice)
    if system == "MA":
        product = f"MA.156.M0.{word(string.digits, 6, 6)}.{word(string.digits, 8, 8)}"
        return ma(product, perhaps(CAPITALS, 1, 20), perhaps(CAPITALS, 1, 20), expires, made, dice)
    return ifa(f"11{word(string.digits, 8, 8)}", perhaps(CAPITALS, 1, 20), perhaps(CAPITALS, 1, 20), expires, made)


SYSTEMS = ("GS1", "HIBCC", "ICCBBA", "MA", "IFA")


def changed(text: str, at: int, dice: Random) -> str:
    """The text with one character turned into another of its kind."""
    kind = next((k for k in (string.digits, CAPITALS, string.ascii_lowercase) if text[at] in k), MOD43)
    return text[:at] + dice.choice([c for c in kind if c != text[at]]) + text[at + 1 :]
