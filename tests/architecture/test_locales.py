"""Locales: every sentence is there in both languages, with the same facts in it, and every refusal has one."""

import ast
import re
from importlib import import_module
from pathlib import Path

from babel.messages.pofile import read_po

from mendline.kernel import LOCALES


def sentences(file: Path) -> dict[str, str]:
    with file.open("rb") as opened:
        return {str(message.id): str(message.string) for message in read_po(opened) if message.id}


def folders(house) -> list[Path]:
    found = {file.parent for file in house.files("platform", "tenants", "schema", "bots") if file.suffix == ".po"}
    return sorted(found)


def disagreements(house) -> list[str]:
    """What one language says and the other does not."""
    found = []
    for folder in folders(house):
        known = {locale: sentences(folder / f"{locale}.po") for locale in LOCALES}
        place = folder.relative_to(house.root)
        for name in sorted(set().union(*known.values())):
            texts = [known[locale].get(name, "") for locale in LOCALES]
            if not all(texts):
                found.append(f"{place}: {name} is missing in a language")
            elif len({frozenset(re.findall(r"{(\w+)", text)) for text in texts}) > 1:
                found.append(f"{place}: {name} has other facts in each language")
    return found


def speechless(house) -> list[str]:
    """Refusals that no sentence stands for."""
    named = {name for folder in folders(house) for name in sentences(folder / f"{LOCALES[0]}.po")}
    found = set()
    for module in house.modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DomainError" and node.args:
                code = getattr(node.args[0], "value", None)
                if isinstance(code, str) and f"error.{code}" not in named:
                    found.add(f"{module.path}: error.{code}")
    return sorted(found)


def twice(house) -> list[str]:
    """Sentences that two packages define, of which only one would be heard."""
    places: dict[str, list[str]] = {}
    for folder in folders(house):
        for name in sentences(folder / f"{LOCALES[0]}.po"):
            places.setdefault(name, []).append(str(folder.relative_to(house.root)))
    return [f"{name}: {', '.join(where)}" for name, where in sorted(places.items()) if len(where) > 1]


def test_both_languages_say_the_same(house):
    assert disagreements(house) == []


def test_every_refusal_has_a_sentence(house):
    assert speechless(house) == []


def test_no_sentence_is_defined_twice(house):
    assert twice(house) == []


def test_every_folder_of_sentences_is_registered(house):
    from mendline.app.domains import load_domains
    from mendline.kernel import text

    load_domains()
    for module in house.modules:
        if module.file.name == "__init__.py" and (module.file.parent / "locale").is_dir():
            import_module(module.name)
            assert module.file.parent / "locale" in text._folders, f"register_locales(__file__) in {module.path}"


HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def test_these_can_fail(plant):
    house = plant(
        {
            "platform/mendline/a/locale/zh.po": HEAD + 'msgid "error.a"\nmsgstr "甲 {x}"\n',
            "platform/mendline/a/locale/en.po": HEAD + 'msgid "error.a"\nmsgstr "a {y}"\n\nmsgid "b"\nmsgstr "b"\n',
            "platform/mendline/b/locale/zh.po": HEAD + 'msgid "error.a"\nmsgstr "又"\n',
            "platform/mendline/b/locale/en.po": HEAD + 'msgid "error.a"\nmsgstr "again"\n',
            "platform/mendline/a/lines.py": 'raise DomainError("c", x=1)\n',
        }
    )
    assert len(disagreements(house)) == 2
    assert speechless(house) == ["platform/mendline/a/lines.py: error.c"]
    assert len(twice(house)) == 1
