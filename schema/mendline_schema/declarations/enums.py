"""Enums: the words of the domains that GraphQL knows as a closed list, taken from where the domain declares them."""

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any

import strawberry

from mendline.dayplans import CAUSES, PROGRESS
from mendline.dayplans import KINDS as STOP_KINDS
from mendline.dayplans import STATES as PLAN_STATES
from mendline.devices import DOCUMENT_KINDS, HAPPENINGS, PARTS_OF, POOLS
from mendline.dispatch import CRITERIA, HANDOVER_STATES, SHUT_OUT
from mendline.tickets import (
    CLOCKS,
    ENTRY_KINDS,
    GROUPS,
    KINDS,
    LEARNED_BECAUSE,
    LIKENESSES,
    MODEL_STATES,
    OUTCOMES,
    PHASES,
    PROPOSALS,
    TICKET_OUTCOMES,
    WAITING_FOR,
)
from mendline_tenants import ROLES, OrganisationKind

ENUMS: dict[tuple[str, ...], Any] = {}
"""Every enum by its words, so that a command's input uses the one that answers use."""


def enumeration(name: str, words: Iterable[str], description: str) -> Any:
    """A GraphQL enum with these words in capitals."""
    listed = tuple(dict.fromkeys(words))
    members: Any = Enum(name, {word.upper(): word for word in listed}, type=str)  # type: ignore[misc]
    made = strawberry.enum(members, description=description)
    ENUMS[tuple(sorted(listed))] = made
    return made


if TYPE_CHECKING:  # one line each: only a simple assignment is an alias that a type checker takes
    TicketState = Enum
    TicketPhase = Enum
    TicketOutcome = Enum
    TicketKind = Enum
    FieldGroup = Enum
    Role = Enum
    OrganisationType = Enum
    UseState = Enum
    Decontamination = Enum
    WorkResult = Enum
    WaitingFor = Enum
    SlotState = Enum
    ErrandState = Enum
    SubcontractState = Enum
    EvidenceState = Enum
    AuditExportState = Enum
    AuditExportFormat = Enum
    OfferState = Enum
    OfferAsked = Enum
    MatchCriterion = Enum
    ShutOut = Enum
    DeviceState = Enum
    DeviceFunction = Enum
    EntitlementKind = Enum
    EvidenceKind = Enum
    Part = Enum
    ClockName = Enum
    ClockState = Enum
    SlaTier = Enum
    Estimated = Enum
    AbsenceKind = Enum
    AbsenceState = Enum
    DutyKind = Enum
    HandoverState = Enum
    DevicePool = Enum
    BelongsAs = Enum
    Happening = Enum
    DocumentKind = Enum
    LikenessKind = Enum
    FaultOutcome = Enum
    FaultModelState = Enum
    LearnedBecause = Enum
    QuotationState = Enum
    EntitlementStep = Enum
    DayPlanState = Enum
    DayPlanCause = Enum
    StopKind = Enum
    StopProgress = Enum
