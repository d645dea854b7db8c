"""What the tests of the tenants share: a ticket of hospital A that vendor V works on."""

import pytest

from mendline.kernel import Reference, parse_opaque


@pytest.fixture
async def ticket(cast) -> Reference:
    """A pump of hospital A, repaired by vendor V."""
    made = await cast.run("nurse_a", "tickets.report", {"device": cast.device_id("pump_a"), "symptom": "报警,停机"})
    return parse_opaque("tk", made.ticket)
