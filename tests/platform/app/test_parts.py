"""The embedded parts, real ones: reachable, kept over a restart and a kill, open to nobody without a password."""

import asyncio
import http.client
import os
import signal
from urllib.parse import urlsplit

import asyncpg
import boto3
import psutil
import pytest
import redis
from botocore.config import Config
from botocore.exceptions import ClientError

from mendline.app.memory import proportional_bytes
from mendline.app.parts import start_parts
from mendline.app.parts.ordinary_user import as_ordinary_user
from mendline.kernel.settings import Settings


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("a folder with spaces") / "home"


@pytest.fixture(scope="module", autouse=True)
def _no_neighbours(home):
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("MENDLINE_"):
                patch.delenv(name)
        yield


@pytest.fixture(scope="module")
def parts(home, _no_neighbours):
    with start_parts(Settings(home=home), durable=False) as running:
        yield running


def ask(url, statement):
    async def once():
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(once())


def bucket(parts):
    return boto3.client(
        "s3",
        endpoint_url=parts.settings.s3_endpoint_url,
        aws_access_key_id=parts.settings.s3_access_key,
        aws_secret_access_key=parts.settings.s3_secret_key,
        region_name=parts.settings.s3_region,
        config=Config(signature_version="s3v4", retries={"max_attempts": 0}),
    )


def part(parts, name):
    return next(child for child in parts.children() if child.process.name == name)


def test_postgres_asks_for_a_password_and_sorts_the_same_everywhere(parts):
    assert ask(parts.database_url, "SELECT current_user || ' ' || current_database()") == "administrator mendline"
    locale = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'mendline'"
    assert ask(parts.database_url, locale) == "bC.UTF-8"
    address = urlsplit(parts.database_url)
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(f"postgresql://administrator:wrong@{address.hostname}:{address.port}/mendline", "SELECT 1")


def test_durability_is_off_only_when_asked(parts):
    assert ask(parts.database_url, "SHOW fsync") == "off"


def test_valkey_asks_for_a_password(parts):
    assert redis.Redis.from_url(parts.broker_url).ping()
    address = urlsplit(parts.broker_url)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(host=address.hostname, port=address.port).ping()


def test_s3_locks_objects_and_lets_browsers_upload(parts):
    client, name = bucket(parts), parts.settings.s3_bucket
    lock = client.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    assert lock["ObjectLockEnabled"] == "Enabled"
    upload = urlsplit(client.generate_presigned_url("put_object", Params={"Bucket": name, "Key": "a/b"}))
    link = http.client.HTTPConnection(upload.netloc, timeout=5)
    asked = {"Origin": "http://portal.example", "Access-Control-Request-Method": "PUT"}
    link.request("OPTIONS", f"{upload.path}?{upload.query}", headers=asked)
    assert "PUT" in link.getresponse().headers["Access-Control-Allow-Methods"]
    stranger = boto3.client("s3", endpoint_url=client.meta.endpoint_url, region_name="us-east-1",
                            aws_access_key_id="x", aws_secret_access_key="y")  # fmt: skip
    with pytest.raises(ClientError):
        stranger.list_buckets()


def test_the_stores_inner_ports_refuse_strangers(parts, home):
    filer = int(next(a for a in part(parts, "seaweedfs").process.argv if a.startswith("-filer.port=")).split("=")[1])
    link = http.client.HTTPConnection("127.0.0.1", filer, timeout=5)
    link.request("GET", f"/buckets/{parts.settings.s3_bucket}/")
    assert link.getresponse().status == http.HTTPStatus.UNAUTHORIZED


def test_everything_listens_on_this_machine_only(parts):
    for child in parts.children():
        family = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
        listening = [c for p in family for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN]
        assert listening
        assert {c.laddr.ip for c in listening} == {"127.0.0.1"}
        assert all(c.laddr.port < 55535 for c in listening)


def test_nothing_secret_is_an_argument(parts):
    secrets = parts.settings.secrets().model_dump().values()
    for child in parts.children():
        assert not [word for word in child.process.argv for secret in secrets if secret in word]


def test_memory_is_modest(parts):
    family = [p.pid for c in parts.children() for p in (psutil.Process(c.pid), *psutil.Process(c.pid).children())]
    assert proportional_bytes(family) < 300e6


def test_killed_parts_come_back_where_they_were_with_what_they_had(parts):
    ask(parts.database_url, "CREATE TABLE kept AS SELECT 7 AS n")
    bucket(parts).put_object(Bucket=parts.settings.s3_bucket, Key="kept", Body=b"x" * 300_000)
    for name in ("postgres", "valkey", "seaweedfs"):
        child = part(parts, name)
        os.kill(child.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(child.pid)], timeout=5)
        assert not child.alive
        parts.restart(name)
    assert redis.Redis.from_url(parts.broker_url).ping()
    assert len(bucket(parts).get_object(Bucket=parts.settings.s3_bucket, Key="kept")["Body"].read()) == 300_000
    assert ask(parts.database_url, "SELECT 7") == 7


def test_a_stale_lock_file_that_names_another_process_does_not_hinder(parts, home):
    child = part(parts, "postgres")
    child.stop()
    (home / "postgres" / "data" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{home}\n1\n1\n\n127.0.0.1\n1 1\nready\n"
    )
    parts.restart("postgres")
    assert ask(parts.database_url, "SELECT 1") == 1


def test_a_part_that_a_setting_names_is_not_started(home, parts):
    with start_parts(parts.settings) as none:
        assert none.children() == []
        assert none.environment() == parts.environment()


@pytest.mark.skipif(os.geteuid() != 0, reason="says how Postgres runs for root")
def test_for_root_postgres_is_nobody_and_no_user_is_added():
    assert "65534" in " ".join(as_ordinary_user())
