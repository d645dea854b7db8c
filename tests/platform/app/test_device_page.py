"""The page behind a sticker: what is printed on it, ways into the chats, and one answer for all that is no sticker."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio

from mendline.app.http.web import make_app
from mendline.devices import Device, label_code, read_start_word, start_word, sticker_link
from mendline.kernel import new_id, rows, settings, transaction
from support.cast import Cast
from support.database import unchanged


@pytest_asyncio.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    """A browser at an address of its own, so that nobody else's requests count."""
    parts = new_id().bytes[-3:]
    transport = httpx.ASGITransport(app=make_app(), client=(f"10.{parts[0]}.{parts[1]}.{parts[2]}", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://mendline.test") as client:
        yield client


@pytest.fixture
def bots(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MENDLINE_TELEGRAM_BOT_NAME", "mendline_bot")
    monkeypatch.setenv("MENDLINE_SLACK_APP_ID", "A0123456789")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def path_of(cast: Cast, asset: str = "SB-0001", hospital: str = "hospital_a") -> str:
    return urlsplit(sticker_link(cast.codes[hospital], asset)).path


async def test_a_stranger_reads_what_the_sticker_says(web: httpx.AsyncClient, cast: Cast, bots: None) -> None:
    async with unchanged():
        page = await web.get(path_of(cast), headers={"accept-language": "en-GB,en;q=0.9,zh;q=0.5"})
    assert page.status_code == 200 and '<html lang="en">' in page.text
    for words in ("第一医院", "First Hospital", "SB-0001", "输液泵", "Infusion pump", "IP-200", "SN SN1001"):
        assert words in page.text, words
    word = start_word(cast.codes["hospital_a"], "SB-0001")
    assert f"https://t.me/mendline_bot?start={word}" in page.text
    assert "https://slack.com/app_redirect?app=A0123456789" in page.text
    assert "/wo device SB-0001" in page.text
    chinese = await web.get(path_of(cast), headers={"accept-language": "zh-CN"})
    assert '<html lang="zh">' in chinese.text and "在 Telegram 中报修" in chinese.text
    assert (await web.head(path_of(cast))).status_code == 200


async def test_it_says_nothing_that_the_sticker_does_not(web: httpx.AsyncClient, cast: Cast, bots: None) -> None:
    tenant, device = cast["hospital_a"], cast.devices["pump_a"]
    made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "冒烟异味"})
    await cast.run("engineer_a", "devices.set_pool", {"device": cast.device_id("pump_a"), "pool": "spare"})
    before = (await web.get(path_of(cast))).text
    async with transaction(tenant):
        found = await rows.lock(Device, tenant, device)
        await rows.update(found, software_version="9.9.9", state="out_of_service", place_id=None, lot="L-77")
    assert (await web.get(path_of(cast))).text == before, "nothing of it is on the page"
    secrets = (str(tenant), tenant.hex, str(device), device.hex, cast.device_id("pump_a"), made.ticket, "冒烟")
    for secret in (*secrets, "三病区", "维康", "迈康", "infusion_pump", "06921234567890", "spare"):
        assert secret not in before, secret


async def test_whatever_is_no_sticker_of_ours_gets_the_same_answer(web: httpx.AsyncClient, cast: Cast) -> None:
    own, code = cast.codes["hospital_a"], label_code(cast.codes["hospital_a"], "SB-0001")
    await cast.run("engineer_a", "devices.retire", {"device": cast.device_id("pump_a2"), "reason": "x"})
    wrong = [
        f"/d/{own}/SB-0001",  # a sticker from before there were codes
        f"/d/{own}/SB-0001/{code[:-1]}{'A' if code[-1] != 'A' else 'B'}",
        f"/d/{own}/SB-0002/{code}",
        f"/d/{cast.codes['hospital_b']}/SB-0001/{code}",
        path_of(cast, "SB-0002"),
        path_of(cast, "SB-9999"),
        path_of(cast, "ZY-0001"),
        urlsplit(sticker_link("NOSUCH", "SB-0001")).path,
        *("/d/", "/d/a", "/d/a/b/c/d", f"/d/{own}/%00/x", "/d/%ff%fe/x/y", f"/d/{own}/{'9' * 4000}/x"),
        *(f"/d/{own}/%3Cscript%3E/x", f"/d/{own}/SB-0001/{code}/x", f"/d/{own}/' OR 1=1 --/x"),
    ]
    answers = set()
    async with unchanged():
        for path in wrong:
            page = await web.get(path)
            assert page.status_code == 404, path
            answers.add(page.text)
    (answer,) = answers
    assert "无法识别此标签" in answer and "医学工程部" in answer and "script" not in answer


async def test_odd_numbers_are_shown_and_never_obeyed(web: httpx.AsyncClient, cast: Cast, bots: None) -> None:
    asset = '<b>1/2 & "x"</b>?#中'
    tenant = cast["hospital_a"]
    async with transaction(tenant):
        await rows.update(await rows.lock(Device, tenant, cast.devices["pump_a"]), asset_number=asset)
    page = await web.get(path_of(cast, asset))
    assert page.status_code == 200
    assert "<b>1/2" not in page.text and "&lt;b&gt;1/2 &amp; &quot;x&quot;&lt;/b&gt;?#中" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert page.headers["cache-control"] == "no-store"


async def test_an_address_that_asks_too_much_waits(
    web: httpx.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = settings().model_copy(update={"stranger_per_second": 1, "stranger_burst": 100})
    monkeypatch.setattr("mendline_schema.admission.budget.settings", lambda: small)
    seen = [await web.get(path_of(cast), headers={"accept-language": "en"}) for _ in range(6)]
    assert [page.status_code for page in seen[:5]] == [200] * 5
    assert seen[-1].status_code == 429 and int(seen[-1].headers["retry-after"]) >= 1
    assert "Wait a moment" in seen[-1].text and "SB-0001" not in seen[-1].text


@pytest.mark.parametrize("asset", ["SB-0001", "资产/12", "x" * 40])
def test_a_start_word_is_what_telegram_passes_on(asset: str) -> None:
    word = start_word("HA", asset)
    assert word is not None and len(word) <= 64 and set(word) <= set(map(chr, range(128)))
    assert word.replace("-", "").replace("_", "").isalnum()
    assert read_start_word(word) == ("HA", asset)


def test_a_start_word_that_would_be_too_long_is_none() -> None:
    assert start_word("HA", "x" * 45) is None


@pytest.mark.parametrize("word", ["", "d_", "d_x", "d_" + "A" * 63, "d_!!!!", "d_AAAA", "d__w", "ABCD-EFGH", "d_QUJD"])
def test_other_words_start_no_report(word: Any) -> None:
    assert read_start_word(word) is None
