"""How long the embedded parts take to start, first and again, and the memory they need."""

import tempfile
import time
from pathlib import Path

from report import Report, arguments

from mendline.app.memory import by_process
from mendline.app.parts import start_parts
from mendline.kernel import Settings


def main() -> None:
    """Start all parts twice in one new home."""
    options = arguments(__doc__).parse_args()
    report = Report("Embedded parts")
    with tempfile.TemporaryDirectory() as home:
        for case in ("first start", "second start"):
            began = time.monotonic()

            def told(title: str, _: str, seconds: float, case: str = case) -> None:
                report.add(case, f"{title} ready after", seconds, "s")

            with start_parts(Settings(home=Path(home)), told=told) as parts:
                report.add(case, "all ready after", time.monotonic() - began, "s")
                memory = by_process({child.process.name: child.pid for child in parts.children() if child.pid})
                for name, size in memory.items():
                    report.add(case, f"memory of {name}", size / 1e6, "MB")
    report.finish(options.json)


if __name__ == "__main__":
    main()
