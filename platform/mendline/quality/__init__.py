"""Quality: acceptance, signatures, return to service."""

from mendline.quality.signature import SignatureSlot

__all__ = ["SignatureSlot"]
