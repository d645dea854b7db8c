"""The press: documents that Typst sets, in a child process which takes its memory along.

The face of the package. Typst keeps what it has set for the next ten documents, half a megabyte a sticker, and gives it
back to nobody; a process that answers requests must not hold that.
"""

from mendline.press.document import Document
from mendline.press.press import press
from mendline.press.typesetting import typeset

__all__ = ["Document", "press", "typeset"]
