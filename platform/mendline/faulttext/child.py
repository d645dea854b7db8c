"""The child process: reads one lesson from standard input and writes what was learned."""

import os
import sys

import msgspec

from mendline.faulttext.lesson import Lesson


def main() -> None:
    """Learns the lesson on standard input, when nobody else wants the processor."""
    os.nice(10)
    lesson = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Lesson)
    from mendline.faulttext.learn import learn  # noqa: PLC0415 - what cannot be read loads no library

    sys.stdout.buffer.write(msgspec.msgpack.encode(learn(lesson)))


if __name__ == "__main__":
    main()
