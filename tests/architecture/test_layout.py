"""The layout: what lies at the top, in the four source roots, and on the two lists that name every package."""

import ast
import tomllib

TOP = {
    *("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"),
    *("platform", "bots", "schema", "tenants", "deploy", "tests"),
}
ROOTS = {
    "platform": {"mendline", "decisions"},
    "tenants": {"mendline_tenants"},
    "schema": {"mendline_schema", "schema.graphql", "access.txt"},
    "bots": {"mendline_bots"},
}
# They declare no tables, commands or consumers: app puts the domains together, the others stand on them.
NO_DOMAINS = {
    *("mendline.killable", "mendline.routing", "mendline.faulttext", "mendline.press"),
    *("mendline.app", "mendline.workers", "mendline_schema"),
}


def strangers(house):
    """Names where none are planned."""
    found = _visible(house.root) - TOP - {"dist", "node_modules"}
    for folder, planned in ROOTS.items():
        found |= {f"{folder}/{name}" for name in _visible(house.root / folder) - planned}
    return sorted(found)


def _visible(folder):
    if not folder.exists():
        return set()
    return {path.name for path in folder.iterdir() if not path.name.startswith((".", "__pycache__"))}


def packages(house):
    """Every package of the house that has a module."""
    return {module.package for module in house.modules if module.package != "mendline"} - {"mendline.__init__"}


def contract(house):
    """The packages named by the layer contract."""
    settings = tomllib.loads((house.root / "pyproject.toml").read_text())
    lines = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return {name.strip(" ()") for line in lines for name in line.split("|")}


def listed_domains(house):
    """`DOMAINS` of `mendline.app`, read without importing it."""
    tree = ast.parse((house.root / "platform/mendline/app/domains.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOMAINS":
            # The bots' package loads late, for the stand-ins' sake; what registers its tables is `doors`.
            return {name.removesuffix(".doors") for name in ast.literal_eval(node.value)}
    return set()


def test_nothing_lies_where_none_is_planned(house):
    found = strangers(house)
    assert not found, f"{found}: move it into one of the folders of design.md, or change the layout there and here"


def test_source_roots_are_not_packages(house):
    # platform/__init__.py would shadow the standard library's `platform`.
    found = [folder for folder in ROOTS if (house.root / folder / "__init__.py").exists()]
    assert not found, f"remove __init__.py from {found}: a source root holds a package, it is none"


def test_every_package_is_in_the_layer_contract(house):
    missing = packages(house) - contract(house)
    assert not missing, f"give {sorted(missing)} its line in [tool.importlinter] of pyproject.toml"


def test_every_domain_is_on_the_one_list(house):
    missing = packages(house) - NO_DOMAINS - listed_domains(house)
    assert not missing, f"add {sorted(missing)} to DOMAINS in platform/mendline/app/domains.py"


def test_these_can_fail(plant):
    house = plant(
        {
            "pyproject.toml": '[[tool.importlinter.contracts]]\nlayers = ["mendline.app | (mendline.x)"]',
            "platform/__init__.py": "",
            "platform/mendline/secret/__init__.py": "",
            "platform/mendline/app/domains.py": 'DOMAINS = ("mendline.x",)',
            "scripts/x.py": "",
        }
    )
    assert strangers(house) == ["platform/__init__.py", "scripts"]
    assert packages(house) - contract(house) == {"mendline.secret"}
    assert packages(house) - NO_DOMAINS - listed_domains(house) == {"mendline.secret"}
