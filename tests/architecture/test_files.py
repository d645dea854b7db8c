"""Files: not longer than a reader's patience, named for what they do, opening with what they are for."""

import ast

LONGEST = 400
VAGUE = {"service", "services", "util", "utils", "helper", "helpers", "common", "misc", "base", "manager", "managers"}
CODE = {".py", ".js", ".css", ".html"}
FOLDERS = ("platform", "tenants", "schema", "bots", "deploy", "tests")


def too_long(house):
    """Files over the limit, migrations apart: those are history, and are not edited."""
    for file in house.files(*FOLDERS):
        if file.suffix in CODE and "migrations" not in file.parts:
            lines = file.read_text().count("\n")
            if lines > LONGEST:
                yield f"{file.relative_to(house.root)}: {lines} lines"


def vaguely_named(house):
    """Files and packages whose name would suit any content."""
    for file in house.files(*FOLDERS):
        if file.suffix == ".py" and VAGUE & {file.stem, file.parent.name}:
            yield str(file.relative_to(house.root))


def unexplained(house):
    """Modules that do not open with a sentence."""
    for file in house.files(*FOLDERS):
        if file.suffix == ".py":
            opening = (ast.get_docstring(ast.parse(file.read_text())) or "").split("\n\n")[0].strip()
            if not opening.endswith((".", "?")):
                yield str(file.relative_to(house.root))


def test_no_file_is_too_long(house):
    found = list(too_long(house))
    assert not found, f"split by what each half does (at most {LONGEST} lines):\n" + "\n".join(found)


def test_files_are_named_for_what_they_do(house):
    found = list(vaguely_named(house))
    assert not found, "name it for what it does:\n" + "\n".join(found)


def test_every_module_says_what_it_is_for(house):
    found = list(unexplained(house))
    assert not found, "open it with a docstring whose first sentence says what it is for:\n" + "\n".join(found)


def test_these_can_fail(plant):
    house = plant(
        {
            "platform/mendline/tickets/utils.py": '"""Things."""\n',
            "platform/mendline/tickets/long.py": '"""Long."""\n' + "x = 1\n" * LONGEST,
            "platform/mendline/tickets/silent.py": "x = 1\n",
            "platform/mendline/tickets/title.py": '"""Tickets"""\n',
        }
    )
    assert list(too_long(house)) == ["platform/mendline/tickets/long.py: 401 lines"]
    assert list(vaguely_named(house)) == ["platform/mendline/tickets/utils.py"]
    assert list(unexplained(house)) == ["platform/mendline/tickets/silent.py", "platform/mendline/tickets/title.py"]
