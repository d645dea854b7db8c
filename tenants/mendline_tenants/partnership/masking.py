"""Masking: how a name, a telephone number or a serial number is shown to who may know only that there is one.

In SQL for what statements answer, in Python for what the house draws itself; a test holds the two to the same words.
A mask has always the same length, so that it does not tell how long the text is, and no short text is shown whole.
"""

import re
from typing import Literal, NamedTuple

Masked = Literal["name", "phone", "serial"]


class Mask(NamedTuple):
    """A kind of text that crosses a border masked. group: the field group whose holders are shown it in full."""

    function: str
    group: str


MASKS: dict[Masked, Mask] = {
    "name": Mask("masked_name", "people"),
    "phone": Mask("masked_phone", "people"),
    "serial": Mask("masked_serial", "quality"),
}

WIDE = 0x2E80
"""From this code point on a character is a word of its own: a surname, as in 王**."""

MASKED_NAME = f"""
CREATE OR REPLACE FUNCTION masked_name(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN name IS NULL OR btrim(name) = '' THEN name ELSE
    CASE WHEN char_length(btrim(name)) > 1 THEN left(btrim(name), 1) ELSE '' END
    || CASE WHEN ascii(btrim(name)) >= {WIDE} THEN '**' ELSE '***' END END $$"""

MASKED_PHONE = """
CREATE OR REPLACE FUNCTION masked_phone(phone text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN phone IS NULL OR btrim(phone) = '' THEN phone
    WHEN char_length(d) >= 11 THEN left(d, 3) || '****' || right(d, 4)
    WHEN char_length(d) >= 7 THEN '****' || right(d, 2) ELSE '****' END
  FROM (SELECT regexp_replace(phone, '[^0-9]', '', 'g') AS d) digits $$"""

MASKED_SERIAL = """
CREATE OR REPLACE FUNCTION masked_serial(serial text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN serial IS NULL OR btrim(serial) = '' THEN serial ELSE '••••' ||
    CASE WHEN char_length(btrim(serial)) >= 8 THEN right(btrim(serial), 4)
      WHEN char_length(btrim(serial)) >= 5 THEN right(btrim(serial), 2) ELSE '' END END $$"""

MASKING_FUNCTIONS = (MASKED_NAME, MASKED_PHONE, MASKED_SERIAL)


def masked_name(name: str) -> str:
    """A surname or an initial: 王小明 -> 王**, Wang Xiaoming -> W***; a name of one character shows nothing."""
    bare = name.strip(" ")
    if not bare:
        return name
    return (bare[0] if len(bare) > 1 else "") + ("**" if ord(bare[0]) >= WIDE else "***")


def masked_phone(phone: str) -> str:
    """138****5678; of seven to ten digits the last two, of fewer none."""
    digits = re.sub("[^0-9]", "", phone)
    if not phone.strip(" "):
        return phone
    if len(digits) >= 11:
        return f"{digits[:3]}****{digits[-4:]}"
    return f"****{digits[-2:]}" if len(digits) >= 7 else "****"


def masked_serial(serial: str) -> str:
    """••••1234; of five to seven characters the last two, of fewer none."""
    bare = serial.strip(" ")
    if not bare:
        return serial
    shown = 4 if len(bare) >= 8 else 2 if len(bare) >= 5 else 0
    return "••••" + bare[len(bare) - shown :]
