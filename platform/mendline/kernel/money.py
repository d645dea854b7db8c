"""Money: whole minor units and an ISO 4217 code, read from what a person typed and told in its words."""

import re
from decimal import Decimal
from functools import cache
from typing import NewType

from babel import Locale
from babel.numbers import format_currency, get_currency_precision, get_territory_currencies

MinorUnits = NewType("MinorUnits", int)
"""An amount in minor units of its currency: fen, cents; a yen is its own. More than 32 bits may be needed."""

MOST_MONEY = 10**15
"""The largest amount that is taken; a JSON number holds it exactly."""

_LOCALES = {"zh": "zh_CN", "en": "en"}
_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


@cache
def currencies() -> frozenset[str]:
    """The codes of the currencies that CLDR knows."""
    return frozenset(Locale("en").currencies)


@cache
def currency_of(country: str) -> str:
    """The currency of a country by its ISO 3166 code; euros where CLDR knows none."""
    return next(iter(get_territory_currencies(country)), "EUR")


def minor_units(text: str, currency: str) -> MinorUnits | None:
    """The amount that was typed, such as `12,300.50`; None for what is none, or finer than the currency is."""
    typed = text.strip()
    if len(typed) > 20 or not _AMOUNT.fullmatch(typed) or not typed.isascii():
        return None
    exact = Decimal(typed.replace(",", "")).scaleb(get_currency_precision(currency))
    return MinorUnits(int(exact)) if exact == exact.to_integral_value() and exact <= MOST_MONEY else None


def money_text(amount: int, currency: str, locale: str) -> str:
    """The amount with its currency, as people write it: ¥12,300.50."""
    exact = Decimal(amount).scaleb(-get_currency_precision(currency))
    return str(format_currency(exact, currency, locale=_LOCALES.get(locale, "en")))
