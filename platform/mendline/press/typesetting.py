"""Typesetting: a document as bytes, the same for the same document on every machine."""

from functools import cache
from typing import Any

from mendline.press.document import Document


def typeset(document: Document) -> bytes:
    """The bytes of a PDF or PNG. It holds on to much memory: processes that live on call `press` instead."""
    import typst  # noqa: PLC0415 - with its fonts 60 MB that only the child pays

    given = {"given": document.given.decode()}
    compiler = typst.Compiler(document.template, font_paths=_fonts(), sys_inputs=given)
    pdf = document.form == "pdf"
    made = compiler.compile(format="pdf", timestamp=0) if pdf else compiler.compile(format="png", ppi=300)
    assert isinstance(made, bytes)
    return made


@cache
def _fonts() -> Any:
    """The packaged fonts alone: what the machine has would make other bytes elsewhere."""
    import pylopdf_fonts_zh_cn  # noqa: PLC0415 - see above
    import typst  # noqa: PLC0415 - see above

    folder = pylopdf_fonts_zh_cn.sans_path().parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
