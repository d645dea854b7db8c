"""The supervisor: order, restarts, a clean end, and what it says when something is wrong.

The processes are small stand-ins, and every part is named by a setting, so none is started here.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import psutil
import pytest

from mendline.app.child import wait_until

PROGRAM = """
import sys
from pathlib import Path
from mendline.app.child import Process
from mendline.app.supervisor import Supervisor
from mendline.kernel import Settings

WEB = '''
import http.server, os
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["MENDLINE_PORT"])), Ready).serve_forever()
'''

def plan(settings, env):
    env = {**env, "MENDLINE_PORT": str(settings.port)}
    return [Process("web", (sys.executable, "-c", WEB), env),
            Process("worker", (sys.executable, "-c", sys.argv[1]), env)]

nowhere = "postgresql://nobody:nothing@127.0.0.1:1/none"
settings = Settings(database_url=nowhere, broker_url="redis://127.0.0.1:1", s3_endpoint_url="http://127.0.0.1:1",
                    s3_access_key="a", s3_secret_key="b")
sys.exit(Supervisor(settings, prepare=[], plan=plan).run())
"""
SLEEPS = "import time; time.sleep(60)"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def supervisor(home, port, worker=SLEEPS):
    env = {**os.environ, "MENDLINE_HOME": str(home), "MENDLINE_PORT": str(port)}
    argv = [sys.executable, "-c", PROGRAM, worker]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()


def record(home):
    try:
        return json.loads((home / "run.json").read_text())
    except FileNotFoundError:
        return {"processes": {}, "ready": False}


def processes(home):
    return record(home)["processes"]


def is_up(home):
    return wait_until(lambda: record(home)["ready"], 20)


def end(running, with_signal=signal.SIGINT):
    running.send_signal(with_signal)
    return running.communicate(timeout=20)[0]


def test_starts_tells_and_stops(home, port):
    with supervisor(home, port) as running:
        assert is_up(home)
        children = [psutil.Process(pid) for pid in processes(home).values()]
        said = end(running)
        assert running.returncode == 0
    assert f"http://127.0.0.1:{port}/graphql" in said
    assert "Memory 内存" in said
    assert not psutil.wait_procs(children, timeout=5)[1]
    assert not (home / "run.json").exists()


def test_restarts_what_dies(home, port):
    with supervisor(home, port) as running:
        assert is_up(home)
        first = processes(home)["worker"]
        os.kill(first, signal.SIGKILL)
        assert wait_until(lambda: processes(home)["worker"] != first, 10)
        assert "worker runs again" in end(running, signal.SIGTERM)


def test_a_failing_process_shows_the_end_of_its_log(home, port):
    with supervisor(home, port, "raise SystemExit('the reason why')") as running:
        said = running.communicate(timeout=20)[0]
        assert running.returncode == 1
    assert "worker ended at its start" in said
    assert "the reason why" in said


def test_one_system_to_a_home_and_to_a_port(home, port, tmp_path):
    with supervisor(home, port) as running:
        assert is_up(home)
        with supervisor(home, port + 1) as second:
            assert "running in" in second.communicate(timeout=20)[0]
        with supervisor(tmp_path / "other", port) as third:
            assert f"port {port} is taken" in third.communicate(timeout=20)[0]
        end(running)


def test_killed_it_leaves_nothing_and_starts_again(home, port):
    with supervisor(home, port) as running:
        assert is_up(home)
        children = [psutil.Process(pid) for pid in processes(home).values()]
        running.kill()
    assert not psutil.wait_procs(children, timeout=5)[1]
    with supervisor(home, port) as running:
        assert wait_until(lambda: processes(home).get("worker") not in {None, *(child.pid for child in children)}, 20)
        assert is_up(home)
        assert "ready" in end(running)
