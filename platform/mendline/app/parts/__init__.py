"""The parts a system stands on - database, broker, evidence store: embedded, unless a setting names another."""

from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Self

from mendline.app.child import Child, wait_until
from mendline.app.parts.part import Part, PartFailed
from mendline.app.parts.postgres import Postgres
from mendline.app.parts.seaweedfs import PORTS, Buckets, Keys, SeaweedFS
from mendline.app.parts.valkey import Valkey
from mendline.app.ports import Ports
from mendline.kernel import Settings

__all__ = ["PartFailed", "Parts", "start_parts"]

Told = Callable[[str, str, float], None]
"""Hears of progress: the part's title, its address, the seconds it took."""


class Parts:
    """The running parts of one home and the settings with which to reach them. Use it in a `with`, or `stop` it.

    Parts end when the thread that started them does: start them in the main thread of the process that stays
    longest - under pytest-xdist the controller - and hand `environment()` to the others.
    """

    def __init__(self, children: dict[Part, Child], settings: Settings) -> None:
        self._children = children
        self.settings = settings

    @property
    def database_url(self) -> str:
        """The administrator's connection."""
        return self.settings.role_url("administrator")

    @property
    def broker_url(self) -> str:
        """Where queues are."""
        return str(self.settings.broker_url)

    @property
    def cache_url(self) -> str:
        """Where rate buckets and live updates are."""
        return str(self.settings.cache_url)

    def known(self) -> dict[str, str]:
        """The settings that differ from an unstarted system's: how to reach each part."""
        names = ("database_url", "broker_url", "cache_url", "s3_endpoint_url", "s3_access_key", "s3_secret_key")
        values = {name: getattr(self.settings, name) for name in (*names, "s3_region", "s3_bucket", "s3_audit_bucket")}
        return {name: value for name, value in values.items() if value}

    def environment(self) -> dict[str, str]:
        """The same as environment variables, with the home: what another process needs to work on these parts."""
        return {"MENDLINE_HOME": str(self.settings.home)} | {
            f"MENDLINE_{k.upper()}": v for k, v in self.known().items()
        }

    def children(self) -> list[Child]:
        """The processes, in the order in which they started."""
        return list(self._children.values())

    def restart(self, name: str) -> None:
        """Start a part again that has died, at its old address. Raises PartFailed when it does not answer."""
        part = next(part for part in self._children if part.name == name)
        part.prepare()
        self._children[part].start()
        _await(part, self._children[part])

    def stop(self) -> None:
        """Stop all of them; those asked first are waited for last."""
        for child in reversed(self.children()):
            child.ask_to_stop()
        for part, child in reversed(self._children.items()):
            child.stop()
            part.tidy()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_parts(
    settings: Settings, *, durable: bool = True, told: Told = lambda title, address, seconds: None
) -> Parts:
    """Start what no setting names already, and wait until each answers.

    Data is kept in `settings.home`. `durable=False` turns off what protects it at a power cut: for tests. `told`
    hears of each part as it becomes ready. Raises PartFailed.
    """
    embedded, found = _embedded(settings, durable)
    children = {part: Child(part.process(), settings.home / "log" / f"{part.name}.log") for part in embedded}
    parts = Parts(children, settings.model_copy(update=found))
    began = monotonic()
    try:
        for part, child in children.items():
            part.prepare()
            child.start()
        for part in reversed(embedded):
            _await(part, children[part])
            told(part.title, part.address(), monotonic() - began)
    except BaseException:
        parts.stop()
        raise
    return parts


def _embedded(settings: Settings, durable: bool) -> tuple[list[Part], dict[str, str]]:
    """The parts to start, the slowest first, and the settings they stand for."""
    embedded: list[Part] = []
    found: dict[str, str] = {}
    home, ports = settings.home, Ports(settings.home)
    if not settings.s3_endpoint_url:
        secrets = settings.secrets()
        keys = Keys(secrets.s3_access_key, secrets.s3_secret_key)
        taken = {role: ports.take(f"seaweedfs.{role}") for role in PORTS}
        buckets = Buckets(settings.s3_bucket, settings.s3_audit_bucket)
        store = SeaweedFS(home / "seaweedfs", taken, keys, settings.s3_region, buckets)
        embedded.append(store)
        found |= {"s3_endpoint_url": store.endpoint_url, "s3_access_key": keys.access, "s3_secret_key": keys.secret}
    if not (settings.broker_url and settings.cache_url):
        valkey = Valkey(home / "valkey", ports.take("valkey"), settings.secrets().valkey_password, durable=durable)
        embedded.append(valkey)
        found |= {"broker_url": settings.broker_url or valkey.broker_url}
        found |= {"cache_url": settings.cache_url or valkey.cache_url}
    if not (settings.database_url or settings.database_url_app):
        password = settings.secrets().database_administrator
        postgres = Postgres(home / "postgres", ports.take("postgres"), password, durable=durable)
        embedded.append(postgres)
        found |= {"database_url": postgres.url}
    return embedded, found


def _await(part: Part, child: Child) -> None:
    answered = wait_until(lambda: not child.alive or part.ready(), part.timeout)
    if not child.alive:
        raise PartFailed(f"{part.title} ended at its start; the end of {child.log}:\n{child.last_lines()}")
    if not answered:
        raise PartFailed(
            f"{part.title} did not answer in {part.timeout:.0f} s; the end of {child.log}:\n{child.last_lines()}"
        )
    part.finish()
