"""Log lines: structured, tied to their cause, free of secrets."""

import json
import subprocess
import sys

import pytest
import structlog

from mendline.kernel.log import bind, correlation_id, new_correlation, redact

TELEGRAM = "7000000001:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
SECRETS = (
    (f"POST https://api.example/bot{TELEGRAM}/sendMessage", TELEGRAM),
    ("token xoxb-1234-5678-abcdef refused", "xoxb-1234"),
    ("cannot reach postgresql://app:hunter2@db/mendline", "hunter2"),
    ("Authorization: Bearer eyJhbGciOi.J9.abc", "eyJhbGciOi"),
    ("PUT /evidence/1?X-Amz-Signature=0a1b2c&x=1", "0a1b2c"),
)


@pytest.fixture(autouse=True)
def _own_context():
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_secrets_are_known_by_their_form(text, secret):
    assert secret not in json.dumps(redact(None, "", {"event": text, "deep": [{"text": text}]}))


def test_secrets_are_known_by_their_name():
    event = redact(
        None, "", {"event": "x", "api_key": "k1", "headers": {"Cookie": "c1"}, "password": "p1", "ticket": "T-1"}
    )
    assert event == {
        "event": "x",
        "api_key": "<secret>",
        "headers": {"Cookie": "<secret>"},
        "password": "<secret>",
        "ticket": "T-1",
    }


def test_a_cause_has_one_id():
    first = correlation_id()
    assert correlation_id() == first
    bind(tenant="t")
    assert new_correlation("given") == "given" == correlation_id()
    assert "tenant" not in structlog.contextvars.get_contextvars()
    assert new_correlation() != first


def test_lines_are_json_when_nobody_watches(tmp_path):
    program = (
        "from mendline.kernel.log import *; import logging\n"
        "configure_logging('web'); new_correlation('c1'); bind(tenant='t1')\n"
        "log.info('ticket accepted', ticket='RJ-1', 备注='好')\n"
        "logging.getLogger('uvicorn.error').warning('slow %s', 'request')\n"
        "try: raise ValueError('postgresql://a:hunter2@h/d')\n"
        "except ValueError: log.exception('failed')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"MENDLINE_HOME": str(tmp_path)},
    )
    accepted, slow, failed = (json.loads(line) for line in ran.stderr.splitlines())
    facts = {"process": "web", "correlation": "c1", "tenant": "t1"}
    expected = facts | {"event": "ticket accepted", "ticket": "RJ-1", "备注": "好", "level": "info"}
    assert accepted.items() >= expected.items()
    assert slow["event"] == "slow request"
    assert slow.items() >= facts.items()
    assert "ValueError" in failed["exception"]
    assert "hunter2" not in ran.stderr
    assert ran.stdout == ""
