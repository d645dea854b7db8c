"""Founding: an organisation comes to be with its code, once, whatever is cut short."""

import pytest

from mendline.kernel import DomainError, gateway, new_id, rows, run, transaction
from mendline_tenants import Organisation, OrganisationSlug, bootstrap, login, system_actor
from support.database import look, unchanged

NAME = {"zh": "新医院", "en": "New Hospital"}


async def test_an_organisation_is_founded_and_its_first_administrator_logs_in(database):
    code = f"N{new_id().hex[-8:].upper()}"
    tenant = await bootstrap(code, "hospital", NAME, policies={"triage": "direct"})
    person = {"login": "admin", "name": "管理员", "roles": ["admin"], "password": "first password"}
    await run(system_actor(tenant), "tenants.upsert_member", person)
    assert await login(code, "admin", "first password")
    async with transaction(tenant):
        organisation = await rows.get(Organisation, tenant, tenant)
    assert (organisation.code, organisation.kind, organisation.policies) == (code, "hospital", {"triage": "direct"})
    commands = await look("SELECT command FROM organisation_audit WHERE tenant_id = $1 ORDER BY recorded_at", tenant)
    assert [row[0] for row in commands] == ["tenants.found", "tenants.upsert_member", "tenants.login"]


async def test_a_code_is_given_once_and_a_broken_founding_is_completed(database):
    code, tenant = f"N{new_id().hex[-8:].upper()}", new_id()
    async with gateway():  # as after a crash: the code was claimed, the organisation is not there
        await rows.insert(OrganisationSlug(tenant_id=tenant, id=tenant, code=code))
    assert await bootstrap(code, "vendor", NAME, id=tenant) == tenant
    async with unchanged():
        assert await bootstrap(code, "vendor", NAME, id=tenant) == tenant
        for other in (None, new_id()):
            with pytest.raises(DomainError, match="code_taken"):
                await bootstrap(code, "vendor", NAME, id=other)
    with pytest.raises(ValueError, match="no such kind"):
        await bootstrap(code + "X", "no such kind", NAME)
