"""The codes of HIBCC, ICCBBA, MA, AHM and IFA are read as their standards say, or refused in words."""

from datetime import date

import pytest

from mendline.devices import parse_certain, parse_codes, parse_identifier
from mendline.kernel import DomainError
from support.codes import FNC1


def only(*texts: str):
    found = parse_codes(texts)
    assert len(found) == 1, found
    return found[0]


def refusal(*texts: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        parse_codes(texts)
    return caught.value


# Figures and examples of ANSI/HIBC 2.6 and of its earlier editions; the last three are of labels in use.
@pytest.mark.parametrize(
    ("text", "product", "lot", "serial", "expires", "made"),
    [
        ("+A123BJC5D6E71G", "A123BJC5D6E71", None, None, None, None),
        ("+H123ABC01234567890D", "H123ABC01234567890", None, None, None, None),
        ("+A123BJC5D6E71/$$52001510X3C", "A123BJC5D6E71", "10X3", None, date(2020, 1, 15), None),
        ("+A99912345/$$52001510X33", "A99912345", "10X3", None, date(2020, 1, 15), None),
        (
            *("+A99912345/$$52001510X3/16D20111212/S77DEFG457", "A99912345", "10X3", "77DEFG45"),
            *(date(2020, 1, 15), date(2011, 12, 12)),
        ),
        (
            *("+A99912349/$10X3/16D20111231/14D20200131/Q500Z", "A99912349", "10X3", None),
            *(date(2020, 1, 31), date(2011, 12, 31)),
        ),
        ("+J123AQ3451/$$3231231BC34567/S4012R", "J123AQ3451", "BC34567", "4012", date(2023, 12, 31), None),
        ("+E2513079NL1/$$90001020331222021050425-1P", "E2513079NL1", "2021050425-1", None, date(2022, 3, 31), None),
        ("+E235817C19/$$9000067101822%", "E235817C19", "101822", None, None, None),
        ("+EDMG2203430/$$0723244375H", "EDMG2203430", "244375", None, date(2023, 7, 31), None),
    ],
)
def test_a_health_industry_bar_code_is_read(text, product, lot, serial, expires, made):
    for spelt in (text, f"*{text}*", f"]A0{text}", text.lower()):
        read = only(spelt)
        assert (read.system, read.check, read.raw) == ("HIBCC", "fits", spelt)
        assert (read.device_identifier, read.lot, read.serial) == (product, lot, serial)
        assert (read.expires, read.manufactured) == (expires, made)


def test_a_month_alone_is_good_until_its_last_day():
    assert only("+A123BJC5D6E71G", _checked("+$$022410X3G?")).expires == date(2024, 2, 29)


def test_the_halves_of_a_health_industry_bar_code_are_joined_by_their_link():
    read = only("+A123BJC5D6E71G", "+$$52001510X3GD")
    assert (read.device_identifier, read.lot, read.expires) == ("A123BJC5D6E71", "10X3", date(2020, 1, 15))
    # The second half says that the first one's check character is G; here it is D.
    apart = only("+H123ABC01234567890D", "+$$52001510X3GD")
    assert (apart.device_identifier, apart.lot) == ("H123ABC01234567890", None)
    assert refusal("+$$52001510X3GD").facts["lot"] == "10X3"


@pytest.mark.parametrize("ends", "0123456789")
def test_a_check_character_may_be_a_space(ends):
    products = (f"A123BJC5D6E{one}{ends}" for one in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    spaced = next((f"+{product}" for product in products if _asks_for_a_space(f"+{product}")), "+IQV06KSGO0")
    for spelt in (f"{spaced} ", f"{spaced}_", f"*{spaced} *", f"]C0{spaced} "):
        assert only(spelt).device_identifier == spaced[1:]
    assert refusal(spaced).code == "barcode_check_digit"


def _asks_for_a_space(text: str) -> bool:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
    return sum(map(alphabet.index, text)) % 43 == 38


@pytest.mark.parametrize(
    "text", ["+A123BJC5D6E71H", "+A123BJC5D6E71/$$52001510X3D", "+H123ABC01234567890E", "*+A123BJC5D6E71H*"]
)
def test_a_wrong_check_character_is_refused(text):
    assert refusal(text).code == "barcode_check_digit"


@pytest.mark.parametrize(
    "text",
    [
        "+D661H008181/+$K42888/14D20260113?",
        "+A123BJC5D6E71/$$3209931A?",  # a month 99
        "+A123BJC5D6E71/$$521366A?",  # 2021 had 365 days
        "+A123BJC5D6E71/$?",
        "+A123BJC5D6E71//S1?",
        "+A123BJC5D6E71/14D20230229?",
    ],
)
def test_a_health_industry_bar_code_that_breaks_the_rules_is_refused(text):
    assert refusal(_checked(text)).code == "barcode_malformed"
    assert refusal("+A123BJC5D6E7é1G").code == "barcode_malformed"


def _checked(text: str) -> str:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
    return text[:-1] + alphabet[sum(map(alphabet.index, text[:-1])) % 43]


def test_pieces_in_the_wrong_order_are_refused():
    assert refusal(_checked("+$$52001510X3/A123BJC5D6E71?")).code in ("barcode_malformed", "barcode_incomplete")
    assert refusal(_checked("+A123BJC5D6E71/10X3$?")).code == "barcode_malformed"
    assert refusal(_checked("+A123BJC5D6E71/SAB/SCD?")).code == "barcode_malformed"


ISBT = "=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123"


def test_the_example_of_iccbba_is_read():
    read = only(ISBT)
    assert (read.system, read.device_identifier, read.serial) == ("ICCBBA", "A9999XYZ100T0944", "000025")
    assert (read.lot, read.check) == ("000000000000XYZ123", "none")
    assert (read.expires, read.manufactured) == (date(2014, 2, 1), date(2013, 2, 1))


def test_a_compound_message_holds_as_many_structures_as_it_says():
    assert only("=+02000=/A9999XYZ100T0944=,000025").serial == "000025"
    for wrong in ("=+03000=/A9999XYZ100T0944=,000025", "=/A9999XYZ100T0944=+01000=,000025"):
        assert refusal(wrong).code == "barcode_malformed"


def test_a_blood_bag_is_named_by_its_maker_and_catalogue_number():
    read = only("=)1TE123456A&)RZ12345678")
    assert (read.device_identifier, read.lot) == ("1TE123456A", "RZ12345678")


def test_symbols_of_one_label_are_joined():
    assert only("=/A9999XYZ100T0944", "=,000025").serial == "000025"
    assert refusal("=,000025").facts["serial"] == "000025"


@pytest.mark.parametrize(
    "text",
    [
        ISBT[:-1],
        ISBT[:17],
        ISBT.replace("=>014032", "=>014366"),  # 2014 had 365 days
        ISBT.replace("=>014032", "=>014000"),
        ISBT.replace("=>014032", "=>514032"),  # no century
        ISBT + "=,000026",
        ISBT + "hello",
        "=/A9999XYZ100T094O",
    ],
)
def test_a_damaged_isbt_128_is_refused(text):
    assert refusal(text).code == "barcode_malformed"


MA = "MA.156.M0.100472.11103316"


@pytest.mark.parametrize(
    ("text", "lot", "serial", "made", "expires"),
    [
        (MA, None, None, None, None),
        (f"{MA}.S57.M190101.LABS201.E191201.C7", "ABS201", "57", date(2019, 1, 1), date(2019, 12, 1)),
        (f"{MA}.S1.P20190101.D55.E20200228.V20200227.C9", None, "1", date(2019, 1, 1), date(2020, 2, 27)),
        (f"https://www.idcode.example/?c={MA}.LX-1", "X-1", None, None, None),
        ("ma.156.m0.100472.11103316", None, None, None, None),
    ],
)  # fmt: skip
def test_an_ma_code_is_read_and_never_called_certain(text, lot, serial, made, expires):
    read = only(text)
    assert (read.system, read.device_identifier, read.check) == ("MA", MA, "unverified")
    assert (read.lot, read.serial, read.manufactured, read.expires) == (lot, serial, made, expires)
    with pytest.raises(DomainError, match="barcode_unverified"):
        parse_certain(text)


def test_items_longer_than_the_rules_say_are_read_and_letters_keep_their_case():
    assert only("MA.156.M0.100350.01004YA10017.SLMS").device_identifier == "MA.156.M0.100350.01004YA10017"
    assert only("MA.156.M0.100011.2cscp023").device_identifier == "MA.156.M0.100011.2cscp023"


@pytest.mark.parametrize(
    "text",
    [
        "MA.156.M0.100123.AB12.C1",
        "MA.156.M0.10047.11103316",
        f"{MA}.C7.S1",
        f"{MA}.S1.S2",
        f"{MA}.M190101.P190102",
        f"{MA}.M191301",
        f"{MA}.X1",
        f"{MA}..S1",
        f"{MA}.S",
        "MA.156.M0.S1.100472.11103316",
    ],
)
def test_a_damaged_ma_code_is_refused(text):
    assert refusal(text).code == "barcode_malformed"


@pytest.mark.parametrize("text", ["MF1234567890123*BN20240101*SN0042", "MF12345678901BA77MD240101", "mf123456*sn1"])
def test_a_code_of_ali_health_is_recognised_and_not_read(text):
    error = refusal(text)
    assert (error.code, error.facts["system"]) == ("barcode_unsupported", "AHM")


@pytest.mark.parametrize("number", ["MF-0012", "MF0012SN3", "MF20240001"])
def test_an_asset_number_may_begin_like_a_code_of_ali_health(number):
    assert [read.system for read in parse_identifier(number)] == ["asset", "serial", "product"]


def enveloped(*pieces: str) -> str:
    return "[)>\x1e06\x1d" + "\x1d".join(pieces) + "\x1e\x04"


def test_the_example_of_ifa_is_read():
    read = only(enveloped("9N110375286414", "1T12345ABCD", "D150600", "S12345ABCDEF98765", "16D20130401"))
    assert (read.system, read.check, read.device_identifier) == ("IFA", "fits", "110375286414")
    assert (read.lot, read.serial) == ("12345ABCD", "12345ABCDEF98765")
    assert (read.expires, read.manufactured) == (date(2015, 6, 30), date(2013, 4, 1))


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        (("9N110375286415",), "barcode_check_digit"),
        (("9N110375286441",), "barcode_check_digit"),
        (("9N1103752864",), "barcode_malformed"),
        (("9N110375286414", "D151301"), "barcode_malformed"),
        (("9N110375286414", "S1", "S2"), "barcode_malformed"),
        (("1TLOT",), "barcode_incomplete"),
    ],
)
def test_a_damaged_code_of_ifa_is_refused(pieces, code):
    assert refusal(enveloped(*pieces)).code == code


def test_a_device_identifier_may_be_typed_alone():
    named = [read for read in parse_identifier("A123BJC5D6E71") if read.device_identifier]
    assert [(read.system, read.device_identifier) for read in named] == [("product", "A123BJC5D6E71")]


@pytest.mark.parametrize(
    "text",
    [
        f"]d20106901234567892{FNC1}0106901234100600",
        f"]d20106901234567892{FNC1}21A{FNC1}21B",
        "(01)06901234567892(01)06901234100600",
        "(21)A(21)B(01)06901234567892",
        "(01)06901234567892(8006)069012341006000102",
    ],
)
def test_a_gs1_field_that_is_said_twice_otherwise_is_refused(text):
    assert refusal(text).code == "barcode_malformed"
