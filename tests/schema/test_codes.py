"""Codes and stickers over GraphQL: what a text means and which devices it fits; stickers that lead back to them."""

import hashlib
import io
from types import SimpleNamespace
from typing import Any

import httpx
import pypdfium2
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from mendline.devices import DeviceModel, device_link, read_codes
from mendline.kernel import blobs as kernel_blobs
from mendline.kernel import rows, transaction
from support.cast import PUMP, Cast
from support.database import look, unchanged

READ = """mutation($t: String!) { readCode(input: {text: $t}) { readings { system check deviceIdentifier serial lot
  manufactured expires assetNumber organisationCode devices { device { id assetNumber } } } } }"""
PRINT = """mutation($i: PrintStickersInput!) { printStickers(input: $i) {
  url filename size sha256 stickers pages } }"""
BY_CODE = "query($c: String!) { device(code: $c) { id } }"


async def _read(portal: Any, text: str, who: str = "engineer_a") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await portal.get(who, READ, t=text))["readCode"]["readings"]
    return found


def _assets(reading: dict[str, Any]) -> list[str]:
    return [known["device"]["assetNumber"] for known in reading["devices"]]


async def test_a_code_is_read_with_the_devices_it_fits(portal: Any) -> None:
    async with unchanged("login_session"):
        [read] = await _read(portal, f"(01){PUMP}(11)240102(21)SN1001")
    assert (read["system"], read["check"], read["deviceIdentifier"]) == ("GS1", "FITS", PUMP)
    assert (read["serial"], read["manufactured"], read["expires"]) == ("SN1001", "2024-01-02", None)
    assert _assets(read) == ["SB-0001"]


async def test_where_fnc1_was_dropped_every_meaning_is_offered(portal: Any) -> None:
    readings = await _read(portal, f"01{PUMP}10B721SN1001")
    assert [(r["lot"], r["serial"], _assets(r)) for r in readings] == [
        ("B7", "SN1001", ["SB-0001"]),
        ("B721SN1001", None, []),
    ]


async def test_the_code_of_another_issuer_finds_its_model(portal: Any, cast: Cast) -> None:
    tenant = cast["hospital_a"]
    for identifier, code, check in (
        ("A123BJC5D6E71", "+A123BJC5D6E71G", "FITS"),
        ("A9999XYZ100T0944", "=/A9999XYZ100T0944", "NONE"),
        ("MA.156.M0.100472.11103316", "MA.156.M0.100472.11103316.SSN1001", "UNVERIFIED"),
    ):
        async with transaction(tenant):
            [model] = await rows.select(DeviceModel, "tenant_id = $1 AND device_identifier IS NOT NULL", tenant)
            await rows.update(model, device_identifier=identifier)
        [read] = await _read(portal, code)
        assert (read["check"], read["deviceIdentifier"]) == (check, identifier)
        assert "SB-0001" in _assets(read)
    # What nobody can verify is shown to a person and looked up by no program.
    answer = await portal.ask("engineer_a", BY_CODE, c="MA.156.M0.100472.11103316.SSN1001")
    assert answer.codes == ["barcode_unverified"]


async def test_a_damaged_code_is_refused_in_words(portal: Any) -> None:
    for text, code in (
        ("+A123BJC5D6E71H", "barcode_check_digit"),
        ("=/A9999XYZ100T094", "barcode_malformed"),
        ("MF1234567*BN24*SN1", "barcode_unsupported"),
        ("报警", "barcode_unreadable"),
    ):
        assert (await portal.ask("engineer_a", READ, t=text)).codes == [code]


