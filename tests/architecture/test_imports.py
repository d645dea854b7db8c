"""Imports and calls: domains know no channel, `play` knows no domain, rows go through the kernel."""

import ast

CHANNELS = {"strawberry", "telegram", "slack_bolt", "slack_sdk", "dramatiq", "starlette"}
# What is not a domain may know the channels it serves.
OUTER = {"mendline.app", "mendline.workers", "mendline_schema", "mendline_bots"}
PLAY = "mendline.app.play"
FOR_PLAY = {"Settings", "settings", "SettingMissing"}


def channels_in_domains(house):
    """Domains that import what only channels, web and workers may."""
    for module in house.modules:
        if module.package not in OUTER:
            for line, target, _ in module.imports():
                if target.split(".")[0] in CHANNELS:
                    yield f"{module.path}:{line} imports {target}"


def domains_in_play(house):
    """`mendline play` must use what a person has: chat and GraphQL. It reads the settings to find them."""
    for module in house.modules:
        if module.name == PLAY or module.name.startswith(f"{PLAY}."):
            for line, target, names in module.imports():
                ours = target.split(".")[0] in {"mendline", "mendline_tenants", "mendline_schema", "mendline_bots"}
                within = target == PLAY or target.startswith(f"{PLAY}.")
                reading = target == "mendline.kernel" and set(names) <= FOR_PLAY
                if ours and not within and not reading:
                    yield f"{module.path}:{line} imports {target}"


def rows_past_the_kernel(house):
    """Calls that find or store a row by its id alone, or load relations: under RLS they read the whole table."""
    for module in house.modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and (why := _forbidden(node)):
                yield f"{module.path}:{node.lineno} {why}"


def _forbidden(call):
    name, keywords = call.func.attr, {keyword.arg for keyword in call.keywords}
    if name in {"prefetch_related", "fetch_related", "select_related"}:
        return f".{name}() loads relations"
    # A model's own save and delete take no positional argument; those of images, files and clients do.
    if name in {"save", "delete"} and not call.args and keywords <= {"using_db", "update_fields", "force_update"}:
        return f".{name}() stores by id alone"
    if name in {"get", "get_or_none", "filter"} and keywords & {"id", "pk"} and not keywords & {"tenant", "tenant_id"}:
        return f".{name}({'/'.join(sorted(keywords & {'id', 'pk'}))}=...) finds by id alone"
    return None


def test_domains_know_no_channel(house):
    found = list(channels_in_domains(house))
    assert not found, "move it to mendline_schema, mendline_bots, mendline.workers or mendline.app:\n" + "\n".join(
        found
    )


def test_play_knows_no_domain(house):
    found = list(domains_in_play(house))
    assert not found, "play through HTTP, the stand-ins and GraphQL instead:\n" + "\n".join(found)


def test_rows_are_loaded_and_stored_through_the_kernel(house):
    found = list(rows_past_the_kernel(house))
    assert not found, "use mendline.kernel's rows, by (tenant, id, version):\n" + "\n".join(found)


def test_these_can_fail(plant):
    house = plant(
        {
            "platform/mendline/tickets/__init__.py": "import telegram.ext\nfrom slack_bolt import App\nimport httpx\n",
            "platform/mendline/app/play.py": (
                "from mendline.kernel import settings\n"
                "from mendline.kernel import transaction\n"
                "from mendline import tickets\n"
            ),
            "platform/mendline/tickets/store.py": (
                "a.save()\na.delete(using_db=x)\nT.get(id=1)\nT.filter(pk=1)\nT.prefetch_related('x')\n"
                "image.save(file)\ncache.delete(key)\nT.get(tenant_id=1, id=2)\nd.get('id')\n"
            ),
        }
    )
    assert len(list(channels_in_domains(house))) == 2
    assert [entry.split(" ")[0][-1] for entry in domains_in_play(house)] == ["2", "3"]
    assert [entry.split(":")[1].split(" ")[0] for entry in rows_past_the_kernel(house)] == ["1", "2", "3", "4", "5"]
