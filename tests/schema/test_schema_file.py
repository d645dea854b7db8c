"""The snapshot: a change of the schema is seen in review, and every command is offered or left out on purpose."""

from pathlib import Path

from mendline.kernel import COMMANDS
from mendline_schema import print_schema
from mendline_tenants import ASKABLE

SNAPSHOT = Path(__file__).parents[2] / "schema" / "schema.graphql"

NOT_OFFERED = {
    "dispatch.hand_over",  # the system's own, when a turn changes on a rota
    "dispatch.end_offers",  # the system's own, when a ticket is closed
    "dispatch.find_replacement",  # the system's own, when an absence takes somebody from their job
    "dispatch.hasten_offers",  # the system's own, when a ticket becomes urgent
    "dispatch.remind_handover",  # the system's own, while nobody confirms
    "dispatch.ready_again",  # the system's own, when the time that was given is over
    "dispatch.tell_busy_times",  # the system's own, while a consent holds
    "dispatch.warn_of_qualification",  # the system's own
    "devices.confirm_proof",  # behind confirmProof, which asks S3 first
    "devices.request_proof",  # behind requestProof, which signs the URL
    "devices.print_stickers",  # behind printStickers, which makes the PDF
    "dispatch.expire_offers",  # the system's own, when a timer rings
    "devices.warn_of_document",  # the system's own, when a timer rings
    "dayplans.begin",  # the system's own, when a worker takes a plan up
    "dayplans.give_up",  # likewise
    "dayplans.keep",  # likewise, with what it solved
    "fieldwork.expect_visit",  # the system's own, from a published plan
    "fieldwork.attach_evidence",  # files from a chat, which we store ourselves
    "fieldwork.confirm_upload",  # behind confirmUpload, which asks S3 first
    "fieldwork.request_upload",  # behind requestUpload, which signs the URL
    "tenants.set_quota",  # the operator's, on the command line
    "tenants.warn_of_key",  # the system's own
    "tickets.keep_fault_model",  # the system's own, with what a worker learned
    "tickets.check_clocks",  # the system's own, when a timer rings
    "tickets.end_share",  # the system's own, when a timer rings
    "tickets.expire_quotation",  # the system's own, when a timer rings
    "tickets.tell_loan_due",  # the system's own, when a timer rings
    "tickets.note_end",  # the system's own, in the partner's book
    "tickets.note_grant",  # likewise
    "tenants.claim",  # behind claimHospital
    "tenants.take_into_care",  # the system's own, part of stewardHospital
}


def test_the_snapshot_is_what_the_code_says(database: None) -> None:
    assert SNAPSHOT.read_text() == print_schema(), (
        "The GraphQL schema has changed. If that is meant: mendline schema > schema/schema.graphql, and read the diff."
    )


def test_every_command_is_offered(database: None) -> None:
    from mendline_schema.schema import build_schema

    executor = build_schema().execution_context_class
    offered = {call.command for call in executor.calls.values()}  # type: ignore[attr-defined]
    ours = {name for name in COMMANDS if not name.startswith(("probe.", "test."))}
    ours -= set(ASKABLE)  # other organisations' systems ask for these, persons never
    assert ours - offered == NOT_OFFERED, (
        "give it a line in mendline_schema/mutations.py, or name it here with a reason"
    )
