"""The embedded SeaweedFS: S3 with object lock, for the evidence of a development system and of the tests.

Any S3 with object lock and POST policies replaces it through `MENDLINE_S3_ENDPOINT_URL` and its keys.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mendline.app.child import Process
from mendline.app.parts.part import Part, PartFailed

# Left to themselves the gRPC ports are the others plus 10,000, and may then be taken or above 65,535.
PORTS = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3", "s3.grpc")


class Keys(NamedTuple):
    """What a client signs its requests with."""

    access: str
    secret: str


class Buckets(NamedTuple):
    """What lies in it: evidence, and the locked copies of the audit's checkpoints."""

    evidence: str
    audit: str


class SeaweedFS(Part):
    """One server in `folder`, all four of its roles in one process. `ports` has one for each name in `PORTS`."""

    name = "seaweedfs"
    title = "SeaweedFS (S3)"

    def __init__(self, folder: Path, ports: Mapping[str, int], keys: Keys, region: str, buckets: Buckets) -> None:
        self._folder = folder
        self._ports = ports
        self._keys = keys
        self._region = region
        self._buckets = buckets

    @property
    def endpoint_url(self) -> str:
        """Where S3 is, for this machine."""
        return f"http://127.0.0.1:{self._ports['s3']}"

    def address(self) -> str:
        return f"127.0.0.1:{self._ports['s3']}"

    def prepare(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # the identities are for nobody else
        (self._folder / "data").mkdir(exist_ok=True)
        keys = {"accessKey": self._keys.access, "secretKey": self._keys.secret}
        identity = {"name": "mendline", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
        self._identities().write_text(json.dumps({"identities": [identity]}))
        self.tidy()

    def tidy(self) -> None:
        """Remove its sockets."""
        for path in self._sockets():
            with contextlib.suppress(PermissionError):  # another user's, for which it has no need
                path.unlink(missing_ok=True)

    def process(self) -> Process:
        options = {
            "dir": self._folder / "data",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.telemetry": "false",  # on by default: it would report to its makers
            "master.volumeSizeLimitMB": 512,
            "master.electionTimeout": "500ms",  # it has no rivals; the default makes a restart take 20 s
            "master.heartbeatInterval": "100ms",
            "volume.max": 0,
            "volume.minFreeSpace": "200MiB",  # the default, 1 % of the disk, makes a full laptop read-only
            "filer": "true",
            "s3": "true",
            "s3.config": self._identities(),
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            **{
                f"{role.split('.')[0]}.port{role.removeprefix(role.split('.')[0])}": port
                for role, port in self._ports.items()
            },
        }
        argv = (_program(), "-logtostderr=true", "server", *(f"-{name}={value}" for name, value in options.items()))
        # It waits 15 s for its own gateway to disconnect. What was acknowledged is written: nothing is lost by a kill.
        return Process(self.name, argv, env=self._environment(), orphaned=signal.SIGKILL, grace=1.5)

    def ready(self) -> bool:
        """The gateway refuses strangers, and the store behind it has joined."""
        return (
            self._status("s3", "/")[0] == http.HTTPStatus.FORBIDDEN
            and b'"DataNodes"' in self._status("master", "/dir/status")[1]
        )

    def finish(self) -> None:
        """Make the buckets. In a process of its own: the S3 client would add 40 MB to this one for good."""
        environment = {
            "MENDLINE_S3_ENDPOINT_URL": self.endpoint_url,
            "MENDLINE_S3_ACCESS_KEY": self._keys.access,
            "MENDLINE_S3_SECRET_KEY": self._keys.secret,
            "MENDLINE_S3_REGION": self._region,
            "MENDLINE_S3_BUCKET": self._buckets.evidence,
            "MENDLINE_S3_AUDIT_BUCKET": self._buckets.audit,
        }
        made = subprocess.run(
            [sys.executable, "-m", "mendline.app.parts.bucket"],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise PartFailed(f"the buckets {', '.join(self._buckets)} could not be made: {made.stderr.strip()}")

    def _environment(self) -> dict[str, str]:
        """Small memory, and keys without which its inner ports refuse strangers."""
        keys = ("JWT_SIGNING", "JWT_SIGNING_READ", "JWT_FILER_SIGNING", "JWT_FILER_SIGNING_READ")
        inner = {f"WEED_{name}_KEY": self._keys.secret for name in keys}
        return {"GOMEMLIMIT": "64MiB", "GOGC": "40", **inner}

    def _status(self, role: str, path: str) -> tuple[int, bytes]:
        link = http.client.HTTPConnection("127.0.0.1", self._ports[role], timeout=1)
        try:
            link.request("GET", path)
            answer = link.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            link.close()

    def _identities(self) -> Path:
        return self._folder / "identities.json"

    def _sockets(self) -> list[Path]:
        """It leaves these in /tmp, whatever it is told."""
        names = (f"seaweedfs-{role.replace('.', '-')}-{port}.sock" for role, port in self._ports.items())
        return [Path("/tmp") / name for name in names]  # noqa: S108 - its own choice


def _program() -> str:
    """The wheel puts `weed` beside the interpreter. Raises PartFailed when it is not installed."""
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        raise PartFailed("`weed` is not installed: install the `embedded` extra, or set MENDLINE_S3_ENDPOINT_URL")
    return found
