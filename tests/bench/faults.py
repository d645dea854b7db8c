"""Kills every part at every step of the story with `kill -9`; each time the story must complete, no step done twice."""

import asyncio
import io
import sys
import tempfile
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from report import Report, arguments

from mendline.app.play import STEPS, Narrator, Stuck
from support.faults import PARTS, story_with
from support.system import System


def main() -> None:
    """One whole system; a story for each step and part."""
    parser = arguments(__doc__)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS, help="only these steps")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="only these parts")
    options = parser.parse_args()
    report = Report("The story while parts are killed")
    with tempfile.TemporaryDirectory() as folder:
        system = System(Path(folder) / "home", MENDLINE_LEASE_SECONDS="4").start()
        try:
            report.add("nothing killed", "story", _seconds(system, {}), "s")
            failures = 0
            # The supervisor is patient with a part that dies seldom, so parts take turns.
            for step in options.steps:
                for part in options.parts:
                    print(f"{part} killed at {step}", flush=True)
                    try:
                        report.add(f"{part} killed at {step}", "story", _seconds(system, {step: part}), "s")
                    except (Stuck, AssertionError) as failure:
                        failures += 1
                        print(f"FAILED: {part} killed at {step}: {failure}", file=sys.stderr, flush=True)
            total = len(options.steps) * len(options.parts)
            report.add("all", "stories completed", total - failures, "stories", "stories played", total)
        finally:
            system.stop()
    report.finish(options.json)
    sys.exit(1 if failures else 0)


def _seconds(system: System, plan: dict[str, str]) -> float:
    began = monotonic()
    asyncio.run(story_with(system, plan, Narrator(file=io.StringIO())))
    return monotonic() - began


if __name__ == "__main__":
    main()
