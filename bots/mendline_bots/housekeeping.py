"""Housekeeping of the chat doors: questions that expired and buttons of tickets long closed are removed."""

from datetime import timedelta

from mendline.kernel import definer, execute, gateway, now, recurring

BUTTON_LIFETIME = timedelta(days=400)
"""A card draws its buttons anew at each change, so only those of messages nobody has touched for a year are lost."""

FORGET_BUTTONS = definer(
    "forget_chat_buttons(timestamptz)",
    """
CREATE OR REPLACE FUNCTION forget_chat_buttons(before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  DELETE FROM public.chat_button WHERE recorded_at < least(before, clock_timestamp() - interval '30 days')
$$""",
    {"chat_button": "SELECT, DELETE"},
    roles=("gateway",),
)
"""Deletes old buttons of every organisation; never one that is fresh."""


@recurring("forget_chat", every=timedelta(hours=6))
async def forget_chat() -> None:
    """Deletes expired dialogs and old buttons."""
    async with gateway():
        await execute("DELETE FROM dialog WHERE expires_at < $1", now())
        await execute("SELECT forget_chat_buttons($1)", now() - BUTTON_LIFETIME)
