"""The press: the child gives what typesetting gives, holds no memory of the parent's, and is killed when it hangs."""

import asyncio
import sys

import psutil
import pytest

from mendline.killable import ChildFailed
from mendline.press import Document, press, typeset

WORDS = Document(b"#json(bytes(sys.inputs.given))", '"输液泵 Infusion pump"'.encode())


async def test_the_child_gives_the_very_bytes_that_typesetting_gives():
    assert await press(WORDS) == typeset(WORDS)


async def test_a_picture_is_a_png():
    page = Document(b"#set page(width: 9mm, height: 9mm, margin: 0mm)\n.", b"{}", "png")
    assert (await press(page)).startswith(b"\x89PNG")


async def test_what_cannot_be_set_says_why():
    with pytest.raises(ChildFailed, match=r"died.*unclosed"):
        await press(Document(b"#(", b"{}"))


async def test_a_child_that_hangs_is_killed_and_so_is_one_that_nobody_waits_for():
    hangs = (sys.executable, "-c", "import time; time.sleep(600)")
    with pytest.raises(ChildFailed, match="killed"):
        await press(WORDS, seconds=0.2, command=hangs)
    waiting = asyncio.create_task(press(WORDS, command=hangs))
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert [child for child in psutil.Process().children() if "time.sleep(600)" in child.cmdline()] == []
