"""The command line `mendline`: what each command is for, and where its work is done."""

from datetime import datetime
from importlib import import_module
from typing import Annotated, Any, Literal

import typer

# The bodies are imported when a command runs: `mendline db url` must not wait for a GraphQL schema.

_SYSTEM, _PROCESSES, _DATA, _ACCESS = "The system", "Single processes", "Data", "Access"

app = typer.Typer(
    help=(
        "Mendline: after-sales work on medical devices.\n\n"
        "`mendline up` starts everything; the other commands work beside it and find it through its home "
        "(MENDLINE_HOME, by default .mendline in this folder)."
    ),
    epilog=(
        "Settings come from the environment, MENDLINE_<NAME>: see `mendline settings`.  "
        "Example: MENDLINE_HOME=/tmp/second MENDLINE_PORT=8081 mendline up"
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
database = typer.Typer(help="Reach the database.", no_args_is_help=True)
organisations = typer.Typer(help="Found organisations, hand them over, and list them.", no_args_is_help=True)
keys = typer.Typer(help="Make, list and revoke API keys of an organisation.", no_args_is_help=True)
audit = typer.Typer(help="What organisations have written: verify it, export it.", no_args_is_help=True)
worklists = typer.Typer(help="The lists that organisations work from.", no_args_is_help=True)
demo = typer.Typer(help="The demonstration organisations.", no_args_is_help=True)
letters = typer.Typer(help="Work that failed for good.", no_args_is_help=True)
app.add_typer(database, name="db", rich_help_panel=_DATA)
app.add_typer(demo, name="demo", rich_help_panel=_DATA)
app.add_typer(worklists, name="worklists", rich_help_panel=_DATA)
app.add_typer(letters, name="dead-letters", rich_help_panel=_DATA)
app.add_typer(organisations, name="organisations", rich_help_panel=_ACCESS)
app.add_typer(keys, name="keys", rich_help_panel=_ACCESS)
app.add_typer(audit, name="audit", rich_help_panel=_ACCESS)


def _run(target: str, *arguments: Any, **named: Any) -> None:
    """Call `module:function` and end with what it gives: an exit code, or None for success."""
    module, _, function = target.partition(":")
    raise typer.Exit(getattr(import_module(module), function)(*arguments, **named) or 0)


@app.command(rich_help_panel=_SYSTEM)
def up(empty: Annotated[bool, typer.Option("--empty", help="Start without the demonstration data.")] = False) -> None:
    """Start everything and keep it running until Ctrl-C.

    Database, broker and evidence store are embedded, unless MENDLINE_DATABASE_URL, MENDLINE_BROKER_URL or
    MENDLINE_S3_ENDPOINT_URL name others. Data stays in the home.
    """
    from mendline.app.supervisor import Supervisor
    from mendline.kernel import settings

    configured = settings()
    loaded = (configured.home / "demo.json").exists() and not configured.database_url
    steps = ["migrate"] if empty or loaded else ["migrate", "demo load"]
    raise typer.Exit(Supervisor(configured, prepare=steps).run())


@app.command(rich_help_panel=_SYSTEM)
def play(
    language: Annotated[Literal["en", "zh"], typer.Option(help="The language of the narration.")] = "en",
) -> None:
    """Play one repair from report to archive against the running system, a line per step.

    Everything goes through what a person or a partner would use: chat, GraphQL, photos. Cards are shown as they are.
    """
    _run("mendline.app.play:run", language)


@app.command(rich_help_panel=_SYSTEM, name="settings")
def show_settings() -> None:
    """Show every setting, its variable and its value here. Secrets are only said to be set or not."""
    from mendline.kernel import settings

    configured = settings()
    for name, field in type(configured).model_fields.items():
        value = getattr(configured, name)
        shown = str(value) if field.repr else "(set)" if value else "(not set)"
        typer.echo(f"{'MENDLINE_' + name.upper():<36} {shown}")


@app.command(rich_help_panel=_ACCESS)
def documents() -> None:
    """List the trusted documents: the identifier that a request may send as `documentId`, and the name."""
    from mendline_schema import trusted_documents

    for document in trusted_documents().values():
        typer.echo(f"{document.id}  {document.name}")


@app.command(rich_help_panel=_PROCESSES)
def web() -> None:
    """Serve GraphQL, webhooks and uploads on MENDLINE_HOST and MENDLINE_PORT."""
    _run("mendline.app.http.web:run")


@app.command(rich_help_panel=_PROCESSES)
def worker() -> None:
    """Do what follows a command: notices, documents, pushes."""
    _run("mendline.app.worker:run")


@app.command(rich_help_panel=_PROCESSES)
def relay() -> None:
    """Carry events from the database to the broker, sweep up what was lost, fire timers."""
    _run("mendline.app.relay:run")


@app.command(rich_help_panel=_PROCESSES)
def bots() -> None:
    """Listen to Telegram by polling and to Slack by socket mode: for development. Production uses webhooks."""
    _run("mendline.app.http.chat:run")


@app.command(rich_help_panel=_PROCESSES)
def standins() -> None:
    """Serve a local Telegram, a local Slack and the chat simulator page: for development and tests."""
    _run("mendline_bots.standins:run")


@app.command(rich_help_panel=_DATA)
def migrate() -> None:
    """Bring the database up to date: roles, tables, policies, grants, functions. Safe to run again."""
    _run("mendline.app.database.migrate:run")


@app.command(name="new-migration", rich_help_panel=_DATA)
def new_migration(name: Annotated[str, typer.Argument(help="What it does, verb first: add_service_report.")]) -> None:
    """Write the next migration: what the models say that the migrations do not say yet."""
    _run("mendline.app.database.new_migration:run", name)


@app.command(name="schema", rich_help_panel=_DATA)
def print_schema(
    access: Annotated[bool, typer.Option("--access", help="Who may read which field, instead.")] = False,
) -> None:
    """Print the GraphQL schema, or who may read which field of it.

    Example: mendline schema > schema/schema.graphql; mendline schema --access > schema/access.txt
    """
    from mendline_schema import print_access, print_schema

    typer.echo(print_access() if access else print_schema(), nl=False)


@database.command("url")
def database_url(
    role: Annotated[
        Literal["app", "gateway", "relay", "auditor", "owner"], typer.Option(help="The database role to connect as.")
    ] = "app",
) -> None:
    """Print where a database role connects, password included.

    Example: psql "$(mendline db url --role auditor)"
    """
    from mendline.kernel import SettingMissing, settings

    try:
        typer.echo(settings().role_url(role))
    except SettingMissing as missing:
        typer.echo(str(missing), err=True)
        raise typer.Exit(1) from None


@demo.command("load")
def demo_load() -> None:
    """Load the demonstration organisations, people, devices and tickets; dates are relative to today."""
    _run("mendline.app.demo:run")


@worklists.command("rebuild")
def worklists_rebuild(
    organisation: Annotated[str | None, typer.Option(help="Only tickets of this organisation, by its code.")] = None,
) -> None:
    """Work out the worklists again from the tickets. Nothing is lost: commands keep them up to date meanwhile."""
    _run("mendline.app.worklists:run", organisation)


@app.command(rich_help_panel=_DATA)
def queues() -> None:
    """Show what waits to be done: events to deliver, timers, chat messages."""
    _run("mendline.app.queues:show")


@letters.command("list")
def dead_letters_list() -> None:
    """List the work that was given up, of all organisations, with the last error."""
    _run("mendline.app.queues:show_dead_letters")


@letters.command("replay")
def dead_letters_replay(
    letter: Annotated[str | None, typer.Argument(help="Its id, from `mendline dead-letters list`; none: all.")] = None,
) -> None:
    """Put dead letters back into their queues, due at once."""
    _run("mendline.app.queues:replay_dead_letters", letter)


@organisations.command("found")
def organisations_found(
    code: Annotated[str, typer.Argument(help="What people type at login, and ticket numbers begin with: ACME.")],
    kind: Annotated[Literal["hospital", "manufacturer", "vendor", "testing_body"], typer.Option(help="What it is.")],
    name: Annotated[str, typer.Option(help="Its name in Chinese, or in any language.")],
    admin: Annotated[str, typer.Option(help="The login of its first administrator: an e-mail address.")],
    name_en: Annotated[str | None, typer.Option(help="Its name in English, where it differs.")] = None,
    admin_name: Annotated[str | None, typer.Option(help="The administrator's name; the login when left out.")] = None,
    locale: Annotated[Literal["zh", "en"], typer.Option(help="The language it is spoken to in.")] = "zh",
    timezone: Annotated[str, typer.Option(help="Its IANA time zone.")] = "Asia/Shanghai",
) -> None:
    """Found an organisation with its first administrator, and print that person's password, this once.

    Places, people, devices, contracts and partners are then the administrator's work, on GraphQL.

    Example: mendline organisations found ACME --kind hospital --name "Acme Hospital" --admin it@acme.example
    """
    names = {"zh": name, "en": name_en or name}
    _run("mendline.app.organisations:found", code, kind, names, admin, admin_name or admin, locale, timezone)


@organisations.command("steward")
def organisations_steward(
    code: Annotated[str, typer.Argument(help="The hospital's code, which ticket numbers begin with: ACME.")],
    keeper: Annotated[str, typer.Option("--by", help="The code of the vendor or manufacturer that keeps it.")],
    name: Annotated[str, typer.Option(help="Its name in Chinese, or in any language.")],
    name_en: Annotated[str | None, typer.Option(help="Its name in English, where it differs.")] = None,
    locale: Annotated[Literal["zh", "en"], typer.Option(help="The language it is spoken to in.")] = "zh",
    timezone: Annotated[str, typer.Option(help="Its IANA time zone.")] = "Asia/Shanghai",
) -> None:
    """Found a hospital that has no account yet and that a vendor keeps until the hospital claims it.

    Example: mendline organisations steward SMALL --by ACMESERVICE --name "Small Hospital"
    """
    _run("mendline.app.organisations:steward", code, keeper, {"zh": name, "en": name_en or name}, locale, timezone)


@organisations.command("claim-code")
def organisations_claim_code(
    code: Annotated[str, typer.Argument(help="The code of a hospital that a vendor keeps.")],
) -> None:
    """Print the code with which the hospital's first administrator claims it, this once; earlier codes are void."""
    _run("mendline.app.organisations:claim_code", code)


@organisations.command("list")
def organisations_list() -> None:
    """List the organisations: code, kind and name."""
    _run("mendline.app.organisations:show")


@organisations.command("quota")
def organisations_quota(
    code: Annotated[str, typer.Argument(help="The organisation, by its code.")],
    per_second: Annotated[int | None, typer.Option(help="Units of cost that flow back per second.")] = None,
    burst: Annotated[int | None, typer.Option(help="Units that it may spend at once.")] = None,
    sockets: Annotated[int | None, typer.Option(help="WebSockets and event streams that it may hold open.")] = None,
    trusted_documents: Annotated[
        bool | None, typer.Option(help="Answer only documents that `mendline documents` lists.")
    ] = None,
) -> None:
    """Set what an organisation may ask of GraphQL, and print what holds. 0 goes back to what holds for all.

    Example: mendline organisations quota ACME --per-second 2000 --burst 60000
    """
    _run("mendline.app.quota:set_quota", code, per_second, burst, sockets, trusted_documents)


_Organisation = Annotated[str, typer.Option("--organisation", "-o", help="The organisation, by its code.")]


@keys.command("make")
def keys_make(
    name: Annotated[str, typer.Argument(help="What the key is for: 'partner portal'.")],
    organisation: _Organisation,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="A permission or a bundle; repeat for more. Default: portal."),
    ] = None,
) -> None:
    """Make an API key and print it. It is shown this once: only its hash is kept.

    Example: mendline keys make "partner portal" -o ACME --scope portal
    """
    _run("mendline.app.keys:make", organisation, name, scope or [])


