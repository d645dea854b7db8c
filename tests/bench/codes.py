"""What becomes of damaged codes: read right, refused, or read as another product or another unit, by issuer and damage.

Run as `./deploy/bench codes [--codes N] [--json FILE]`. Codes are made at random and damaged one way at a time. `other
product` and `other unit` are per cent of codes that were read as something that nobody wrote: a registry then knows no
such device, unless its number differs by that very damage. One character changed where a check covers it must be
noticed: those codes are counted apart, as damages `which a check shows`, and one of them read wrongly, or an intact one
not read right, fails the bench. The others are damages `which no check shows`: in a part that no check covers, or of a
sort that the check's arithmetic need not tell (neighbours swapped under HIBC's plain sum). No reader can notice them
all, so how often they are read wrongly is shown and judged by nobody.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from report import Report, arguments

from mendline.devices import parse_identifier
from mendline.kernel import DomainError
from support.codes import FNC1, SYSTEMS, Written, any_code, changed

SEED = 29


def intact(code: Written, _: Random) -> str:
    return code.text


def checked_character(code: Written, dice: Random) -> str:
    return changed(code.text, dice.choice(code.protected), dice) if code.protected else ""


def any_character(code: Written, dice: Random) -> str:
    return changed(code.text, dice.randrange(4, len(code.text)), dice)


def lost_character(code: Written, dice: Random) -> str:
    at = dice.randrange(4, len(code.text))
    return code.text[:at] + code.text[at + 1 :]


def neighbours_swapped(code: Written, dice: Random) -> str:
    at = dice.randrange(4, len(code.text) - 1)
    return code.text[:at] + code.text[at + 1] + code.text[at] + code.text[at + 2 :]


def cut_off(code: Written, dice: Random) -> str:
    return code.text[: dice.randrange(4, len(code.text))]


def dropped_fnc1(code: Written, _: Random) -> str:
    return code.text.replace(FNC1, "") if FNC1 in code.text and code.system == "GS1" else ""


DAMAGES: dict[str, Callable[[Written, Random], str]] = {
    "intact": intact,
    "FNC1 dropped": dropped_fnc1,
    "one character under a check": checked_character,
    "one character anywhere": any_character,
    "one character lost": lost_character,
    "two neighbours swapped": neighbours_swapped,
    "cut off": cut_off,
}


def under_check(code: Written, text: str) -> bool:
    """Whether a check must show this damage: one character is another, at a place that the code's check covers."""
    if len(text) != len(code.text):
        return False
    other = [at for at, (written, read) in enumerate(zip(code.text, text, strict=True)) if written != read]
    return len(other) == 1 and other[0] in code.protected


INTACT, SHOWN, NOT_SHOWN = "", ", which a check shows", ", which no check shows"


def outcome(code: Written, text: str) -> str:
    """What became of a damaged text. Parts that are missing are no error: what is left is right."""
    try:
        read = [one for one in parse_identifier(text) if one.system == code.system]
    except DomainError:
        return "refused"
    if not read:
        return "refused"  # as a code: what is left is a plain number, which only that very number in a registry answers
    if any((one.device_identifier, one.serial, one.lot) == code.identity for one in read):
        return "right"
    if read[0].device_identifier != code.device_identifier:
        return "other product"
    kept = (read[0].serial in (None, code.serial), read[0].lot in (None, code.lot))
    return "right" if all(kept) else "other unit"


def main() -> None:
    """Makes, damages and reads codes of every issuer; prints per cent of each outcome and the time of one reading."""
    parser = arguments(__doc__)
    parser.add_argument("--codes", type=int, default=20_000, help="codes of each issuer for each damage")
    chosen = parser.parse_args()
    report = Report("Damaged codes: right, refused, or wrong")
    failed = []
    for system in SYSTEMS:
        for name, damage in DAMAGES.items():
            dice, spent = Random(SEED), 0.0
            found: dict[str, Counter[str]] = {}
            for _ in range(chosen.codes):
                code = any_code(system, dice)
                text = damage(code, dice)
                if not text or (text == code.text and name != "intact"):
                    continue
                begun = time.perf_counter()
                result = outcome(code, text)
                spent += time.perf_counter() - begun
                told = INTACT if text == code.text else SHOWN if under_check(code, text) else NOT_SHOWN
                found.setdefault(told, Counter())[result] += 1
            for told, outcomes in sorted(found.items()):
                case, wrong = f"{system}, {name}{told}", outcomes["other product"] + outcomes["other unit"]
                wrong += outcomes["refused"] if told == INTACT else 0
                for result in ("right", "refused", "other product", "other unit"):
                    report.add(case, result, 100 * outcomes[result] / outcomes.total(), f"% of {outcomes.total():,}")
                if told != NOT_SHOWN:
                    report.add(case, "not as it must be", wrong, "codes", "at most", 0)
                    failed += [f"{case}: {wrong} codes"] if wrong else []
            if found:
                total = sum(outcomes.total() for outcomes in found.values())
                report.add(f"{system}, {name}", "a reading", 1e6 * spent / total, "us")
    report.finish(chosen.json)
    for line in failed:
        print("FAILED:", line)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
