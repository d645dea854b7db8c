"""Admission: everything that is settled before an operation runs: what it is, what it costs, who pays and who asks.

The order keeps a refusal cheap. What this process knows by itself comes first, then Valkey, then the database.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType, get_variable_values

from mendline.kernel import LRU, DomainError, settings
from mendline_schema.admission.budget import (
    Payer,
    charge,
    headers,
    organisation_payer,
    payer_of,
    remember_quota,
    require_any,
    spent_on_this,
    take_back,
)
from mendline_schema.admission.costs import FAULT, cost_of
from mendline_schema.admission.documents import (
    FOR_STRANGERS,
    Document,
    Documents,
    Faulty,
    trusted_documents,
    trusted_texts,
)
from mendline_schema.admission.limits import variables_fault
from mendline_schema.context import NOT_IN_CARE, Context
from mendline_schema.errors import present
from mendline_schema.reads.binding import Bindings
from mendline_schema.reads.statements import Request
from mendline_schema.reads.values import shape

COSTS = 5_000
"""Costs that one process keeps, by document and shape of the variables."""


@dataclass(frozen=True)
class Asked:
    """What a request asks for, as it came."""

    query: str | None
    document_id: str | None
    variables: dict[str, Any] | None
    operation_name: str | None


class Admitted(NamedTuple):
    """An operation that may run, in its document."""

    document: Document
    operation: OperationDefinitionNode

    @property
    def text(self) -> str:
        """The document's text."""
        return self.document.text

    @property
    def follows(self) -> bool:
        """Whether it follows changes (a subscription)."""
        return self.operation.operation is OperationType.SUBSCRIPTION


