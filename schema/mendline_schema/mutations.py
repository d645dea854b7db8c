"""Mutations: every command that GraphQL offers, one line each."""

import strawberry

from mendline import dayplans, devices, dispatch, fieldwork, quality
from mendline.tickets import Ticket
from mendline_schema import access, audit, duty, fault_texts, people, stickers, tickets
from mendline_schema import dayplans as day_plans
from mendline_schema.declarations import uploads
from mendline_schema.declarations.calls import call, mutation
from mendline_schema.declarations.groups import ANYONE

LOADED_FIRST = (
    *(devices, Ticket, dispatch, dayplans, fieldwork, quality),
    *(tickets, audit, people, duty, day_plans, fault_texts),
)
"""The domains, whose commands are named below, and the types that stand for the ids in their results."""


@strawberry.type
class TicketMutations:
    """Tickets: reported, sorted, passed on, shared."""

    report_fault = mutation("tickets.report")
    report_fault_for = mutation("tickets.report_for")
    triage = mutation("tickets.triage")
    pass_on = mutation("tickets.pass_on")
    ask_subcontract = mutation("tickets.ask_subcontract")
    answer_subcontract = mutation("tickets.answer_subcontract")
    withdraw_subcontract = mutation("tickets.withdraw_subcontract")
    take_back = mutation("tickets.take_back")
    amend_report = mutation("tickets.amend_report")
    ask_quotation = mutation("tickets.ask_quotation")
    quote = mutation("tickets.quote")
    answer_quotation = mutation("tickets.answer_quotation")
    drop_quotation = mutation("tickets.drop_quotation")
    decide_entitlement = mutation("tickets.decide_entitlement")
    dispute_entitlement = mutation("tickets.dispute_entitlement")
    answer_dispute = mutation("tickets.answer_dispute")
    fix_remotely = mutation("tickets.fix_remotely")
    mark_duplicate = mutation("tickets.mark_duplicate")
    cancel_ticket = mutation("tickets.cancel")
    comment = mutation("tickets.comment")
    remind = mutation("tickets.remind")
    set_use_state = mutation("tickets.set_use_state")
    set_flags = mutation("tickets.set_flags")
    record_decontamination = mutation("tickets.record_decontamination")
    share_ticket = mutation("tickets.share")
    unshare_ticket = mutation("tickets.unshare")
    override_priority = mutation("tickets.override_priority")
    rebase_clock = mutation("tickets.rebase_clock")
    import_closed_ticket = mutation("tickets.import_closed")
    learn_faults = mutation("tickets.learn_faults")
    use_fault_model = mutation("tickets.use_fault_model")


@strawberry.type
class DispatchMutations:
    """Dispatch: suggested, offered to one or to a group, taken."""

    suggest_technician = mutation("dispatch.suggest")
    offer_job = mutation("dispatch.offer_job")
    offer_next = mutation("dispatch.offer_next")
    ask_group = mutation("dispatch.ask_group")
    withdraw_offers = mutation("dispatch.withdraw_offers")
    accept_job = mutation("dispatch.accept_job")
    decline_job = mutation("dispatch.decline_job")
    upsert_technician = mutation("dispatch.upsert_technician")
    share_location = mutation("dispatch.share_location")


@strawberry.type
class PeopleMutations:
    """People: when they are there, what they may do, where, and who is on duty."""

    set_ready = mutation("dispatch.set_ready")
    ask_absence = mutation("dispatch.ask_absence")
    answer_absence = mutation("dispatch.answer_absence")
    cancel_absence = mutation("dispatch.cancel_absence")
    put_shifts = mutation("dispatch.put_shifts")
    withdraw_shifts = mutation("dispatch.withdraw_shifts")
    put_qualification = mutation("dispatch.put_qualification")
    put_territory = mutation("dispatch.put_territory")
    put_rota = mutation("dispatch.put_rota")
    cover_duty = mutation("dispatch.cover_duty")
    withdraw_cover = mutation("dispatch.withdraw_cover")
    swap_duty = mutation("dispatch.swap_duty")
    confirm_handover = mutation("dispatch.confirm_handover")
    share_busy_times = mutation("dispatch.share_busy_times")
    withdraw_busy_times = mutation("dispatch.withdraw_busy_times")


