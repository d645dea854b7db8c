"""The child process: reads one document from standard input and writes its bytes."""

import sys

import msgspec

from mendline.press.document import Document
from mendline.press.typesetting import typeset


def main() -> None:
    """Sets the document on standard input."""
    sys.stdout.buffer.write(typeset(msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Document)))


if __name__ == "__main__":
    main()
