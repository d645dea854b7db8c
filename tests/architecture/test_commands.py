"""Commands are pure: inside their transaction nothing is fetched, sent, slept over or left to chance."""

import ast

REMOTE = {
    "put_blob",
    "put_file",
    "put_locked",
    "get_locked",
    "get_blob",
    "stat_blob",
    "presign_upload",
    "presign_download",
    "urlopen",
    "open",
    "wake",
}
ELSEWHERE = {"sleep", "to_thread", "create_task", "gather", "run_in_executor", "transaction", "gateway"}
OWN_TIME = {"today", "utcnow"}
IMPURE_CALLS = REMOTE | ELSEWHERE | OWN_TIME
IMPURE_MODULES = {"httpx", "boto3", "redis", "requests", "aiohttp", "socket", "random", "subprocess", "time"}


def impure_commands(house):
    """What commands, and the functions of their module that they call, do that they may not."""
    for module in house.modules:
        functions = {
            node.name: node for node in module.tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        commands = [name for name, node in functions.items() if any(map(_is_command, node.decorator_list))]
        if commands:
            for line, target, _ in module.imports():
                if target.split(".")[0] in IMPURE_MODULES:
                    yield f"{module.path}:{line} imports {target}"
        for name in _reached(commands, functions):
            for call in _calls(functions[name]):
                if _name(call) in IMPURE_CALLS:
                    yield f"{module.path}:{call.lineno} {name} calls {_name(call)}"


def _is_command(mark):
    return isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id in ("command", "askable")


def _calls(node):
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]


def _name(call):
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _reached(names, functions):
    """These functions and all of the same module that they call."""
    todo, reached = list(names), set()
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [called for call in _calls(functions[name]) if (called := _name(call)) in functions]
    return sorted(reached)


def test_commands_are_pure(house):
    found = list(impure_commands(house))
    assert not found, (
        "a command runs in one transaction and may be run again: do what is remote or slow before it (in the channel)"
        " or after it (in a consumer), and take the time from work().occurred_at:\n" + "\n".join(found)
    )


def test_this_can_fail(plant):
    house = plant(
        {
            "platform/mendline/tickets/a.py": (
                "import httpx\n"
                "@command('a.b', 'p')\n"
                "async def pure(actor, input): await fine()\n"
                "@command('a.c', 'p')\n"
                "async def impure(actor, input): await indirect()\n"
                "async def indirect(): await asyncio.sleep(1)\n"
                "async def fine(): ...\n"
                "async def not_reached(): await put_blob()\n"
            ),
            "platform/mendline/tickets/b.py": "import httpx\nasync def no_command(): await get_blob()\n",
        }
    )
    assert [entry.split(":")[1] for entry in impure_commands(house)] == ["1 imports httpx", "6 indirect calls sleep"]