@strawberry.type
class DayPlanMutations:
    """Days: planned, published, changed by hand."""

    plan_day = mutation("dayplans.plan")
    publish_day_plan = mutation("dayplans.publish")
    lock_visit = mutation("dayplans.lock_visit")
    move_visit = mutation("dayplans.move_visit")
    set_visit_terms = mutation("dayplans.set_visit_terms")


@strawberry.type
class FieldworkMutations:
    """Work in the field, and its evidence."""

    set_eta = mutation("fieldwork.set_eta")
    estimate_completion = mutation("fieldwork.estimate_completion")
    arrive = mutation("fieldwork.arrive")
    wait = mutation("fieldwork.wait")
    resume = mutation("fieldwork.resume")
    send_to_depot = mutation("fieldwork.send_to_depot")
    return_from_depot = mutation("fieldwork.return_from_depot")
    add_note = mutation("fieldwork.add_note")
    finish_job = mutation("fieldwork.finish")
    request_upload = call(uploads.request_upload, needs="fieldwork.evidence", options=True)
    confirm_upload = call(uploads.confirm_upload, needs="fieldwork.evidence", options=True)


@strawberry.type
class QualityMutations:
    """Acceptance."""

    check_quality = mutation("quality.check")
    sign = mutation("quality.sign")
    reject = mutation("quality.reject")
    condemn = mutation("quality.condemn")
    conclude = mutation("quality.conclude")
    archive = mutation("quality.archive")


@strawberry.type
class DeviceMutations:
    """The registry."""

    upsert_model = mutation("devices.upsert_model")
    upsert_device = mutation("devices.upsert_device")
    upsert_contract = mutation("devices.upsert_contract")
    print_stickers = call(stickers.print_stickers, needs="devices.manage", options=True)
    read_code = call(stickers.read_code, needs="read.devices")
    upsert_document = mutation("devices.upsert_document")
    withdraw_document = mutation("devices.withdraw_document")
    request_proof = call(uploads.request_proof, needs="devices.proofs", options=True)
    confirm_proof = call(uploads.confirm_proof, needs="devices.proofs", options=True)
    move_device = mutation("devices.move")
    set_departments = mutation("devices.set_departments")
    attach_device = mutation("devices.attach")
    detach_device = mutation("devices.detach")
    set_pool = mutation("devices.set_pool")
    retire_device = mutation("devices.retire")
    merge_devices = mutation("devices.merge")
    lend_device = mutation("tickets.lend_device")
    take_back_device = mutation("tickets.take_back_device")
    fit_part = mutation("tickets.fit_part")
    remove_part = mutation("tickets.remove_part")
    change_software = mutation("tickets.change_software")


@strawberry.type
class TenantMutations:
    """People, sessions, keys and agreements."""

    login = call(access.login, needs=ANYONE)
    refresh = call(access.refresh, needs=ANYONE)
    logout = call(access.logout, needs=ANYONE)
    make_link_code = call(access.make_code, needs="tenants.link")
    steward_hospital = mutation("tenants.steward")
    make_claim_code = mutation("tenants.make_claim_code")
    claim_hospital = call(access.claim_hospital, needs=ANYONE)
    revoke_session = mutation("tenants.revoke_session")
    revoke_sessions = mutation("tenants.revoke_sessions")
    unlink_member = mutation("tenants.unlink_member")
    upsert_agreement = mutation("tenants.upsert_agreement")
    end_agreement = mutation("tenants.end_agreement")
    upsert_member = mutation("tenants.upsert_member")
    suspend_member = mutation("tenants.suspend_member")
    restore_member = mutation("tenants.restore_member")
    set_password = mutation("tenants.set_password")
    upsert_partner = mutation("tenants.upsert_partner")
    upsert_place = mutation("tenants.upsert_place")
    set_policy = mutation("tenants.set_policy")
    upsert_calendar = mutation("tenants.upsert_calendar")
    create_api_key = mutation("tenants.create_api_key")
    revoke_api_key = mutation("tenants.revoke_api_key")
    export_audit = mutation("tenants.export_audit")


@strawberry.type
class Mutation(
    TicketMutations,
    DispatchMutations,
    PeopleMutations,
    DayPlanMutations,
    FieldworkMutations,
    QualityMutations,
    DeviceMutations,
    TenantMutations,
):
    """What can be changed. Every mutation runs one command."""