@keys.command("list")
def keys_list(organisation: _Organisation) -> None:
    """List the keys of an organisation: name, scopes, when made and last used. Never the keys themselves."""
    _run("mendline.app.keys:show", organisation)


@keys.command("revoke")
def keys_revoke(
    key: Annotated[str, typer.Argument(help="The id of the key, from `mendline keys list`.")],
    organisation: _Organisation,
) -> None:
    """End an API key at once."""
    _run("mendline.app.keys:revoke", organisation, key)


@audit.command("verify")
def audit_verify(
    organisation: Annotated[
        str | None, typer.Option("--organisation", "-o", help="The organisation, by its code.")
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="Every organisation.")] = False,
    checkpoints_from: Annotated[
        str | None,
        typer.Option(help="Compare with what this participant holds (its code), or a file of statements; none: all."),
    ] = None,
    copies: Annotated[bool, typer.Option(help="Compare with the copies under lock in S3.")] = True,
) -> None:
    """Compute an organisation's audit again and name what is not as it was written.

    Every ticket's chain, the organisation's book, every checkpoint with its signature, its copy under object lock, and
    what participants hold as witnesses. Ends with 0 when all is right, 1 when something is wrong, 2 when it could
    not be looked at.

    Example: mendline audit verify -o ACME --checkpoints-from VENDOR
    """
    if all == (organisation is not None):
        raise typer.BadParameter("name an organisation with -o, or say --all")
    _run("mendline.app.audit:verify", organisation, checkpoints_from, copies)