async def test_stickers_lead_back_to_their_devices(portal: Any, cast: Cast, blobs: None) -> None:
    devices = [cast.device_id("pump_a"), cast.device_id("pump_a2")]
    asked = {"devices": devices, "sheet": "A4_3X8", "first": 24}
    made = (await portal.get("engineer_a", PRINT, i=asked))["printStickers"]
    assert (made["stickers"], made["pages"], made["filename"]) == (2, 2, "stickers-a4_3x8.pdf")
    async with httpx.AsyncClient() as store:
        pdf = (await store.get(made["url"])).content
    assert (len(pdf), hashlib.sha256(pdf).hexdigest()) == (made["size"], made["sha256"])
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        file = io.BytesIO()
        page.render(scale=3).to_pil().save(file, "PNG")
        [code] = read_codes(file.getvalue())
        found.append((await portal.get("engineer_a", BY_CODE, c=code))["device"]["id"])
        # The same number on another hospital's sticker is another hospital's device.
        assert await portal.get("engineer_b", BY_CODE, c=code) == {"device": None}
    assert found == devices
    again = (await portal.get("engineer_a", PRINT, i=asked))["printStickers"]
    assert again["sha256"] == made["sha256"]
    sql = "SELECT facts FROM organisation_audit WHERE command = 'devices.print_stickers' AND tenant_id = $1"
    audit = await look(sql, cast["hospital_a"])
    assert len(audit) == 2 and str(cast.devices["pump_a"]) in str(audit[0]["facts"])


async def test_that_the_store_is_away_is_said(portal: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def put_object(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

        exceptions = SimpleNamespace(ClientError=ClientError)

    monkeypatch.setattr(kernel_blobs, "_client", Away)
    refused = await portal.ask("engineer_a", PRINT, i={"devices": [cast.device_id("pump_a")]})
    assert refused.codes == ["store_away"]


async def test_another_hospitals_sticker_finds_nothing_of_ours(portal: Any, cast: Cast) -> None:
    ours, theirs = (
        device_link("https://mendline.example", cast.codes[hospital], "SB-0001")
        for hospital in ("hospital_a", "hospital_b")
    )
    assert (await portal.get("engineer_a", BY_CODE, c=ours))["device"]["id"] == cast.device_id("pump_a")
    assert await portal.get("engineer_a", BY_CODE, c=theirs) == {"device": None}


async def test_stickers_are_refused_where_they_cannot_be(portal: Any, cast: Cast, blobs: None) -> None:
    mine, other = cast.device_id("pump_a"), cast.device_id("pump_b")
    async with unchanged("login_session"):
        for who, asked, code in (
            ("engineer_a", {"devices": [mine, other]}, "not_found"),
            ("engineer_a", {"devices": [mine], "sheet": "A4_2X7", "first": 15}, "label_beyond_sheet"),
            ("engineer_a", {"devices": [mine], "first": 0}, "invalid_input"),
            ("engineer_a", {"devices": []}, "invalid_input"),
            ("engineer_a", {"devices": [mine] * 501}, "invalid_input"),
            ("nurse_a", {"devices": [mine]}, "forbidden"),
        ):
            answer = await portal.ask(who, PRINT, i=asked)
            assert answer.codes == [code], (asked, answer.errors)


UPSERT = """mutation($d: String!) { upsertModel(input: {name: {en: "Pump"}, modelNumber: "P1", manufacturer: {en: "M"},
  deviceClass: "pump", deviceIdentifier: $d}) { model { deviceIdentifier } } }"""


async def test_a_model_may_have_the_identifier_of_any_issuer(portal: Any) -> None:
    for identifier in (
        "06901234567892",
        "A123BJC5D6E71",
        "A9999XYZ100T0944",
        "MA.156.M0.100011.2cscp023",
        "MF1234567890123",
        "110375286414",
    ):
        made = await portal.get("engineer_a", UPSERT, d=identifier)
        assert made["upsertModel"]["model"]["deviceIdentifier"] == identifier


async def test_what_is_no_device_identifier_is_no_models(portal: Any) -> None:
    await portal.token("engineer_a")
    async with unchanged():
        for wrong in ("6901234567892", "+A123BJC5D6E71G", "(01)06901234567892", "MA.156.M0.1.2", "=/A9999", "a 1", ""):
            assert (await portal.ask("engineer_a", UPSERT, d=wrong)).codes == ["invalid_input"], wrong
