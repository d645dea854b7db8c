"""Money is whole minor units: read from what is typed, told as people write it, never rounded."""

import pytest

from mendline.kernel import currencies, currency_of, minor_units, money_text


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("12300", "CNY", 1_230_000),
        ("12,300.50", "CNY", 1_230_050),
        ("0.01", "USD", 1),
        ("1200", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("0", "CNY", 0),
        ("10000000000000", "CNY", 10**15),
    ],
)
def test_what_is_an_amount(typed, currency, amount):
    assert minor_units(typed, currency) == amount


@pytest.mark.parametrize(
    ("typed", "currency"),
    [
        *(("12.345", "CNY"), ("1.5", "JPY"), ("-5", "CNY"), ("1e5", "CNY"), ("12,30", "CNY"), ("", "CNY")),
        *(("一千", "CNY"), ("１２", "CNY"), ("9" * 3000, "CNY"), ("10000000000000.01", "CNY")),
    ],
)
def test_what_is_none(typed, currency):
    assert minor_units(typed, currency) is None


def test_how_it_is_told():
    assert money_text(1_230_050, "CNY", "zh") == "¥12,300.50"
    assert money_text(1_230_050, "CNY", "en") == "CN¥12,300.50"
    assert money_text(1200, "JPY", "zh").endswith("1,200")


def test_currencies_are_known_by_code_and_country():
    assert {"CNY", "USD", "EUR", "JPY"} <= currencies() and "RMB" not in currencies()
    assert (currency_of("CN"), currency_of("DE"), currency_of("??")) == ("CNY", "EUR", "EUR")
