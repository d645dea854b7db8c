"""Masking: SQL and Python say the same, the length is not told, and nothing short is shown whole."""

import random

import pytest

from mendline_tenants import MASKS, masked_name, masked_phone, masked_serial
from support.database import look

PYTHON = {"masked_name": masked_name, "masked_phone": masked_phone, "masked_serial": masked_serial}
ALPHABET = "王小明李郑 WangЖé☺𠀀-+()0123456789１２\t"


@pytest.mark.parametrize(
    ("function", "text", "shown"),
    [
        (masked_name, "王小明", "王**"),
        (masked_name, "欧阳娜娜", "欧**"),
        (masked_name, "Wang Xiaoming", "W***"),
        (masked_name, "Wu", "W***"),
        (masked_name, "王", "**"),
        (masked_name, "W", "***"),
        (masked_name, " 李四 ", "李**"),
        (masked_name, "", ""),
        (masked_phone, "13812345678", "138****5678"),
        (masked_phone, "+86 138-1234-5678", "861****5678"),
        (masked_phone, "62345678", "****78"),
        (masked_phone, "8123", "****"),
        (masked_phone, "病区电话", "****"),
        (masked_phone, "", ""),
        (masked_serial, "SN-2024-001234", "••••1234"),
        (masked_serial, "SN1001", "••••01"),
        (masked_serial, "1001", "••••"),
        (masked_serial, "", ""),
    ],
)
def test_what_is_shown(function, text, shown):
    assert function(text) == shown


async def test_sql_and_python_say_the_same(database):
    chance = random.Random(7)
    texts = ["".join(chance.choices(ALPHABET, k=chance.randrange(0, 20))) for _ in range(600)]
    for mask in MASKS.values():
        rows = await look(
            f"SELECT {mask.function}(t) FROM unnest($1::text[]) WITH ORDINALITY AS u(t, n) ORDER BY n", texts
        )
        for text, row in zip(texts, rows, strict=True):
            assert row[0] == PYTHON[mask.function](text), (mask.function, text)
        assert (await look(f"SELECT {mask.function}(NULL)"))[0][0] is None


def test_a_mask_tells_no_length_and_shows_no_short_text_whole():
    chance = random.Random(8)
    lengths = {masked_name: {2, 3, 4}, masked_phone: {4, 6, 11}, masked_serial: {4, 6, 8}}
    for _ in range(2_000):
        text = "".join(chance.choices("王李郑abcXYZ0123456789", k=chance.randrange(1, 30)))
        for function, allowed in lengths.items():
            shown = function(text)
            assert text not in shown and len(shown) in allowed, (text, shown)
        assert len(masked_name(text).strip("*")) <= 1
        assert len(masked_serial(text).strip("•")) * 2 <= len(text)
        assert len(masked_phone(text).replace("*", "")) <= max(7 * (len(text) >= 11), 2 * (len(text) >= 7))
