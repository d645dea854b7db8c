"""Settings: where each value comes from, and what production refuses to make up."""

import os
import stat

import psutil
import pytest

from mendline.kernel.runfile import RunFile, RunningProcess
from mendline.kernel.secrets import load_secrets
from mendline.kernel.settings import SettingMissing, Settings

DATABASE = "postgresql://admin:pw@db.example:5432/mendline"


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith("MENDLINE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MENDLINE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def running(home, process=None, **known):
    home.mkdir(exist_ok=True)
    RunFile(supervisor=process or RunningProcess.of(os.getpid()), settings=known).write(home)


def test_environment_before_running_system_before_default(home, monkeypatch):
    running(home, port=9001, broker_url="redis://one")
    monkeypatch.setenv("MENDLINE_BROKER_URL", "redis://two")
    settings = Settings()
    assert (settings.port, settings.broker_url, settings.lease_seconds) == (9001, "redis://two", 20)


def test_a_system_that_was_killed_is_not_believed(home):
    other_start = psutil.Process().create_time() - 100
    running(home, RunningProcess(pid=os.getpid(), started=other_start), port=9001)
    assert Settings().port == 8080


def test_secrets_are_made_once_and_for_their_owner_alone(home):
    first, second = Settings(), Settings()
    assert first.secret_key == second.secret_key != ""
    assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_newer_version_adds_its_secrets_and_keeps_the_old(home):
    home.mkdir()
    (home / "secrets.json").write_text('{"secret_key": "kept"}')
    secrets = load_secrets(home)
    assert secrets.secret_key == "kept"
    assert load_secrets(home).database_app == secrets.database_app != ""


def test_secrets_do_not_show(home):
    settings = Settings(database_url=DATABASE)
    shown = repr(settings) + repr(settings.secrets())
    assert "pw@" not in shown
    assert settings.secret_key not in shown
    assert settings.secrets().database_app not in shown


def test_role_urls_follow_from_the_administrators(home):
    settings = Settings(database_url=DATABASE, database_url_relay="postgresql://r:own@elsewhere/x")
    password = settings.secrets().database_app
    assert settings.role_url("app") == f"postgresql://app:{password}@db.example:5432/mendline"
    assert settings.role_password("app") == password
    assert settings.role_url("relay") == "postgresql://r:own@elsewhere/x"
    assert settings.role_url("owner") == f"{DATABASE}?options=-c%20role%3Downer"
    assert settings.role_url("administrator") == DATABASE
    with pytest.raises(ValueError, match="keeper"):
        settings.role_url("keeper")


def test_without_a_database_it_says_what_to_do(home):
    with pytest.raises(SettingMissing, match="MENDLINE_DATABASE_URL"):
        Settings().role_url("app")


def test_production_makes_nothing_up(home, monkeypatch):
    monkeypatch.setenv("MENDLINE_ENVIRONMENT", "production")
    monkeypatch.setenv("MENDLINE_TELEGRAM_TOKEN", "1:x")
    running(home, secret_key="from a running development system")
    with pytest.raises(SettingMissing) as refused:
        Settings()
    for name in ("SECRET_KEY", "BROKER_URL", "S3_ENDPOINT_URL", "DATABASE_URL_APP", "TELEGRAM_WEBHOOK_SECRET"):
        assert f"MENDLINE_{name}" in str(refused.value)
    assert "SLACK" not in str(refused.value)
    assert not (home / "secrets.json").exists()


def test_the_cache_is_the_broker_when_that_is_one(home):
    assert Settings(broker_url="redis://b/0").cache_url == "redis://b/0"
    assert Settings(broker_url="amqp://b").cache_url is None
