"""What the operator sees while a system starts, runs and stops: English and Chinese, on a terminal or in a log."""

import json
import os
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.table import Table

from mendline.app.memory import by_process, proportional_bytes
from mendline.kernel import Settings

_NARROW = 120
_HOW_TO_BEGIN = """\
Nobody of the demo is here 没有演示人员. Found an organisation with its first administrator 创建单位和首位管理员:
  .venv/bin/mendline organisations found H1 --kind hospital --name 第一医院 --admin it@h1.example
who adds people, places and devices on GraphQL 再由管理员在 GraphQL 添加人员、位置和设备; or load the demo 或装入演示:
  .venv/bin/mendline demo load"""


class Screen:
    """Lines while working, then one table."""

    def __init__(self) -> None:
        console = Console()
        self._console = console if console.is_terminal else Console(width=_NARROW, soft_wrap=True)
        self._began = monotonic()

    def line(self, what: str, detail: str = "") -> None:
        """One step done."""
        self._console.print(f"[dim]{monotonic() - self._began:5.1f} s[/]  {what}  [dim]{detail}[/]", highlight=False)

    def part(self, title: str, address: str, _: float) -> None:
        """A part answers."""
        self.line(title, address)

    def trouble(self, what: str, excerpt: str = "") -> None:
        """Something failed; with the end of its log."""
        self._console.print(f"[bold red]{what}[/]", highlight=False)
        if excerpt:
            self._console.print(excerpt, style="dim", markup=False, highlight=False)

    def summary(self, settings: Settings, processes: dict[str, int]) -> None:
        """Where everything is, who can log in, and what it weighs."""
        places = Table(show_header=False, box=None, padding=(0, 2))
        places.add_column(style="bold", no_wrap=True)
        places.add_column(overflow="fold")
        places.add_row("GraphQL", f"{settings.public_url}/graphql")
        if settings.environment == "development":
            places.add_row("Explorer 查询界面", f"{settings.public_url}/graphql (in a browser 用浏览器打开)")
        if settings.standins_url:
            places.add_row("Chat simulator 聊天模拟", settings.standins_url)
        places.add_row("Logs 日志", str(settings.home / "log"))
        places.add_row("Memory 内存", _memory(processes))
        places.add_row("Stop 停止", "Ctrl-C; data stays 数据保留")
        self._console.print()
        self._console.print(places)
        people = _demo_people(settings.home)
        if people:
            self._console.print()
            self._console.print(people)
        elif settings.environment == "development":
            self._console.print(f"\n{_HOW_TO_BEGIN}", markup=False, highlight=False)
        self._console.print()


def _memory(processes: dict[str, int]) -> str:
    sizes = {"supervisor": proportional_bytes([os.getpid()]) or 0} | by_process(processes)
    if not any(sizes.values()):
        return "unknown on this system"
    each = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in sizes.items())
    return f"{sum(sizes.values()) / 1e6:.0f} MB ({each})"


def _demo_people(home: Path) -> Table | None:
    """Who plays in the story and how each logs in, as the demo has noted it in `demo.json` beside others."""
    path = home / "demo.json"
    if not path.exists():
        return None
    table = Table(title="Demo people 演示人员", title_justify="left", caption_justify="left", box=None, padding=(0, 1))
    columns = {"name": "Name 姓名", "organisation": "Organisation 单位", "role": "Role 角色", "channel": "Channel 渠道"}
    columns["login"] = "Login 账号"
    for name, title in columns.items():
        table.add_column(title, overflow="fold", no_wrap=name not in ("organisation", "role"))
    everyone = json.loads(path.read_text())
    for person in everyone:
        if person.get("story"):
            table.add_row(*(str(person.get(name) or "") for name in columns))
    passwords = " ".join(sorted({person["password"] for person in everyone if person["password"]}))
    table.caption = f"Password 密码: {passwords}   All of them 全部人员: {path}"
    return table
