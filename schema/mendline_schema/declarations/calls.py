"""Calls: one line makes a mutation of a command; its input, payload and description come from the command itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args, get_origin, get_type_hints

from graphql import GraphQLObjectType
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.schema_converter import GraphQLCoreConverter

from mendline.kernel import COMMANDS, Read, parse_input, run
from mendline.kernel import Command as KernelCommand
from mendline_schema.context import Context
from mendline_schema.declarations.fields import declare, first_sentence
from mendline_schema.declarations.groups import ANYONE
from mendline_schema.declarations.inputs import Reader, input_type
from mendline_schema.declarations.payloads import DonePayload, payload_type
from mendline_tenants import PERMISSIONS, Asked, ask_and_wait, authorise

CALL = "mendline.call"
"""The key under which a mutation's metadata holds its call."""


@dataclass(frozen=True)
class Options:
    """What every command takes beside its input. read: reads the payload in the command's own transaction."""

    key: str | None = None
    expected_version: int | None = None
    read: Read | None = None


@dataclass(frozen=True)
class Call:
    """What a mutation does: reads its arguments into the command's typed input and runs it.

    needs: the command's permission, or ANYONE.
    """

    command: str
    needs: str
    read: Reader
    run_with: Callable[[Context, Any, Options], Awaitable[Any]]

    async def run(self, context: Context, arguments: Mapping[str, Any], read: Read) -> Any:
        """Runs it for who asks; answers the command's result. Raises what the command refuses."""
        given = dict(arguments.get("input") or {})
        key = given.pop("idempotencyKey", None)
        options = Options(key, given.pop("expectedVersion", None), read)
        result = await self.run_with(context, self.read(given), options)
        return DonePayload() if result is None else result


def mutation(command: str) -> Any:
    """The mutation of a registered command. Raises TypeError, in words, for one that nobody registers or may run.

    The payload of one that asks another organisation is what that one answers.
    """
    entry = COMMANDS.get(command)
    if entry is None:
        raise TypeError(f"a mutation is declared for the command {command}, which no domain registers")
    if entry.permission not in PERMISSIONS:
        raise TypeError(f"the command {command} needs {entry.permission or 'nothing'}, which is no permission")
    if get_origin(entry.result) is Asked:
        return _field(replace(entry, result=get_args(entry.result)[0]), _asking(command), options=True)

    async def run_with(context: Context, given: Any, options: Options) -> Any:
        return await run(
            context.actor,
            command,
            given,
            key=options.key,
            expected_version=options.expected_version,
            read=options.read,
        )

    return _field(entry, run_with, options=True)


def _asking(command: str) -> Callable[[Context, Any, Options], Awaitable[Any]]:
    async def run_with(context: Context, given: Any, options: Options) -> Any:
        return await ask_and_wait(
            context.actor, command, given, key=options.key, expected_version=options.expected_version
        )

    return run_with


def call(function: Callable[[Context, Any, Options], Awaitable[Any]], *, needs: str, options: bool = False) -> Any:
    """A mutation that is more than one command: `async def f(context, input, options) -> result`, typed structs all.

    needs: a permission, or ANYONE. Raises TypeError, in words, for what is neither.
    """
    if needs not in PERMISSIONS and needs != ANYONE:
        raise TypeError(f"the mutation {function.__name__} needs {needs}, which is no permission")
    hints = get_type_hints(function)
    entry = KernelCommand(function.__name__, needs, function, hints["input"], hints["return"])

    async def run_with(context: Context, given: Any, options: Options) -> Any:
        if needs != ANYONE:
            authorise(context.actor, needs)
        return await function(context, parse_input(entry, given), options)

    return _field(entry, run_with, options=options)


def _field(entry: KernelCommand, run_with: Callable[[Context, Any, Options], Awaitable[Any]], options: bool) -> Any:
    extra = {"idempotency_key": str | None, "expected_version": int | None} if options else {}
    made, read = input_type(entry.input, extra)
    arguments = {"input": (made,)} if made else {}
    done = Call(entry.name, entry.permission, read, run_with)
    field = declare(done, arguments, key=CALL, description=first_sentence(entry.function.__doc__))
    field.type_annotation = StrawberryAnnotation(payload_type(entry.result) | None)
    return field


def calls_of(mutations: GraphQLObjectType) -> dict[str, Call]:
    """The call of each mutation by its GraphQL name."""
    return {
        name: definition.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].metadata[CALL]
        for name, definition in mutations.fields.items()
    }
