"""The explorer gives demo passwords to nobody who comes under another name than this machine's."""

import hashlib

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from mendline.app.http.explorer import explorer_routes
from mendline.kernel import settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MENDLINE_HOME", str(tmp_path))
    settings.cache_clear()
    (tmp_path / "demo.json").write_bytes(msgspec.json.encode([{"name": "Li", "password": "p"}, {"name": "Wu"}]))
    yield tmp_path
    settings.cache_clear()


@pytest.mark.parametrize(
    ("base", "status"), [("http://127.0.0.1:8080", 200), ("http://localhost", 200), ("http://evil.example", 421)]
)
async def test_people_are_told_under_our_own_name_alone(home, base, status):
    transport = httpx.ASGITransport(app=Starlette(routes=explorer_routes()))
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        answer = await client.get("/explorer/people")
    assert answer.status_code == status
    assert ("Li" in answer.text) is (status == 200)
    assert "Wu" not in answer.text


async def test_documents_are_told_with_what_names_them():
    transport = httpx.ASGITransport(app=Starlette(routes=explorer_routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        listed = (await client.get("/explorer/documents")).json()
    login = next(document for document in listed if document["name"] == "Login")
    assert login["text"].startswith("mutation Login(")
    assert login["id"] == "sha256:" + hashlib.sha256(login["text"].encode()).hexdigest()
