"""The secrets of one home: made once when first needed, kept in `secrets.json`, readable by its owner alone."""

import fcntl
import json
import os
import secrets as random
from pathlib import Path

from pydantic import BaseModel, Field


def _token() -> str:
    return random.token_urlsafe(32)


def _word() -> str:
    """16 hex digits: short enough to type, and safe in a URL and as an S3 access key."""
    return random.token_hex(8)


class Secrets(BaseModel):
    """What a development system keeps to itself. Production is given its own through the environment."""

    secret_key: str = Field(default_factory=_token, repr=False)
    audit_key: str = Field(default_factory=_token, repr=False)
    telegram_webhook_secret: str = Field(default_factory=_token, repr=False)
    slack_signing_secret: str = Field(default_factory=_token, repr=False)
    standins_token: str = Field(default_factory=_token, repr=False)
    demo_password: str = Field(default_factory=_word, repr=False)
    s3_access_key: str = Field(default_factory=_word, repr=False)
    s3_secret_key: str = Field(default_factory=_token, repr=False)
    valkey_password: str = Field(default_factory=_token, repr=False)
    database_administrator: str = Field(default_factory=_token, repr=False)
    database_app: str = Field(default_factory=_token, repr=False)
    database_gateway: str = Field(default_factory=_token, repr=False)
    database_relay: str = Field(default_factory=_token, repr=False)
    database_auditor: str = Field(default_factory=_token, repr=False)


def load_secrets(home: Path) -> Secrets:
    """Read the secrets of `home`; make those that are missing. Two processes that start together see the same ones."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home / "secrets.json"
    folder = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        known = json.loads(path.read_text()) if path.exists() else {}
        secrets = Secrets.model_validate(known)
        if secrets.model_dump() != known:
            write_private(path, secrets.model_dump_json(indent=2))
    finally:
        os.close(folder)
    return secrets


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, so that no reader sees half of it; readable by its owner alone."""
    draft = path.with_suffix(f".{os.getpid()}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
