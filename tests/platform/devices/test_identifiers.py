"""What is scanned or typed is read as a device identifier, as several possible ones, or refused in words."""

import string
import time
from datetime import date, timedelta

import pytest
from biip.checksums import gs1_standard_check_digit
from hypothesis import given
from hypothesis import strategies as st

from mendline.devices import Gs1Fields, device_link, element_string, parse_codes, parse_identifier
from mendline.kernel import DomainError, catalogue

GTIN = "06901234567892"
FNC1 = "\x1d"

_TEXTS = st.text(alphabet=string.ascii_letters + string.digits + "-/.+*", min_size=1, max_size=20)
_GTINS = st.from_regex(r"[0-9]{13}", fullmatch=True).map(
    lambda payload: f"{payload}{gs1_standard_check_digit(payload)}"
)
_DATES = st.dates(date(2000, 1, 1), date(2049, 12, 31))
_FIELDS = st.builds(
    Gs1Fields,
    gtin=_GTINS,
    serial=st.none() | _TEXTS,
    lot=st.none() | _TEXTS,
    manufactured=st.none() | _DATES,
    expires=st.none() | _DATES,
)


def only(text: str):
    found = parse_identifier(text)
    assert len(found) == 1, found
    return found[0]


def refusal(text: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        parse_identifier(text)
    return caught.value


@given(_FIELDS)
def test_what_is_written_is_read_back(fields):
    for text in (element_string(fields), "]d2" + element_string(fields), "]C1" + element_string(fields)):
        read = parse_identifier(text)
        # Without FNC1 in the text there may be other readings, but the true one is always among them.
        meant = [(r.device_identifier, r.serial, r.lot, r.manufactured, r.expires) for r in read]
        assert (fields.gtin, fields.serial, fields.lot, fields.manufactured, fields.expires) in meant
        assert all(r.system == "GS1" and r.raw == text for r in read)


@given(_FIELDS)
def test_what_is_printed_beside_the_code_can_be_typed(fields):
    read = only(element_string(fields, bracketed=True))
    assert (read.device_identifier, read.serial, read.lot) == (fields.gtin, fields.serial, fields.lot)


@given(_FIELDS.filter(lambda fields: fields.lot and fields.serial))
def test_a_dropped_fnc1_still_offers_the_true_reading(fields):
    heard = element_string(fields).replace(FNC1, "")
    try:
        read = parse_identifier(heard)
    except DomainError as error:
        # Lot and serial run together to more than 20 characters, and no cut is found where the serial's mark is hidden.
        pytest.fail(f"{heard}: {error}")
    assert (fields.serial, fields.lot) in [(r.serial, r.lot) for r in read]


def test_readings_with_a_serial_come_first():
    heard = f"01{GTIN}1724010110B778121SN20240077"
    read = parse_identifier(heard)
    assert (read[0].lot, read[0].serial) == ("B7781", "SN20240077")
    assert ("B778121SN20240077", None) in [(r.lot, r.serial) for r in read]
    assert [r.serial is None for r in read] == sorted(r.serial is None for r in read)


def test_with_fnc1_there_is_one_reading():
    read = only(f"]d201{GTIN}1724010110B21X{FNC1}21SN10-1124")
    assert (read.lot, read.serial, read.expires) == ("B21X", "SN10-1124", date(2024, 1, 1))


@pytest.mark.parametrize(
    ("spelt", "meant"),
    [
        ("240200", date(2024, 2, 29)),
        ("230200", date(2023, 2, 28)),
        ("251200", date(2025, 12, 31)),
        ("250630", date(2025, 6, 30)),
    ],
)
def test_day_00_is_the_last_day_of_the_month(spelt, meant):
    assert only(f"01{GTIN}17{spelt}21S1").expires == meant
    assert only(f"(01){GTIN}(17){spelt}(21)S1").expires == meant


@pytest.mark.parametrize("date_field", ["17241301", "17240231", "11000000"])
def test_an_impossible_date_is_refused(date_field):
    assert refusal(f"]d201{GTIN}{date_field}21S1").code == "barcode_unreadable"


@pytest.mark.parametrize(
    "text",
    [
        "010690123456789321SN1",
        "]d2010690123456789321SN1",
        "(01)06901234567893(21)SN1",
        "https://id.gs1.org/01/06901234567893/21/SN1",
        "06901234567893",
        "6901234567893",
        "]E06901234567893",
        "800606901234567893010121SN1",
    ],
)
def test_a_bad_check_digit_is_refused_and_never_mended(text):
    error = refusal("]d2" + text if text.startswith("8006") else text)
    assert error.code == "barcode_check_digit"
    assert "690123456789" in error.facts["number"]


@given(_GTINS, st.integers(0, 13), st.integers(1, 9))
def test_every_single_wrong_digit_is_noticed(gtin, at, by):
    wrong = gtin[:at] + str((int(gtin[at]) + by) % 10) + gtin[at + 1 :]
    assert refusal(f"01{wrong}21SN1").code == "barcode_check_digit"


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        (f"https://id.gs1.org/01/{GTIN}/21/SN1", "SN1"),
        (f"https://example.com/some/path/01/{GTIN}/10/L1/21/A%2FB?17=240200", "A/B"),
        (f"]Q1https://id.gs1.org/01/{GTIN}", None),
    ],
)
def test_a_digital_link_is_read(text, serial):
    read = only(text)
    assert (read.device_identifier, read.serial) == (GTIN, serial)


