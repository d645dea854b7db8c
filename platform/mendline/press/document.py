"""A document: a Typst template and what is to be said in it."""

from typing import Literal

import msgspec


class Document(msgspec.Struct, frozen=True):
    """template: Typst source, which reads JSON from `sys.inputs.given`. given: that JSON.

    form: a PDF of all pages, or the one page as a PNG of 300 pixels an inch.
    """

    template: bytes
    given: bytes
    form: Literal["pdf", "png"] = "pdf"
