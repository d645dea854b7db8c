"""`mendline organisations`: how an empty system gets its first organisation and somebody who can log in."""

from mendline.kernel import new_id
from mendline_tenants import claim, login
from support.cast import Cast
from support.command_line import answered, started
from support.database import unchanged


async def _mendline(*arguments: str) -> tuple[int, str, str]:
    status, answer, told = await answered("organisations", *arguments)
    return status, answer, " ".join(told.split())


async def test_the_first_administrator_logs_in_with_the_printed_password(database: None) -> None:
    code = f"O{new_id().hex[-8:].upper()}"
    found = ("found", code, "--kind", "hospital", "--name", "第一医院", "--admin", "it@h1.example")
    status, password, _ = await _mendline(*found)
    assert status == 0
    assert await login(code, "it@h1.example", password.strip())  # nothing but the password is on standard output
    async with unchanged():
        status, answer, told = await _mendline(*found)
    assert (status, answer) == (1, "")
    assert "is taken" in told
    status, listed = await started("organisations", "list")
    assert status == 0
    assert code in listed


async def test_what_is_no_code_or_time_zone_is_refused_in_words(database: None) -> None:
    rest = ("--kind", "vendor", "--name", "x", "--admin", "y")
    async with unchanged():
        status, _, told = await _mendline("found", "a b", *rest)
        assert (status, "capitals and digits" in told) == (1, True)
        status, _, told = await _mendline("found", "AB", *rest, "--timezone", "Mars/Base")
        assert (status, "IANA" in told) == (1, True)


async def test_a_hospital_is_kept_by_a_vendor_and_claimed_with_the_printed_code(cast: Cast) -> None:
    code = f"K{new_id().hex[-8:].upper()}"
    keeping = ("steward", code, "--by", cast.codes["vendor_v"], "--name", "小医院")
    status, _, told = await _mendline(*keeping)
    assert (status, "keeps" in told) == (0, True)
    status, claim_code, _ = await _mendline("claim-code", code)
    assert status == 0
    assert await claim(code, claim_code.strip(), "it", "管理员", "first password")
    async with unchanged("errand", "organisation_audit"):
        status, answer, told = await _mendline(*keeping)
        assert (status, answer, "is taken" in told) == (1, "", True)
    async with unchanged():
        for arguments, words in (
            (("claim-code", code), "keeps itself"),
            (("claim-code", "NOBODY"), "was not found"),
            (("steward", "X1", "--by", cast.codes["hospital_a"], "--name", "x"), "vendors and manufacturers"),
        ):
            status, _, told = await _mendline(*arguments)
            assert (status, words in told) == (1, True), told