@pytest.mark.parametrize(
    "text",
    [
        f"（01）{GTIN}（21）SN1",
        f"01 {GTIN} 21 SN1",
        "０１０６９０１２３４５６７８９２２１SN1",
        f"01{GTIN}10L1<GS>21SN1",
        f"01{GTIN}10L1{{GS}}21SN1",
        f"01{GTIN}10L1␝21SN1",
        f"{FNC1}01{GTIN}10L1{FNC1}21SN1{FNC1}",
    ],
)
def test_the_ways_keyboards_and_scanners_spell_it(text):
    assert (parse_identifier(text)[0].device_identifier, parse_identifier(text)[0].serial) == (GTIN, "SN1")


def test_a_serial_needs_its_product():
    error = refusal("]C11724010121SN1")
    assert error.code == "barcode_incomplete"
    assert error.facts["serial"] == "SN1"


def test_an_itip_names_the_product_too():
    assert only(f"]d28006{GTIN}0102{FNC1}21SN1").device_identifier == GTIN
    assert only(f"]d203{GTIN}21SN1").device_identifier == GTIN


def test_the_two_halves_of_a_label_are_joined():
    read = parse_codes([f"]C117240101{'10B7781'}{FNC1}21SN1", f"]C101{GTIN}"])
    assert [(r.device_identifier, r.lot, r.serial) for r in read] == [(GTIN, "B7781", "SN1")]


def test_halves_are_not_joined_to_one_of_two_products():
    other = "06901234100600"
    read = parse_codes([f"]C101{GTIN}", f"]C101{other}", "]C121SN1"])
    assert [(r.device_identifier, r.serial) for r in read] == [(GTIN, None), (other, None)]


def test_a_code_that_says_nothing_does_not_spoil_the_photo():
    read = parse_codes(["]Q1https://weixin.example/r/abc", "MF1234567*BN1*SN2", f"]d201{GTIN}21SN1"])
    assert [r.serial for r in read] == ["SN1"]


@pytest.mark.parametrize(
    "number", ["YQ6854-0001", "云医设-0017", "2024053100012", "20240077", "A1", "设备0017", "14.22/3"]
)
def test_a_typed_number_may_be_an_asset_or_a_serial(number):
    read = [r for r in parse_identifier(number) if r.system != "GS1"]
    assert [(r.system, r.asset, r.serial) for r in read[:2]] == [("asset", number, None), ("serial", None, number)]


@pytest.mark.parametrize(
    ("text", "system", "number"),
    [
        ("SN: LMP2304117", "serial", "LMP2304117"),
        ("s/n LMP2304117", "serial", "LMP2304117"),
        ("序列号:LMP2304117", "serial", "LMP2304117"),
        ("资产编号 YQ6854-0001", "asset", "YQ6854-0001"),
        ("Asset No. : YQ6854-0001", "asset", "YQ6854-0001"),
    ],
)
def test_a_named_number_is_what_it_is_called(text, system, number):
    read = only(text)
    assert (read.system, read.asset or read.serial) == (system, number)


def test_sn_may_begin_a_serial_number():
    assert [r.serial for r in parse_identifier("SN20240077")] == [None, "SN20240077", None]


def test_bare_digits_that_add_up_may_be_a_gtin():
    assert [r.system for r in parse_identifier("6901234567892")] == ["GS1", "asset", "serial"]
    assert parse_identifier("6901234567892")[0].device_identifier == GTIN


STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


@given(st.text(STORABLE, min_size=1, max_size=12), st.text(STORABLE, min_size=1, max_size=30))
def test_our_own_sticker_is_read_back(organisation, asset):
    link = device_link("https://mendline.example/", organisation, asset)
    read = only(link)
    assert (read.system, read.organisation, read.asset) == ("asset", organisation, asset)


@pytest.mark.parametrize(
    "text", ["", " ", "报警,停机", "hello", "https://example.com/", "http://[", "(99", "()", "]d2", "A\x00B1"]
)
def test_what_names_no_device_is_refused(text):
    assert refusal(text).code == "barcode_unreadable"


@given(st.text(max_size=600) | st.binary(max_size=600).map(lambda data: data.decode("latin-1")))
def test_any_text_is_read_or_refused(text):
    try:
        assert parse_identifier(text)
    except DomainError as error:
        assert f"error.{error.code}" in catalogue("en")
        assert f"error.{error.code}" in catalogue("zh")


@pytest.mark.parametrize(
    "text",
    [
        "01" + GTIN + "21" * 240,
        "]d2" + "10" * 250,
        "01" + GTIN + "10212401" * 60,
        "]d2" + "".join(f"{ai}1021240" for ai in range(91, 100)) * 6,
        "(01)" * 120,
        "1" * 10_000_000,
        "\x1d" * 500,
        "https://a/01/" + "1" * 480,
    ],
)
def test_hostile_text_is_answered_at_once(text):
    started = time.perf_counter()
    try:
        parse_identifier(text)
    except DomainError as error:
        assert len(str(error)) < 200
    assert time.perf_counter() - started < timedelta(seconds=1).total_seconds()


@pytest.mark.parametrize("text", ["https://x/d/HA/%00", "https://x/d/%00/SB-1", "https://x/d/HA/\ud800"])
def test_a_sticker_with_what_no_registry_can_hold_is_refused(text):
    with pytest.raises(DomainError, match="barcode_unreadable") as refused:
        parse_identifier(text)
    refused.value.facts["text"].encode()
