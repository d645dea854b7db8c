"""The explorer: a page to try GraphQL on, in development alone, with nothing from elsewhere."""

from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mendline.kernel import settings
from mendline_schema import print_schema, trusted_documents

_PAGE = Path(__file__).parent / "explorer.html"


async def home(_: Request) -> Response:
    """The root leads to the explorer."""
    return RedirectResponse("/graphql")


async def page(_: Request) -> Response:
    """The page itself."""
    return FileResponse(
        _PAGE,
        headers={
            "content-security-policy": "default-src 'self' 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
        },
    )


async def people(request: Request) -> Response:
    """The demo people and keys that may ask, for the page's menu.

    Only under a name of this machine: a stranger's page whose name was pointed here by DNS must not read passwords.
    """
    own = {"localhost", "127.0.0.1", "[::1]", "::1", settings().host, urlsplit(settings().public_url).hostname}
    if request.url.hostname not in own:
        return PlainTextResponse("Open the explorer by the address that `up` told.", status_code=421)
    path = settings().home / "demo.json"
    rows = msgspec.json.decode(path.read_bytes()) if path.exists() else []
    return JSONResponse([row for row in rows if row.get("password") or row.get("key")])


async def schema(_: Request) -> Response:
    """The schema as text, for the page's list of types."""
    return PlainTextResponse(print_schema())


async def documents(_: Request) -> Response:
    """The trusted documents: id, name and text. The page shows some; who builds a client takes the ids."""
    return JSONResponse([asdict(document) for document in trusted_documents().values()])


def explorer_routes() -> list[BaseRoute]:
    """The page, its people, its documents and the schema."""
    return [
        Route("/", home),
        Route("/graphql", page, methods=["GET"]),
        Route("/explorer/people", people),
        Route("/explorer/schema", schema),
        Route("/explorer/documents", documents),
    ]