else:
    TicketState = enumeration("TicketState", PHASES, "Where a ticket is in its life. More states may come.")
    TicketPhase = enumeration("TicketPhase", PHASES.values(), "The coarse state that clients may rely on.")
    TicketOutcome = enumeration(
        "TicketOutcome",
        TICKET_OUTCOMES,
        "How a ticket ended: accepted, the device condemned, none of its own, or done by who it was passed on to.",
    )
    TicketKind = enumeration("TicketKind", KINDS, "What sort of work it is.")
    FieldGroup = enumeration("FieldGroup", GROUPS, "Fields that are shared or withheld together.")
    Role = enumeration("Role", ROLES, "A role that a member may hold.")
    OrganisationType = enumeration("OrganisationKind", (k.value for k in OrganisationKind), "What an organisation is.")
    UseState = enumeration(
        "UseState", ("unknown", "down", "degraded", "patient_affected"), "Whether the device can be used."
    )
    Decontamination = enumeration(
        "Decontamination",
        ("unknown", "clean", "not_needed", "contaminated"),
        "Whether it is safe to touch; work begins when it is known.",
    )
    WorkResult = enumeration(
        "WorkResult",
        ("repaired", "not_reproduced", "not_repairable", "depot", "condemnation_advised"),
        "What came of the work.",
    )
    WaitingFor = enumeration("WaitingFor", WAITING_FOR, "What the work waits for.")
    SlotState = enumeration(
        "SlotState", ("waiting", "open", "signed", "rejected", "void"), "Where a signature slot stands."
    )
    ErrandState = enumeration("ErrandState", ("asked", "done", "refused"), "What came of an errand.")
    SubcontractState = enumeration(
        "SubcontractState", ("asked", "approved", "refused", "withdrawn"), "Where a request to subcontract stands."
    )
    EvidenceState = enumeration("EvidenceState", ("awaited", "stored"), "Whether the file has arrived.")
    AuditExportState = enumeration("AuditExportState", ("asked", "done"), "Whether the file is written.")
    AuditExportFormat = enumeration("AuditExportFormat", ("jsonl", "csv"), "How an export is written.")
    OfferState = enumeration(
        "OfferState", ("offered", "accepted", "declined", "withdrawn", "expired", "taken"), "The answer to an offer."
    )
    OfferAsked = enumeration("OfferAsked", ("one", "group"), "Who was asked at once.")
    MatchCriterion = enumeration(
        "MatchCriterion", (c.name for c in CRITERIA), "What technicians are weighed by. More may come."
    )
    ShutOut = enumeration("ShutOut", SHUT_OUT, "Why a technician could not do a job. More may come.")
    DeviceState = enumeration(
        "DeviceState",
        ("in_service", "restricted", "out_of_service", "awaiting_return", "retired"),
        "Whether a device may be used.",
    )
    DeviceFunction = enumeration(
        "DeviceFunction",
        ("life_support", "therapeutic", "monitoring", "diagnostic", "laboratory", "other"),
        "What a device does for the patient.",
    )
    EntitlementKind = enumeration("EntitlementKind", ("warranty", "contract", "outside"), "Who pays for a repair.")
    EvidenceKind = enumeration("EvidenceKind", ("photo", "file", "voice", "video", "document"), "What a file is.")
    Estimated = enumeration("Estimated", ("arrival", "completion"), "What is expected at a time.")
    AbsenceKind = enumeration("AbsenceKind", ("leave", "sick", "training", "other"), "Why somebody is away.")
    AbsenceState = enumeration(
        "AbsenceState", ("asked", "approved", "refused", "cancelled"), "Where an absence stands."
    )
    DutyKind = enumeration("DutyKind", ("unit", "engineering", "officer", "desk"), "For whom people are on duty.")
    HandoverState = enumeration(
        "HandoverState", HANDOVER_STATES, "Whether the one who comes has confirmed what was handed over."
    )
    DevicePool = enumeration("DevicePool", POOLS, "Whether it stands in for the own wards' devices or for others'.")
    BelongsAs = enumeration("BelongsAs", PARTS_OF, "What a unit is to the one that it belongs to.")
    Happening = enumeration("Happening", HAPPENINGS, "What happened to a unit. More may come.")
    DocumentKind = enumeration("DocumentKind", DOCUMENT_KINDS, "What a regulatory document is.")
    SlaTier = enumeration("SlaTier", ("basic", "standard", "premium"), "How good a service a contract promises.")
    LikenessKind = enumeration(
        "LikenessKind",
        LIKENESSES,
        "What another ticket is to this one: open on the same device, a repeat, or alike on another device.",
    )
    QuotationState = enumeration("QuotationState", ("open", *OUTCOMES), "Where a quotation stands.")
    EntitlementStep = enumeration(
        "EntitlementStep", ENTRY_KINDS, "What was said of who pays: found by the rules, decided, disputed, answered."
    )
    ClockName = enumeration("ClockName", CLOCKS, "A contract clock: until somebody acts, is there, has restored it.")
    ClockState = enumeration("ClockState", ("none", "running", "paused", "stopped"), "What a clock does.")
    enumeration(
        "WaitReason", ("parts", "customer", "access", "decontamination"), "What a technician may say to wait for."
    )
    enumeration(
        "CodeSystem",
        ("GS1", "HIBCC", "ICCBBA", "MA", "IFA", "product", "serial", "asset"),
        "Whose code it is; or a plain number: a device identifier typed alone, a serial or an asset number.",
    )
    enumeration(
        "CodeCheck",
        ("fits", "unverified", "none"),
        "What is known of a code's check character: it fits, its rule is not public, or the system has none.",
    )
    enumeration(
        "LabelSheet",
        ("a4_3x8", "a4_2x7", "a4_3x7", "a4_5x13", "roll_70x37", "roll_50x30"),
        "A sheet of labels by columns and rows, or a roll by millimetres.",
    )
    FaultOutcome = enumeration(
        "FaultOutcome",
        PROPOSALS,
        "What came of reading a fault's text: a danger stands above whatever else was found; a code is proposed; the"
        " model was not sure enough; or there is no model yet, and only dangers were looked for.",
    )
    FaultModelState = enumeration(
        "FaultModelState",
        MODEL_STATES,
        "Where a version of the model stands: it is asked; it was; it was worse and never asked; nothing came of it.",
    )
    LearnedBecause = enumeration("LearnedBecause", LEARNED_BECAUSE, "Enough tickets have closed, or somebody asked.")
    DayPlanState = enumeration("DayPlanState", PLAN_STATES, "Where an edition of a day plan stands.")
    DayPlanCause = enumeration("DayPlanCause", CAUSES, "Why an edition of a day plan was made.")
    enumeration("DayPlanReason", (c for c in CAUSES if c != "moved"), "Why a day is to be planned.")
    StopKind = enumeration("StopKind", STOP_KINDS, "What a stop of a day plan is.")
    StopProgress = enumeration("StopProgress", PROGRESS, "Whether a stop can still be planned.")
    enumeration("Locale", ("zh", "en"), "A language of the house.")
    enumeration("Route", ("own", "contract", "warranty", "outside"), "Who shall do the repair.")
    enumeration("RiskClass", ("I", "II", "III"), "A risk class of NMPA or FDA; the two never convert.")
    enumeration("EuRiskClass", ("I", "IIa", "IIb", "III"), "A risk class of the EU.")
    enumeration(
        "SharedPart",
        ("service_provider", "manufacturer", "testing_body", "participant"),
        "A part that a user facility can share with another organisation.",
    )
    Part = enumeration(
        "Part",
        ("user_facility", "service_provider", "manufacturer", "testing_body", "participant"),
        "An organisation's part in a ticket.",
    )
