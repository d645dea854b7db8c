"""Pictures of day plans for chats: drawn in the reader's language, kept in S3 under their content."""

import asyncio
import hashlib
from collections.abc import Callable
from uuid import UUID

from mendline.dayplans import ShownPlan, to_png
from mendline.kernel import put_blob
from mendline_bots.messages import Picture


async def picture_of(tenant: UUID, plan: ShownPlan, draw: Callable[[ShownPlan], str], alt: str) -> Picture:
    """The picture that `draw` makes of a plan, stored; the same picture twice is one file."""

    def made() -> bytes:
        return to_png(draw(plan))

    content = await asyncio.to_thread(made)
    digest = hashlib.sha256(content).hexdigest()
    key = f"{tenant}/day-plans/{digest}.png"
    await put_blob(key, content, "image/png", digest)
    return Picture(key, f"{plan.day}-{plan.edition}.png", alt)
