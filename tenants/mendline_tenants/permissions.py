"""Permissions: one row each, with the roles that hold it and the sentence for those who do not."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

ROLES = (
    "reporter",
    "ward_manager",
    "clinical_engineer",
    "service_desk",
    "dispatcher",
    "technician",
    "storekeeper",
    "quality",
    "analyst",
    "admin",
    "system",
)
"""The roles a member may hold; `system` is the organisation's own rules at work."""

_EVERYONE = ROLES
_WARD = ("reporter", "ward_manager")
_ENGINEERING = ("clinical_engineer", "service_desk", "dispatcher")


class Permission(NamedTuple):
    """Who may, and what the others are told."""

    roles: tuple[str, ...]
    refusal: Mapping[str, str]


def _row(roles: Iterable[str], zh: str, en: str) -> Permission:
    return Permission((*roles, "system"), {"zh": zh, "en": en})


PERMISSIONS: dict[str, Permission] = {
    # what one may read, by field group
    "read.progress": _row(_EVERYONE, "您不能查看工单进度。", "You may not see the progress of tickets."),
    "read.people": _row(
        ("reporter", "ward_manager", *_ENGINEERING, "technician", "quality", "admin"),
        "您不能查看联系人。请向管理员申请权限。",
        "You may not see who is involved. Ask an administrator for access.",
    ),
    "read.clinical": _row(
        (*_WARD, *_ENGINEERING, "technician", "quality"),
        "您不能查看临床信息。请向管理员申请权限。",
        "You may not see clinical details. Ask an administrator for access.",
    ),
    "read.quality": _row(
        (*_WARD, *_ENGINEERING, "technician", "quality", "analyst"),
        "您不能查看质量记录。请向管理员申请权限。",
        "You may not see quality records. Ask an administrator for access.",
    ),
    "read.commercial": _row(
        ("clinical_engineer", "service_desk", "dispatcher", "analyst", "admin"),
        "您不能查看商务信息。请向管理员申请权限。",
        "You may not see commercial details. Ask an administrator for access.",
    ),
    "read.messages": _row(
        (*_WARD, *_ENGINEERING, "technician", "quality", "admin"),
        "您不能查看消息。请向管理员申请权限。",
        "You may not see messages. Ask an administrator for access.",
    ),
    "read.vigilance": _row(
        ("clinical_engineer", "quality"),
        "警戒信息仅供质量人员查看。",
        "Vigilance details are for quality staff.",
    ),
    "read.devices": _row(_EVERYONE, "您不能查看设备台账。", "You may not see the device registry."),
    "read.members": _row(
        (*_WARD, *_ENGINEERING, "technician", "quality", "admin"),
        "您不能查看成员名单。请联系管理员。",
        "You may not see the list of members. Ask an administrator.",
    ),
    "read.audit": _row(
        ("quality", "admin", "clinical_engineer", "dispatcher"),
        "您不能查看审计记录。请联系管理员。",
        "You may not see the audit. Ask an administrator.",
    ),
    # intake and triage
    "tickets.report": _row(
        (*_WARD, *_ENGINEERING, "technician"), "您不能报修。请联系本科室护士长。", "You may not report a fault."
    ),
    "tickets.report_for": _row(
        ("service_desk", "dispatcher"),
        "代来电医院报修由服务台进行。",
        "Tickets for hospitals that call are opened by the service desk.",
    ),
    "tickets.update": _row(
        (*_WARD, *_ENGINEERING), "只有报修方可以更改报修内容。", "Only the reporting side may change a report."
    ),
    "tickets.triage": _row(
        _ENGINEERING, "受理研判由医学工程部或服务台进行。", "Triage is done by clinical engineering or a service desk."
    ),
    "tickets.quote": _row(
        ("service_desk", "dispatcher"),
        "报价由服务方的服务台或调度员提出。",
        "Quotations are made by the provider's service desk or dispatchers.",
    ),
    "tickets.answer_quotation": _row(
        ("clinical_engineer", "admin"),
        "报价由使用单位医学工程部或管理员审批。",
        "Quotations are answered by the user facility's clinical engineering or an administrator.",
    ),
    "tickets.expire_quotation": _row(
        (),
        "报价到期由系统自动处理，不能由人操作。",
        "Quotations expire by the system, never by a person.",
    ),
    "tickets.end_share": _row(
        (),
        "到期的共享由系统自动结束；要提前结束，请取消共享。",
        "A share ends by the system on its day; to end it before, unshare the ticket.",
    ),
    "tickets.comment": _row(
        (*_WARD, *_ENGINEERING, "technician", "quality"), "您不能在工单上留言。", "You may not write on tickets."
    ),
    "tickets.remind": _row(
        (*_WARD, "clinical_engineer"), "只有报修方可以催办。", "Only the reporting side may remind."
    ),
    "tickets.cancel": _row((*_WARD, *_ENGINEERING), "只有报修方可以撤销。", "Only the reporting side may cancel."),
    "tickets.share": _row(
        ("clinical_engineer", "admin"),
        "共享工单由使用单位医学工程部决定。",
        "Sharing is decided by the user facility's clinical engineering.",
    ),
    "tickets.rebase_clock": _row(
        ("clinical_engineer", "admin"),
        "时限重新起算须由使用单位医学工程部同意。",
        "A new base of a clock is agreed to by the user facility's clinical engineering.",
    ),
    "tickets.check_clocks": _row(
        (),
        "时限由系统自动核对，不能由人操作。",
        "Clocks are checked by the system, never by a person.",
    ),
    "tickets.teach": _row(
        ("admin",),
        "故障分类模型由管理员管理。",
        "Models of fault texts are managed by an administrator.",
    ),
    "tickets.keep_fault_model": _row(
        (),
        "故障分类模型由系统训练并保存，不能由人填写。",
        "Models of fault texts are learned and kept by the system, never by a person.",
    ),
    "tickets.import": _row(("admin",), "只有管理员可以导入。", "Only an administrator may import."),
    # dispatch
    "dispatch.offer": _row(
        ("dispatcher", "service_desk", "clinical_engineer"),
        "派单由调度员进行。",
        "Jobs are offered by a dispatcher.",
    ),
    "dispatch.answer": _row(
        ("technician", "clinical_engineer"), "只有技术人员可以接单。", "Only technicians take jobs."
    ),
    "dispatch.time_out": _row(
        (), "邀约到期由系统自动处理,不能由人操作。", "Offers run out by the clock, never by a person."
    ),
    "dispatch.people": _row(
        ("dispatcher", "admin"), "技术人员资料由调度员维护。", "Technicians' files are kept by dispatchers."
    ),
    "dispatch.own_time": _row(
        (*_WARD, *_ENGINEERING, "technician", "quality", "admin"),
        "您不能登记自己的状态、请假或替班。",
        "You may not tell your own readiness, absences or duties.",
    ),
    "dispatch.duty": _row(
        ("ward_manager", *_ENGINEERING, "admin"),
        "值班表由护士长、医学工程部、调度员或管理员维护。",
        "Duty rotas are kept by ward managers, clinical engineering, dispatchers or an administrator.",
    ),
    "dispatch.watch": _row(
        (),
        "这一步由系统定时执行，不能由人操作。",
        "This is done by the system when a time comes, never by a person.",
    ),
    "dispatch.plan": _row(
        ("dispatcher", "service_desk", "clinical_engineer"),
        "日程由调度员安排。",
        "Days are planned by a dispatcher.",
    ),
    "dispatch.keep_plan": _row(
        (),
        "日程由系统计算并保存，不能由人填写。",
        "Plans are made and kept by the system, never by a person.",
    ),
    # work in the field
    "fieldwork.work": _row(
        ("technician", "clinical_engineer"),
        "只有负责该工单的技术人员可以操作。",
        "Only the technician of this job may do that.",
    ),
    "fieldwork.expect": _row(
        (),
        "已发布日程的预计到达时间由系统写入。技术人员请使用“预计到达”。",
        "Arrivals of a published day are written by the system. Technicians set their own ETA.",
    ),
    "fieldwork.evidence": _row(
        (*_WARD, *_ENGINEERING, "technician", "quality"), "您不能添加证据。", "You may not add evidence."
    ),
    # acceptance
    "quality.sign": _row(
        ("ward_manager", "clinical_engineer", "quality"),
        "维修验收由护士长和医学工程部签署；病区共用账号不能签字。",
        "Acceptance is signed by the ward manager and clinical engineering; a shared account never signs.",
    ),
    "quality.archive": _row(
        ("clinical_engineer", "quality"), "归档由医学工程部进行。", "Archiving is done by clinical engineering."
    ),
    # the registry, people and keys
    "devices.manage": _row(
        ("clinical_engineer", "admin"), "设备台账由医学工程部维护。", "The registry is kept by clinical engineering."
    ),
    "devices.proofs": _row(
        ("clinical_engineer", "dispatcher", "admin"),
        "资质与证照的扫描件由医学工程部、调度员或管理员管理。",
        "Scans of certificates and licences are kept by clinical engineering, dispatchers or an administrator.",
    ),
    "devices.move": _row(
        ("ward_manager", "clinical_engineer", "technician", "admin"),
        "移动设备由护士长、医学工程部或技术人员登记。",
        "Devices are moved by the ward manager, clinical engineering or technicians.",
    ),
    "devices.lend": _row(
        ("clinical_engineer", "service_desk", "dispatcher", "technician", "admin"),
        "备用机与借用机由医学工程部或服务方登记借还。",
        "Spare units and loaners are handed out and taken back by clinical engineering or the service provider.",
    ),
    "devices.service": _row(
        ("clinical_engineer", "technician", "admin"),
        "更换部件与软件由维修人员登记。",
        "Parts and software are recorded by who works on the device.",
    ),
    "tenants.manage": _row(("admin",), "只有管理员可以更改组织设置。", "Only an administrator may change this."),
    "tenants.operate": _row(
        (), "这由系统运营方设定。请联系运营方。", "The operator of this system sets this. Ask them."
    ),
    "tenants.keep": _row(
        ("admin",), "地点与合作单位由管理员维护。", "Places and partners are kept by an administrator."
    ),
    "tenants.export": _row(
        ("quality", "admin"),
        "审计记录由管理员或质量人员导出。",
        "The audit is exported by an administrator or quality staff.",
    ),
    "tenants.calendars": _row(
        ("clinical_engineer", "dispatcher", "admin"),
        "服务日历由医学工程部、调度员或管理员维护。",
        "Service calendars are kept by clinical engineering, dispatchers or an administrator.",
    ),
    "tenants.agree": _row(
        ("clinical_engineer", "admin"),
        "服务协议由医学工程部或管理员维护。",
        "Agreements are kept by clinical engineering or an administrator.",
    ),
    "tenants.book": _row(
        (),
        "本单位的账簿由系统自动记录，不能由人填写。",
        "What others share with the organisation is written into its book by the system, never by a person.",
    ),
    "tenants.steward": _row(
        ("service_desk", "admin"),
        "代管医院由服务台或管理员进行。",
        "Hospitals are kept for others by the service desk or an administrator.",
    ),
    "tenants.hand_over": _row(
        (),
        "只有代管方才能交接由其代管的医院。",
        "Only the steward of a hospital hands it over.",
    ),
    "tenants.errand": _row(
        (),
        "这一步由系统应另一单位的请求执行，不能由人直接操作。",
        "This is done by the system when another organisation asks for it, never by a person.",
    ),
    "tenants.self": _row(_EVERYONE, "您不能更改自己的账号。", "You may not change your own account."),
    "tenants.link": _row(_EVERYONE, "您不能绑定聊天账号。", "You may not link a chat account."),
}
"""Every permission by name. Default deny: what is not here nobody may do."""


STEWARDS = frozenset(
    {
        "read.progress",
        "read.people",
        "read.clinical",
        "read.quality",
        "read.commercial",
        "read.messages",
        "read.devices",
        "read.audit",
        "tickets.report",
        "tickets.update",
        "tickets.comment",
        "tickets.remind",
        "tickets.cancel",
        "devices.manage",
        "tenants.keep",
        "tenants.calendars",
        "tenants.agree",
        "tenants.hand_over",
    }
)
"""What a steward may do in the name of a hospital that nobody has claimed yet (decision 0014).

It keeps the registry and speaks for callers. It never decides for the hospital: no triage, no answer to a quotation or
to a subcontract, no sharing, no signature, no members, policies or keys.
"""


@cache
def permissions_of(roles: tuple[str, ...]) -> frozenset[str]:
    """All that these roles may do."""
    return frozenset(name for name, row in PERMISSIONS.items() if set(roles) & set(row.roles))


def refusal(permission: str) -> Mapping[str, str]:
    """What a person without the permission is told, {zh, en}."""
    return PERMISSIONS[permission].refusal
