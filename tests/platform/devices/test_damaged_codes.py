"""Codes of every issuer are read back as they were written; damaged ones are read right or refused, never wrong."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.devices import DeviceIdentifier, parse_codes, parse_identifier
from mendline.kernel import DomainError, catalogue
from support.codes import FNC1, MOD43, SYSTEMS, any_code, changed

systems = pytest.mark.parametrize("system", SYSTEMS)
seeds = st.integers(0, 2**48)


def identity(read: DeviceIdentifier) -> tuple[str | None, str | None, str | None]:
    return (read.device_identifier, read.serial, read.lot)


def readings(text: str) -> list[DeviceIdentifier]:
    """What a text is read as; nothing where it is refused, in both languages."""
    try:
        return parse_identifier(text)
    except DomainError as refusal:
        for language in ("zh", "en"):
            assert f"error.{refusal.code}" in catalogue(language)
        assert all(len(str(fact).encode()) < 200 for fact in refusal.facts.values())
        return []


@systems
@given(seed=seeds)
@settings(max_examples=300)
def test_what_is_written_is_read_back(system, seed):
    code = any_code(system, Random(seed))
    (read,) = {(r.system, *identity(r), r.expires, r.manufactured) for r in readings(code.text)[:1]}
    # Without FNC1 in the text a lot may be cut in other ways, which come after a reading with a serial number.
    assert read == (system, *code.identity, code.expires, code.manufactured) or (
        system == "GS1" and FNC1 not in code.text and code.identity in map(identity, readings(code.text))
    )


@pytest.mark.parametrize("system", ["GS1", "HIBCC", "IFA"])
@given(seed=seeds)
@settings(max_examples=500)
def test_one_wrong_character_under_a_check_is_refused(system, seed):
    dice = Random(seed)
    code = any_code(system, dice)
    wrong = changed(code.text, dice.choice(code.protected), dice)
    assert [r for r in readings(wrong) if r.system == system] == []


@given(seed=seeds)
@settings(max_examples=500)
def test_any_character_of_the_alphabet_under_hibcs_check_is_refused(seed):
    dice = Random(seed)
    code = any_code("HIBCC", dice)
    at = dice.randrange(1, len(code.text))
    wrong = code.text[:at] + dice.choice([c for c in MOD43[:-7] + "-.$/+%" if c != code.text[at]]) + code.text[at + 1 :]
    assert [r for r in readings(wrong) if identity(r) != code.identity and r.system == "HIBCC"] == []


@given(seed=seeds)
@settings(max_examples=500)
def test_two_neighbours_in_the_wrong_order_are_refused_where_the_check_has_weights(seed):
    dice = Random(seed)
    code = any_code("IFA", dice)
    at = dice.choice(code.protected[:-3])
    swapped = code.text[:at] + code.text[at + 1] + code.text[at] + code.text[at + 2 :]
    assert swapped == code.text or readings(swapped) == []


@systems
@given(seed=seeds)
@settings(max_examples=300)
def test_a_code_is_never_taken_for_another_issuers(system, seed):
    dice = Random(seed)
    code = any_code(system, dice)
    at = dice.randrange(4, len(code.text))
    for damaged in (changed(code.text, at, dice), code.text[:at] + code.text[at + 1 :], code.text[:at]):
        others = {r.system for r in readings(damaged)} - {system}
        assert not others & {*SYSTEMS}, (damaged, others)


@given(seed=seeds)
@settings(max_examples=300)
def test_an_ma_code_is_never_certain(seed):
    dice = Random(seed)
    code = any_code("MA", dice)
    damaged = changed(code.text, dice.randrange(16, len(code.text)), dice)
    assert all(r.check == "unverified" for r in readings(damaged) if r.system == "MA")


@given(seed=seeds)
@settings(max_examples=300)
def test_a_cut_isbt_128_names_its_own_device_or_none(seed):
    dice = Random(seed)
    code = any_code("ICCBBA", dice)
    cut = code.text[: dice.randrange(1, len(code.text))]
    assert {r.device_identifier for r in readings(cut)} <= {code.device_identifier}


@given(seed=seeds)
@settings(max_examples=500)
def test_a_dropped_fnc1_offers_the_true_reading_among_others_of_the_same_product(seed):
    dice = Random(seed)
    code = any_code("GS1", dice)
    heard = readings(code.text.replace(FNC1, ""))
    assert code.identity in map(identity, heard)
    assert {r.device_identifier for r in heard} == {code.device_identifier}


@systems
@given(seed=seeds)
@settings(max_examples=100)
def test_the_order_of_the_codes_on_a_photo_does_not_matter(system, seed):
    dice = Random(seed)
    codes = [any_code(system, dice).text, "]Q1https://weixin.example/r/abc", "报警"]
    dice.shuffle(codes)
    assert {r.system for r in parse_codes(codes)} == {system}


BEGINNINGS = [
    "+A123",
    "+$$",
    "*+",
    "=/",
    "=,",
    "&,1",
    "=+",
    "MA.156.M0.",
    "MF12345",
    "[)>\x1e06\x1d9N",
    "01",
    "(01)",
    "]d2",
]


@given(
    beginning=st.sampled_from(BEGINNINGS), rest=st.text(max_size=600) | st.text(alphabet=MOD43 + "=&,>}", max_size=200)
)
@settings(max_examples=1000)
def test_hostile_text_is_read_or_refused(beginning, rest):
    for read in readings(beginning + rest):
        assert read.device_identifier or read.serial or read.asset


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("filling", ["1", "A1", "=,000025", ".S1", "$$", "/S1", "*SN1", "\x1dS1", "SN1" * 3, "\ud800"])
def test_giant_text_is_answered_at_once(beginning, filling):
    for length in (400, 2_000_000):
        readings((beginning + filling * length)[:length])
