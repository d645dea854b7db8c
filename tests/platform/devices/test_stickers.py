"""Stickers: what the printed page shows is read back by what reads photos; each label lies where its sheet has one."""

import asyncio
import io
from itertools import product
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mendline.devices import Sticker, device_link, parse_codes, phone_photo, read_codes, stickers_pdf
from mendline.devices.labels.label_sheets import SHEETS, Sheet
from mendline.devices.labels.stickers import pages
from mendline.press import Document, typeset

names = pytest.mark.parametrize("name", SHEETS)
PER_INCH = 200


def sticker(number: int = 1, **said: str) -> Sticker:
    asset = f"YQ6854-{number:04}"
    words = {
        "organisation": "云栖市第一人民医院\nYunqi First People's Hospital",
        "name": "输液泵\nInfusion pump\nLM-P200",
        "serial": "SN20240077",
    }
    return Sticker(link=device_link("https://mendline.example", "YQH", asset), asset=asset, **{**words, **said})


def pdf_of(made: list[Sticker], name: Any, first: int = 1) -> bytes:
    """The PDF as the press makes it, without a child process for each."""

    async def at_once(document: Document) -> bytes:
        return typeset(document)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("mendline.devices.labels.stickers.press", at_once)
        return asyncio.run(stickers_pdf(made, name, first))


def drawn(pdf: bytes) -> list[Image.Image]:
    return [page.render(scale=PER_INCH / 72).to_pil() for page in pypdfium2.PdfDocument(pdf)]


def text_of(pdf: bytes) -> str:
    return "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def assets_on(picture: Image.Image) -> set[str | None]:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return {read.asset for read in parse_codes(read_codes(file.getvalue()))}


@names
def test_every_sticker_of_a_sheet_is_read_back_by_what_reads_photos(name):
    made = [sticker(number) for number in range(SHEETS[name].labels + 1)]
    sheets = drawn(pdf_of(made, name))
    assert len(sheets) == pages(len(made), name) == 2
    assert set.union(*map(assets_on, sheets)) == {one.asset for one in made}


@names
def test_a_phone_reads_a_single_sticker(name):
    [page] = drawn(pdf_of([sticker()], name))
    sheet = SHEETS[name]
    cut = page.crop([round(x * PER_INCH / 25.4) for x in _edges(sheet, 0)])
    [read] = parse_codes(read_codes(phone_photo(cut, seed=3)))
    assert (read.system, read.organisation, read.asset) == ("asset", "YQH", "YQ6854-0001")


def _edges(sheet: Sheet, place: int) -> tuple[float, float, float, float]:
    row, column = divmod(place, sheet.columns)
    x, y = sheet.left + column * sheet.across, sheet.top + row * sheet.down
    return x, y, x + sheet.label_width, y + sheet.label_height


@names
def test_the_labels_of_a_sheet_lie_within_it_and_beside_each_other(name):
    sheet = SHEETS[name]
    edges = [_edges(sheet, place) for place in range(sheet.labels)]
    assert all(x >= 0 and y >= 0 and right <= sheet.width and low <= sheet.height for x, y, right, low in edges)
    near = 0.001  # millimetres
    assert all(
        one == other or one[2] <= other[0] + near or other[2] <= one[0] + near or one[3] <= other[1] + near
        or other[3] <= one[1] + near
        for one, other in product(edges, edges)
    )  # fmt: skip


@names
def test_labels_that_are_used_up_stay_free(name):
    sheet = SHEETS[name]
    first = sheet.labels
    made = [sticker(number) for number in (1, 2)]
    one, two = drawn(pdf_of(made, name, first))
    [code] = zxingcpp.read_barcodes(one)
    assert code.text == made[0].link
    x, y, right, low = (edge * PER_INCH / 25.4 for edge in _edges(sheet, first - 1))
    corners = (code.position.top_left, code.position.bottom_right)
    assert all(x <= corner.x <= right and y <= corner.y <= low for corner in corners)
    assert assets_on(two) == {made[1].asset}
    for wrong in (0, sheet.labels + 1):
        with pytest.raises(ValueError, match="of"):
            pdf_of(made, name, wrong)


def test_chinese_is_in_the_file_and_the_same_stickers_are_the_same_bytes():
    pdf = pdf_of([sticker()], "a4_3x8")
    text = text_of(pdf)
    for words in ("云栖市第一人民医院", "Yunqi First", "输液泵", "Infusion pump", "YQ6854-0001", "SN SN20240077"):
        assert words in text.replace("\r\n", "\n")
    # The subset of the packaged font is embedded: nothing is left to the reader's machine.
    assert b"NotoSansSC" in pdf and b"/FontFile" in pdf
    assert pdf == pdf_of([sticker()], "a4_3x8") != pdf_of([sticker(2)], "a4_3x8")
    assert b"CreationDate" not in pdf


def test_words_are_printed_and_never_obeyed():
    hostile = '#let x = read("/etc/passwd") $ \\ [*bold*] `raw` <label> @ref "quote"'
    text = text_of(pdf_of([sticker(name=hostile)], "roll_70x37"))
    assert "#let" in text and "passwd" in text and "root:" not in text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.sampled_from(list(SHEETS)))
@settings(max_examples=40, deadline=None)
def test_any_words_leave_the_code_readable(words, name):
    [page] = drawn(pdf_of([sticker(name=words, organisation=words, serial=words)], name))
    assert assets_on(page) == {"YQ6854-0001"}