class Refused(Exception):
    """An operation that is not run: the errors to answer, and the status of an HTTP answer that has no data."""

    def __init__(self, status: int, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.status = status
        self.errors = errors


_STATUS = {
    "rate_limited": 429,
    "unauthenticated": 401,
    "session_ended": 401,
    "key_revoked": 401,
    "document_unknown": 404,
    "documents_only": 403,
    "introspection_refused": 403,
    **dict.fromkeys(NOT_IN_CARE, 403),
}
"""The HTTP status of a refusal, by its code, where it is not 400."""


class Admission:
    """Lets operations in."""

    def __init__(self, schema: GraphQLSchema, bindings: Bindings) -> None:
        self.documents = Documents(schema)
        self._schema = schema
        self._bindings = bindings
        self._costs: LRU[Any, int] = LRU(COSTS)

    async def admit(self, asking: Context, asked: Asked) -> Admitted:
        """Lets an operation run: it is valid, paid for, and who asks is known. Raises Refused."""
        payer = payer_of(asking)
        try:
            if asking.token is not None and payer.policy == "address":
                payer = await self._prove(asking, payer)
            return await self._admit(asking, asked, payer)
        except Faulty as faulty:
            raise self._refused(asking, faulty.errors) from None
        except DomainError as refusal:
            raise self._refused(asking, [GraphQLError(str(refusal), original_error=refusal)]) from None
        finally:
            # A steward who only asks for a hospital not in its care is known, and told what its own organisation has.
            unknown = asking.refusal is not None and asking.refusal.code not in NOT_IN_CARE
            if unknown and payer.policy == "organisation":
                take_back(asking)
            elif told := spent_on_this.get():
                asking.tell(headers(payer, told))

    def reads(self, asked: Asked, at_once: bool = False) -> bool:
        """Whether one statement would answer what is asked; told of documents that are judged already.

        at_once: judges one that is not, before it is paid for; in development alone.
        """
        try:
            text = _text_of(asked)
            judge = at_once and settings().environment == "development"
            document = self.documents.of(text) if judge else self.documents.known(text)
            return document is not None and document.reads(document.operation(asked.operation_name))
        except (Faulty, DomainError):
            return False

    async def knock(self, asking: Context) -> None:
        """Lets a socket in: as `admit`, with nothing asked for yet. Raises DomainError rate_limited."""
        payer = payer_of(asking)
        require_any(payer)
        await charge(payer, FAULT)
        await self._identify(asking)

    async def _prove(self, asking: Context, payer: Payer) -> Payer:
        """Who pays for a token that may be invented: nothing of what it asks is looked at before it is known.

        Raises DomainError rate_limited, unauthenticated, session_ended, key_revoked, and what a steward is refused.
        """
        require_any(payer)
        await charge(payer, FAULT)
        await self._identify(asking)
        # A steward pays from its own organisation's purse, not from that of the hospital it acts for.
        return organisation_payer(asking.actor.asked_by or asking.actor.organisation)

    async def _admit(self, asking: Context, asked: Asked, payer: Payer) -> Admitted:
        try:
            text = _text_of(asked)
            if self.documents.known(text) is None:  # to judge it is work that is not begun for nothing
                require_any(payer)
            if asking.token is None:
                _require_trusted(text, settings().trusted_documents != "nobody", FOR_STRANGERS)
            document = self.documents.of(text)
            operation = document.operation(asked.operation_name)
            if fault := variables_fault(asked.variables):
                raise Faulty([fault])
            cost = self._cost(document, operation, asked.variables or {})
        except (Faulty, DomainError):
            await charge(payer, FAULT)
            await self._identify(asking)
            if asking.refusal is not None:  # who is nobody any more is not told what is wrong with a document
                raise asking.refusal from None
            raise
        await charge(payer, cost)
        # A statement proves who asks while it answers, which spares asking for it first.
        if not (document.reads(operation) and asking.presume()):
            await self._identify(asking)
        self._require_allowed(asking, document, operation)
        return Admitted(document, operation)

    async def _identify(self, asking: Context) -> None:
        """Finds out who asks, anew for every operation: a socket outlives roles and sessions."""
        await asking.authenticate(asking.token)
        if asking.known is not None:
            remember_quota(asking.known.organisation, asking.known.quota)

    def _require_allowed(self, asking: Context, document: Document, operation: OperationDefinitionNode) -> None:
        quota = asking.known.quota if asking.known else None
        if quota is not None and quota.trusted_documents:
            _require_trusted(document.text, True)
        open_to = settings().environment == "development" and asking.known is not None
        if not open_to and document.introspects(operation):
            raise DomainError("introspection_refused")
        if asking.token is not None or operation.operation is not OperationType.MUTATION:
            _ = asking.actor  # only commands are open to strangers (to log in is one), and who shows a token is none

    def _cost(self, document: Document, operation: OperationDefinitionNode, given: dict[str, Any]) -> int:
        name = operation.name.value if operation.name else ""
        declared = [definition.variable.name.value for definition in operation.variable_definitions or ()]
        key = (document.text, name, *(_priced(given[one]) if one in given else "absent" for one in declared))
        known = self._costs.get(key)
        if known is not None:
            return known
        variables = get_variable_values(self._schema, operation.variable_definitions or (), given)
        if isinstance(variables, list):
            raise Faulty(variables)
        cost = cost_of(Request(self._schema, operation, document.fragments, variables), self._bindings)
        return self._costs.put(key, cost)

    def _refused(self, asking: Context, errors: list[GraphQLError]) -> Refused:
        shown = [present(error, asking.locale, asking.known is None) for error in errors]
        code = str((shown[0].extensions or {}).get("code"))
        return Refused(_STATUS.get(code, 400), shown)


def _priced(value: Any) -> Hashable:
    """What of a variable may change the price: a page's size, a choice, a length; never what lies in an object."""
    match value:
        case dict():
            return "object"
        case list():
            return len(value)
        case _:
            return shape(value)


def _text_of(asked: Asked) -> str:
    """The text that was sent or named. Raises DomainError query_missing, document_unknown."""
    if asked.document_id is not None:
        if asked.query:
            raise DomainError("query_and_document")
        trusted = trusted_documents().get(asked.document_id)
        if trusted is None:
            raise DomainError("document_unknown", id=asked.document_id[:80])
        return trusted.text
    if not asked.query or not asked.query.strip():
        raise DomainError("query_missing")
    return asked.query


def _require_trusted(text: str, wanted: bool, names: tuple[str, ...] | None = None) -> None:
    """Raises DomainError documents_only where only trusted documents (of these names) are answered."""
    name = trusted_texts().get(text)
    if wanted and (name is None or (names is not None and name not in names)):
        raise DomainError("documents_only")
