"""Regulatory documents as the registry keeps them: a kind and a number, for a model, a unit or an organisation."""

from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from tortoise import fields

from mendline.kernel import Kind, Record, now, table

DocumentKind = Literal[
    "registration_certificate",
    "filing_certificate",
    "import_licence",
    "authorisation",
    "business_licence",
    "production_licence",
    "operating_licence",
    "verification_certificate",
    "type_approval",
    "radiation_licence",
    "other",
]
"""注册证, 备案凭证, 进口许可, 授权书, 营业执照, 生产许可证, 经营许可证, 检定证书, 型式批准证书, 放射诊疗许可证."""

KINDS: tuple[str, ...] = get_args(DocumentKind)


@table(
    Kind.OWN,
    references={"model_id": "device_model", "device_id": "device", "proof_id": "proof"},
    checks={
        "kind": f"kind IN {KINDS}",
        "subject": "num_nonnulls(model_id, device_id, organisation_id) > 0",
        "dates": "(expires_on IS NULL) = (ends_at IS NULL)",
    },
)
class RegulatoryDocument(Record):
    """One document, found again by its kind and number; it is for a model, a unit, an organisation, or several.

    An authorisation, say, names an organisation and the model that it may service. expires_on: the last day on which it
    holds, None: without end. ends_at: the moment after that day, by the organisation's own zone; lists are ordered by
    it. warned_days: how many days before the end people were last told. A document that was withdrawn, or replaced by
    another, is of the past and nobody is told of its end. proof_id: its scan, for the dates that it has now.
    """

    kind = fields.TextField()
    number = fields.TextField()
    title = fields.TextField(default="")
    issuer = fields.TextField(default="")
    model_id = fields.UUIDField(null=True)
    device_id = fields.UUIDField(null=True)
    organisation_id = fields.UUIDField(null=True)
    issued_on = fields.DateField(null=True)
    expires_on = fields.DateField(null=True)
    ends_at = fields.DatetimeField(null=True)
    warned_days = fields.IntField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)
    withdrawn_why = fields.TextField(null=True)
    replaced_by = fields.UUIDField(null=True)
    proof_id = fields.UUIDField(null=True)
    version = fields.BigIntField(default=1)
    recorded_at = fields.DatetimeField(default=now)

    class Meta:
        table = "regulatory_document"
        unique_together = (("tenant_id", "kind", "number"),)
        indexes = (
            ("tenant_id", "number"),
            ("tenant_id", "model_id"),
            ("tenant_id", "device_id"),
            ("tenant_id", "organisation_id"),
        )

    @property
    def in_force(self) -> bool:
        """Whether it is neither withdrawn nor replaced; it may have expired."""
        return self.withdrawn_at is None and self.replaced_by is None


def end_of(day: date | None, zone: str) -> datetime | None:
    """The moment after the last day on which something holds; None for what has no end."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
