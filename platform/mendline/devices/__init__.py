"""Devices: registry, identifiers, labels, contracts and entitlement."""

from mendline.devices import belonging as _belonging  # noqa: F401 - registers its commands
from mendline.devices import merging as _merging  # noqa: F401 - registers its command
from mendline.devices.card import Location, device_card, location_of
from mendline.devices.codes.gs1 import Gs1Fields, element_string
from mendline.devices.codes.identifiers import device_link, parse_certain, parse_codes, parse_identifier
from mendline.devices.codes.lookup import devices_at, find_devices
from mendline.devices.codes.photo import read_codes
from mendline.devices.codes.reading import Check, DeviceIdentifier, System
from mendline.devices.commands import UpsertContract, UpsertDevice, UpsertModel
from mendline.devices.contracts import Contract, ContractDevice, agreed_minutes
from mendline.devices.entitlement import Entitlement, entitlement
from mendline.devices.fitted import DevicePart, change_software, fit, not_in_future, remove
from mendline.devices.labels.label import DeviceLabel, label_image, label_png, phone_photo
from mendline.devices.labels.printed_label import printed_label
from mendline.devices.labels.printing import PrintStickers, StickersOrdered, stickers_of
from mendline.devices.labels.sticker_links import label_code, read_start_word, start_word, sticker_link
from mendline.devices.labels.stickers import Sticker, sticker_png, stickers_pdf
from mendline.devices.loans import DeviceLoan, give_back, lend
from mendline.devices.moving import MoveDevice
from mendline.devices.papers import documents as _documents  # noqa: F401 - registers its commands and their timer
from mendline.devices.papers.document_warnings import DocumentExpires
from mendline.devices.papers.proof import Proof, ProofResult, RequestProof, stored_proof
from mendline.devices.papers.regulatory_document import KINDS as DOCUMENT_KINDS
from mendline.devices.papers.regulatory_document import RegulatoryDocument
from mendline.devices.records import SAME_UNIT, lock_unit, unit_of
from mendline.devices.registry import PARTS_OF, POOLS, Device, DeviceModel, worse
from mendline.devices.results import DeviceResult, device_result
from mendline.devices.retiring import objects_to_retirement
from mendline.devices.spares import free_spares
from mendline.devices.timeline import HAPPENINGS, DeviceEvent, change_state, note
from mendline.kernel import register_locales

register_locales(__file__)

__all__ = [
    "DOCUMENT_KINDS",
    "HAPPENINGS",
    "PARTS_OF",
    "POOLS",
    "SAME_UNIT",
    "Check",
    "Contract",
    "ContractDevice",
    "Device",
    "DeviceEvent",
    "DeviceIdentifier",
    "DeviceLabel",
    "DeviceLoan",
    "DeviceModel",
    "DevicePart",
    "DeviceResult",
    "DocumentExpires",
    "Entitlement",
    "Gs1Fields",
    "Location",
    "MoveDevice",
    "PrintStickers",
    "Proof",
    "ProofResult",
    "RegulatoryDocument",
    "RequestProof",
    "Sticker",
    "StickersOrdered",
    "System",
    "UpsertContract",
    "UpsertDevice",
    "UpsertModel",
    "agreed_minutes",
    "change_software",
    "change_state",
    "device_card",
    "device_link",
    "device_result",
    "devices_at",
    "element_string",
    "entitlement",
    "find_devices",
    "fit",
    "free_spares",
    "give_back",
    "label_code",
    "label_image",
    "label_png",
    "lend",
    "location_of",
    "lock_unit",
    "not_in_future",
    "note",
    "objects_to_retirement",
    "parse_certain",
    "parse_codes",
    "parse_identifier",
    "phone_photo",
    "printed_label",
    "read_codes",
    "read_start_word",
    "remove",
    "start_word",
    "sticker_link",
    "sticker_png",
    "stickers_of",
    "stickers_pdf",
    "stored_proof",
    "unit_of",
    "worse",
]
