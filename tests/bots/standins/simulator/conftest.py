"""A real browser over the Chrome DevTools Protocol, started fresh for each test; skips where there is none."""

import asyncio
import base64
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

FLAGS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    "about:blank",
]


class Browser:
    """One page. `errors` are uncaught exceptions and console errors."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.errors: list[str] = []
        self._reader = asyncio.create_task(self._read())
        self.session = ""

    async def _read(self) -> None:
        async for raw in self._socket:
            message = json.loads(raw)
            if waiting := self._answers.pop(message.get("id", 0), None):
                waiting.set_result(message)
            elif message.get("method") == "Runtime.exceptionThrown":
                self.errors.append(str(message["params"]["exceptionDetails"]))
            elif message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.errors.append(message["params"]["entry"]["text"])

    async def call(self, method: str, **params: Any) -> Any:
        """One protocol command."""
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        session = {"sessionId": self.session} if self.session else {}
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params} | session))
        message = await asyncio.wait_for(answer, 20)
        assert "error" not in message, message
        return message["result"]

    async def open(self, url: str, *, width: int = 1280, height: int = 820, dark: bool = False) -> None:
        """Open a page in a window of this size."""
        phone = width < 500
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        await self.call("Emulation.setDeviceMetricsOverride", **metrics)
        theme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.call("Emulation.setEmulatedMedia", features=theme)
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        result = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until an expression is true."""
        for _ in range(200):
            with suppress(AssertionError):
                if await self.run(f"Boolean({script})"):
                    return
            await asyncio.sleep(0.05)
        raise AssertionError(f"never true: {script}; errors: {self.errors}")

    async def click(self, selector: str) -> None:
        """Click the first visible element that matches."""
        await self.until(f"document.querySelector({selector!r})?.checkVisibility()")
        await self.run(f"document.querySelector({selector!r}).click()")

    async def write(self, selector: str, text: str, *, enter: bool = False) -> None:
        """Type into a field with real key events."""
        await self.until(f"document.querySelector({selector!r})")
        await self.run(f"document.querySelector({selector!r}).focus()")
        await self.call("Input.insertText", text=text)
        if enter:
            key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
            await self.call("Input.dispatchKeyEvent", type="keyDown", **key)
            await self.call("Input.dispatchKeyEvent", type="keyUp", **key)

    async def picture(self) -> bytes:
        """What the window shows, as PNG."""
        shot = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])

    async def close(self) -> None:
        """Stop listening."""
        self._reader.cancel()


@asynccontextmanager
async def browsing(folder: Path) -> AsyncIterator[Browser]:
    """Start chromium with a fresh profile in `folder`."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("needs a browser: apt-get install chromium")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    command = [program, *root, f"--user-data-dir={folder}", *FLAGS]
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=null, stderr=null)
    try:
        port_file = folder / "DevToolsActivePort"
        for _ in range(400):
            if port_file.exists() and port_file.read_text().count("\n"):
                break
            await asyncio.sleep(0.05)
        port, path = port_file.read_text().split("\n")[:2]
        async with connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None) as socket:
            browser = Browser(socket)
            target = await browser.call("Target.createTarget", url="about:blank")
            attached = await browser.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
            browser.session = attached["sessionId"]
            for domain in ("Page", "Runtime", "Log"):
                await browser.call(f"{domain}.enable")
            yield browser
            await browser.close()
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser with an empty page."""
    async with browsing(tmp_path / "browser") as browser:
        yield browser