@audit.command("checkpoint")
def audit_checkpoint(
    organisation: Annotated[
        str | None, typer.Option("--organisation", "-o", help="Only this organisation, by its code.")
    ] = None,
) -> None:
    """Make checkpoints now of whatever none covers yet. The workers do so every minute by themselves."""
    _run("mendline.app.audit:checkpoint", organisation)


@audit.command("export")
def audit_export(
    file: Annotated[str, typer.Argument(help="Where to write it.")],
    organisation: _Organisation,
    format: Annotated[Literal["jsonl", "csv"], typer.Option(help="JSON Lines or CSV.")] = "jsonl",
    since: Annotated[datetime | None, typer.Option(help="From this moment on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Until before this moment, UTC.")] = None,
) -> None:
    """Write an organisation's audit into a file, and beside it FILE.manifest.json with its SHA-256.

    Example: mendline audit export audit.csv -o ACME --format csv --since 2026-01-01
    """
    _run("mendline.app.audit:export", organisation, file, format, since, until)


@audit.command("keys")
def audit_keys() -> None:
    """Print the public keys that checkpoints are checked with, as a JSON Web Key Set.

    To change the key, set MENDLINE_AUDIT_KEY (32 bytes of base64url) and add the old one's "x" to
    MENDLINE_AUDIT_RETIRED_KEYS.
    """
    _run("mendline.app.audit:keys")


def main() -> None:
    """The entry point of the `mendline` command."""
    app()


if __name__ == "__main__":
    main()
