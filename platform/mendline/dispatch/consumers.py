"""What dispatch does when something happened: it weighs who could go."""

from uuid import UUID

from mendline.dispatch.commands import Suggest
from mendline.dispatch.events import JobDeclined
from mendline.kernel import DomainError, Envelope, consumer, fetchval, log, opaque, run, transaction
from mendline.tickets import ProviderAssigned
from mendline_tenants import system_actor


@consumer("dispatch.suggest", ProviderAssigned, JobDeclined)
async def suggest_technicians(envelope: Envelope) -> None:
    """Makes a suggestion in the provider's name, once for each assignment and each refusal."""
    happened = envelope.event
    provider = happened.provider if isinstance(happened, ProviderAssigned) else envelope.organisation
    if not await _has_technicians(provider):
        return
    try:
        await run(
            system_actor(provider),
            "dispatch.suggest",
            Suggest(opaque("tk", happened.tenant, happened.ticket)),
            key=f"event:{envelope.id}:suggest",
        )
    except DomainError as refused:  # the ticket was passed on or unshared meanwhile: nobody needs the suggestion
        log.info("suggestion_skipped", code=refused.code, ticket=str(happened.ticket))


async def _has_technicians(provider: UUID) -> bool:
    async with transaction(provider):
        return bool(await fetchval("SELECT EXISTS (SELECT 1 FROM technician WHERE tenant_id = $1)", provider))
