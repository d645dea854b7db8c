"""Ports of the embedded parts: free ones, remembered in the home so that a restart keeps its addresses."""

import json
import random
import socket
from pathlib import Path

# Below 32768 the kernel does not lend ports to outgoing connections, so a remembered port stays free.
_RANGE = range(20000, 32000)


class Ports:
    """The ports of one home, by name."""

    def __init__(self, home: Path) -> None:
        self._path = home / "ports.json"
        self._known: dict[str, int] = json.loads(self._path.read_text()) if self._path.exists() else {}

    def take(self, name: str) -> int:
        """The port remembered for `name` when it is free, else a free one, remembered from now on.

        Raises RuntimeError when a hundred random ports were all taken.
        """
        port = self._known.get(name)
        if port is None or not is_free(port):
            port = self._find()
            self._known[name] = port
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self._known, indent=2))
        return port

    def _find(self) -> int:
        for port in random.sample(_RANGE, 100):
            if port not in self._known.values() and is_free(port):
                return port
        raise RuntimeError(f"no free port found between {_RANGE.start} and {_RANGE.stop} on 127.0.0.1")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
