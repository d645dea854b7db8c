"""Faces: from outside, a package is used only through what its `__init__` offers."""


def trespasses(house):
    """Imports that reach into another package of the house."""
    names = {module.name for module in house.modules}
    faces = {module.name: _offered(module) for module in house.modules if module.file.name == "__init__.py"}
    found = []
    for module in house.modules:
        if "migrations" in module.path.parts:  # generated, and not edited again
            continue
        for line, target, imported in module.imports():
            package = _package(target)
            if not package or package == module.package:
                continue
            # `from mendline.kernel import rows` is fine when the face itself imports rows.
            inside = [name for name in imported if f"{target}.{name}" in names and name not in faces.get(target, set())]
            if target not in {package, "mendline"} or (inside and target == package):
                found.append(f"{module.path}:{line} imports {target}{': ' + ', '.join(inside) if inside else ''}")
    return found


def _package(target):
    parts = target.split(".")
    if parts[0] == "mendline":
        return ".".join(parts[:2]) if len(parts) > 1 else ""
    return parts[0] if parts[0] in {"mendline_tenants", "mendline_schema", "mendline_bots"} else ""


def _offered(module):
    return {name for _, _, imported in module.imports() for name in imported}


def test_packages_are_used_through_their_faces(house):
    found = trespasses(house)
    assert not found, "import it from the package, and export it there if it is for others:\n" + "\n".join(found)


def test_it_can_fail(plant):
    house = plant(
        {
            "platform/mendline/kernel/__init__.py": "from mendline.kernel import rows\n",
            "platform/mendline/kernel/rows.py": "from mendline.kernel.secret import y\n",
            "platform/mendline/kernel/secret.py": "y = 1\n",
            "platform/mendline/tickets/__init__.py": (
                "from mendline.kernel import rows\n"
                "from mendline.kernel import secret\n"
                "from mendline.kernel.secret import y\n"
                "import mendline.kernel.rows\n"
                "from . import lifecycle\n"
            ),
            "platform/mendline/tickets/lifecycle.py": "from ..kernel import secret\n",
        }
    )
    assert [entry.split(" ")[0] for entry in trespasses(house)] == [
        "platform/mendline/tickets/__init__.py:2",
        "platform/mendline/tickets/__init__.py:3",
        "platform/mendline/tickets/__init__.py:4",
        "platform/mendline/tickets/lifecycle.py:1",
    ]
