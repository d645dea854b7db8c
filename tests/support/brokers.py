"""Brokers of a test's own, to be killed: Valkey from its wheel, RabbitMQ from Debian's package."""

import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Protocol

import pytest

from mendline.app.child import Child, Process, wait_until
from mendline.app.parts.valkey import Valkey
from mendline.app.ports import Ports


class Broker(Protocol):
    """What the tests do with a broker."""

    url: str

    def start(self) -> None:
        """Run it (again) and wait until it answers."""

    def kill(self) -> None:
        """`kill -9`."""

    def stop(self) -> None:
        """End it and what it has started."""


class OwnValkey:
    """Keeps nothing on disk: killed, it has forgotten everything."""

    def __init__(self, folder: Path) -> None:
        self._part = Valkey(folder / "valkey", Ports(folder).take("valkey"), "word", durable=False)
        self._part.prepare()
        self._child = Child(self._part.process(), folder / "valkey.log")
        self.url = self._part.broker_url

    def start(self) -> None:
        self._child.start()
        assert wait_until(self._part.ready, 10), self._child.last_lines()

    def kill(self) -> None:
        assert self._child.pid
        os.kill(self._child.pid, signal.SIGKILL)
        self._child.stop()

    def stop(self) -> None:
        self._child.stop()


class OwnRabbitMQ:
    """A node with a name, ports and folder of its own, under whoever runs the test."""

    _SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

    def __init__(self, folder: Path) -> None:
        if not self._SERVER.exists() or not shutil.which("epmd"):
            pytest.skip("RabbitMQ is not installed: apt-get install rabbitmq-server")
        ports = Ports(folder)
        self._port, names = ports.take("rabbitmq"), ports.take("epmd")
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}/"
        home = folder / "rabbitmq"
        home.mkdir()
        (home / "plugins").write_text("[].")
        (home / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{self._port}\nlog.console = true\n")
        env = {
            "HOME": str(home),
            "ERL_EPMD_PORT": str(names),
            "RABBITMQ_NODENAME": f"test{self._port}@localhost",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(ports.take("distribution")),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
        }
        # Erlang's directory of nodes: started here, or RabbitMQ would leave a daemon behind.
        self._names = Child(
            Process("epmd", ("epmd", "-address", "127.0.0.1", "-port", str(names))), folder / "epmd.log"
        )
        self._child = Child(Process("rabbitmq", (str(self._SERVER),), env=env, grace=15), folder / "rabbitmq.log")
        self._names.start()

    def start(self) -> None:
        self._child.start()
        assert wait_until(self._answers, 60, 0.1), self._child.last_lines()

    def kill(self) -> None:
        assert self._child.pid
        os.killpg(self._child.pid, signal.SIGKILL)  # the server is a child of its start script
        self._child.stop()

    def stop(self) -> None:
        self._child.stop()
        self._names.stop()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as link:
                link.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(link.recv(8))
        except OSError:
            return False
