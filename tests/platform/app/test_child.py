"""Child processes: stopped by their id, and gone when their parent is killed."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from mendline.app.child import Child, Process, last_lines, wait_until

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
print('started', flush=True)
time.sleep(60)
"""


def python(program, **named):
    return Process("child", (sys.executable, "-c", program), **named)


def test_it_runs_and_writes_its_own_log(tmp_path):
    child = Child(python("import os; print(os.environ['WORD'])", env={"WORD": "hello"}), tmp_path / "log" / "child.log")
    child.start()
    assert wait_until(lambda: not child.alive, 10)
    assert (child.exit_code, child.pid, child.last_lines()) == (0, None, "hello")


def test_one_that_ignores_the_request_is_killed_with_what_it_started(tmp_path):
    child = Child(python(STUBBORN, grace=0.3), tmp_path / "log")
    child.start()
    assert wait_until(lambda: "started" in child.last_lines(), 10)
    family = psutil.Process(child.pid).children()
    child.stop()
    assert child.exit_code == -signal.SIGKILL
    assert not psutil.wait_procs(family, timeout=5)[1]


def test_it_dies_with_a_parent_that_is_killed(tmp_path):
    parent = (
        "import sys, time; from pathlib import Path; from mendline.app.child import Child, Process\n"
        "sleeper = Process('x', (sys.executable, '-c', 'import time; time.sleep(60)'))\n"
        f"print(Child(sleeper, Path({str(tmp_path / 'log')!r})).start(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as running:
        child = psutil.Process(int(running.stdout.readline()))
        running.kill()
    assert not psutil.wait_procs([child], timeout=5)[1]


def test_it_is_not_started_from_a_thread_that_may_end_first(tmp_path):
    refused = []

    def start():
        with pytest.raises(RuntimeError, match="main thread"):
            Child(python(""), tmp_path / "log").start()
        refused.append(True)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert refused


def test_last_lines(tmp_path):
    log = tmp_path / "log"
    assert last_lines(log) == ""
    Path(log).write_text("".join(f"{n}\n" for n in range(50)))
    assert last_lines(log, 2) == "48\n49"
