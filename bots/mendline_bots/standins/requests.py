"""Reads what the simulator's page or a test asks for: JSON or a form, with its person and files."""

from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from .channel import SimulatorError, Stage, Upload
from .person import Person


def answer(value: Any, status: int = 200) -> Response:
    """JSON of structs and plain values."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


class Body:
    """The values of one request. `uploads` are its files, a chosen label among them."""

    def __init__(self, stage: Stage, values: dict[str, Any], uploads: list[Upload]) -> None:
        self._stage = stage
        self.values = values
        self.uploads = uploads

    @classmethod
    async def of(cls, request: Request, stage: Stage) -> "Body":
        """Read query, JSON or a form; a `label` is loaded from the demo's labels folder."""
        values: dict[str, Any] = dict(request.query_params)
        uploads: list[Upload] = []
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind == "application/json":
            try:
                values |= msgspec.json.decode(await request.body() or b"{}", type=dict[str, Any])
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                raise SimulatorError(f"The body is not a JSON object: {error}") from None
        elif kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
            async with request.form() as form:
                for key, field in form.multi_items():
                    if isinstance(field, UploadFile):
                        uploads.append(Upload(field.filename or key, field.content_type or "", await field.read()))
                    else:
                        values[key] = field
        if values.get("label"):
            uploads.append(_label(stage, str(values["label"])))
        return cls(stage, values, uploads)

    @property
    def person(self) -> Person:
        """Who acts. Raises when nobody has that key."""
        person = self._stage.people.get(self.text("person"))
        if person is None:
            raise SimulatorError("No person has this key.", 404)
        return person

    def text(self, name: str) -> str:
        """A value as text; empty when missing."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def number(self, name: str, default: float) -> float:
        """A number."""
        try:
            return float(self.values.get(name) or default)
        except (TypeError, ValueError):
            raise SimulatorError(f"{name} must be a number.") from None

    def flag(self, name: str) -> bool:
        """A boolean, from JSON or a form."""
        return self.text(name).lower() in {"true", "1", "on"}

    def upload(self) -> Upload:
        """The one file. Raises when none came."""
        if not self.uploads:
            raise SimulatorError("Send a file, or name a label.")
        return self.uploads[0]


def _label(stage: Stage, name: str) -> Upload:
    path = (stage.labels / name).resolve()
    if not path.is_relative_to(stage.labels.resolve()) or not path.is_file():
        raise SimulatorError("No such label picture.", 404)
    return Upload(path.name, "", path.read_bytes())
