"""Settings: what differs between one running system and another, from the environment alone.

Each value is looked up in this order:

1. the environment, `MENDLINE_<NAME>`;
2. `run.json` in the home, while the system that wrote it runs: so `mendline play` and `mendline db url` reach
   the system beside them without being told where it is;
3. in development, `secrets.json` in the home (made when first needed);
4. the default below.

Production makes up nothing: a missing secret or address is refused and named.
"""

from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from pydantic import Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from mendline.kernel.runfile import RunFile
from mendline.kernel.secrets import Secrets, load_secrets

LoginRole = Literal["app", "gateway", "relay", "auditor"]
LOGIN_ROLES: tuple[LoginRole, ...] = ("app", "gateway", "relay", "auditor")

_NEEDED_IN_PRODUCTION = (
    *("secret_key", "audit_key", "broker_url", "cache_url", "s3_endpoint_url", "s3_access_key", "s3_secret_key"),
    *(f"database_url_{role}" for role in LOGIN_ROLES),
)


class SettingMissing(Exception):
    """A value that nobody gave. The message names the variable to set."""


class Settings(BaseSettings):
    """One system's settings. Sizes are bytes, times seconds. Secrets do not show in `repr`."""

    model_config = SettingsConfigDict(env_prefix="MENDLINE_", extra="ignore", validate_default=True)

    home: Path = Path(".mendline")
    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    public_url: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    database_url: str | None = Field(default=None, repr=False)
    database_url_app: str | None = Field(default=None, repr=False)
    database_url_gateway: str | None = Field(default=None, repr=False)
    database_url_relay: str | None = Field(default=None, repr=False)
    database_url_auditor: str | None = Field(default=None, repr=False)
    broker_url: str | None = Field(default=None, repr=False)
    cache_url: str | None = Field(default=None, repr=False)

    s3_endpoint_url: str | None = None
    s3_access_key: str = Field(default="", repr=False)
    s3_secret_key: str = Field(default="", repr=False)
    s3_region: str = "us-east-1"
    s3_bucket: str = "mendline-evidence"
    s3_audit_bucket: str = "mendline-audit"
    evidence_limit_bytes: int = 200 * 1024 * 1024

    secret_key: str = Field(default="", repr=False)
    audit_key: str = Field(default="", repr=False)
    audit_retired_keys: str = ""
    audit_retention_days: int = Field(default=3650, ge=1)
    demo_password: str = Field(default="", repr=False)

    standins_url: str | None = None
    telegram_token: str | None = Field(default=None, repr=False)
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_secret: str = Field(default="", repr=False)
    slack_bot_token: str | None = Field(default=None, repr=False)
    slack_app_token: str | None = Field(default=None, repr=False)
    slack_signing_secret: str = Field(default="", repr=False)
    slack_api_url: str = "https://slack.com/api/"

    # Where the page behind a sticker's QR code leads: the bot's name without @, and the id of the Slack app.
    telegram_bot_name: str = Field(default="", pattern=r"^([A-Za-z0-9_]{5,32})?$")
    slack_app_id: str = Field(default="", pattern=r"^(A[A-Z0-9]{5,20})?$")

    # A routing engine's table of travel times (OSRM's /table/v1/driving, Valhalla's /sources_to_targets) for day plans;
    # without one travel is by great circle.
    routing_url: str = ""
    routing_engine: Literal["osrm", "valhalla"] = "osrm"
    routing_timeout: float = Field(default=10, gt=0)

    lease_seconds: float = Field(default=20, gt=0)

    # What an organisation may ask of GraphQL when the operator has set nothing else for it (see tenants/quotas.py),
    # and what all strangers behind one address may. Units are those of an operation's cost.
    quota_per_second: int = Field(default=500, ge=1)
    quota_burst: int = Field(default=15_000, ge=1)
    quota_sockets: int = Field(default=200, ge=1)
    stranger_per_second: int = Field(default=20, ge=1)
    stranger_burst: int = Field(default=600, ge=1)
    # Of the JSON that one statement of GraphQL may answer, in bytes: a process holds it whole.
    answer_bytes: int = Field(default=8 * 1024 * 1024, ge=1)
    trusted_documents: Literal["nobody", "strangers", "everyone"] | None = None
    trusted_proxies: str = ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order told in this module's docstring; values given in code come first (tests)."""
        return init_settings, env_settings, _RunFileSource(settings_cls), _SecretsSource(settings_cls)

    @model_validator(mode="after")
    def _complete(self) -> "Settings":
        self.home = self.home.expanduser().absolute()
        self.public_url = (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
        if self.cache_url is None and self.broker_url and self.broker_url.startswith(("redis://", "rediss://")):
            self.cache_url = self.broker_url
        if self.trusted_documents is None:
            self.trusted_documents = "strangers" if self.environment == "production" else "nobody"
        if self.environment == "production":
            self._refuse_gaps()
        return self

    def _refuse_gaps(self) -> None:
        needed = list(_NEEDED_IN_PRODUCTION)
        if self.telegram_token:
            needed.append("telegram_webhook_secret")
        if self.slack_bot_token:
            needed.append("slack_signing_secret")
        missing = [f"MENDLINE_{name.upper()}" for name in needed if not getattr(self, name)]
        if missing:
            raise SettingMissing("MENDLINE_ENVIRONMENT=production also needs: " + ", ".join(missing))

    def secrets(self) -> Secrets:
        """The secrets made for this home. Raises SettingMissing in production, where none are made up."""
        if self.environment == "production":
            raise SettingMissing("production uses no generated secrets; set each one in the environment")
        return load_secrets(self.home)

    def role_url(self, role: str) -> str:
        """Where one database role connects: `app`, `gateway`, `relay`, `auditor`, `owner` or `administrator`.

        `owner` cannot log in: it is the administrator's connection that becomes `owner` at its start. Raises
        SettingMissing when no database is known, ValueError for a role that nobody connects as (`keeper`).
        """
        if role in LOGIN_ROLES:
            own: str | None = getattr(self, f"database_url_{role}")
            return own or self._derived_url(role)
        if role in {"owner", "administrator"}:
            if not self.database_url:
                raise SettingMissing("no database: run ./deploy/up beside this, or set MENDLINE_DATABASE_URL")
            separator = "&" if "?" in self.database_url else "?"
            return self.database_url + (f"{separator}options=-c%20role%3Downer" if role == "owner" else "")
        raise ValueError(f"no connection is made as {role!r}; roles that connect: {', '.join(LOGIN_ROLES)}, owner")

    def role_password(self, role: LoginRole) -> str | None:
        """The password that `mendline migrate` gives a role: the one in its URL; None where it logs in without one."""
        given = urlsplit(self.role_url(role)).password
        return unquote(given) if given else None

    def _derived_url(self, role: str) -> str:
        if not self.database_url:
            variable = f"MENDLINE_DATABASE_URL_{role.upper()}"
            raise SettingMissing(
                f"no database: run ./deploy/up beside this, or set MENDLINE_DATABASE_URL or {variable}"
            )
        parts = urlsplit(self.database_url)
        address = parts.netloc.rpartition("@")[2]
        password = quote(getattr(self.secrets(), f"database_{role}"), safe="")
        return urlunsplit(parts._replace(netloc=f"{role}:{password}@{address}"))


class _HomeSource(PydanticBaseSettingsSource):
    """A source that lies in the home, which the sources before it have named."""

    def home(self) -> Path:
        return Path(self.current_state.get("home", Settings.model_fields["home"].default)).expanduser()

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False


class _RunFileSource(_HomeSource):
    def __call__(self) -> dict[str, Any]:
        if self.current_state.get("environment") == "production":
            return {}
        record = RunFile.running(self.home())
        return record.settings if record else {}


class _SecretsSource(_HomeSource):
    def __call__(self) -> dict[str, Any]:
        if self.current_state.get("environment") == "production":
            return {}
        names = {"secret_key", "audit_key", "demo_password", "telegram_webhook_secret", "slack_signing_secret"}
        return load_secrets(self.home()).model_dump(include=names)


@cache
def settings() -> Settings:
    """This process's settings, read once; `settings.cache_clear()` reads them anew."""
    return Settings()
