"""Locked blobs: objects in S3 that nobody can change or remove before their time, whoever holds the store's keys."""

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from mendline.kernel.blobs import _client, answered
from mendline.kernel.settings import settings


@dataclass
class LockedBlob:
    """An object as it was stored first. versions: how often it was stored; what came later hides nothing."""

    key: str
    version: str
    stored_at: datetime
    versions: int = 1


async def put_locked(key: str, body: bytes, media_type: str, until: datetime) -> None:
    """Stores an object under object lock (compliance: not even the account's owner shortens it) until a moment.

    Storing the same key again changes nothing. Raises StoreAway.
    """

    def put() -> None:
        client = _client()
        try:
            client.put_object(
                Bucket=settings().s3_audit_bucket,
                Key=key,
                Body=body,
                ContentType=media_type,
                ChecksumSHA256=base64.b64encode(hashlib.sha256(body).digest()).decode(),
                IfNoneMatch="*",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
            )
        except client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 412:
                raise

    await answered(put)


async def list_locked(prefix: str) -> AsyncIterator[LockedBlob]:
    """The objects under a prefix, by key, those that a mark of deletion hides as well. Raises StoreAway."""
    pages = iter(_client().get_paginator("list_object_versions").paginate(
        Bucket=settings().s3_audit_bucket, Prefix=prefix
    ))  # fmt: skip
    blob: LockedBlob | None = None
    while (page := await answered(next, pages, None)) is not None:
        for found in page.get("Versions", ()):
            if blob is None or blob.key != found["Key"]:
                if blob is not None:
                    yield blob
                blob = LockedBlob(found["Key"], found["VersionId"], found["LastModified"])
                continue
            blob.versions += 1
            if found["LastModified"] <= blob.stored_at:  # S3 lists the newest first
                blob.version, blob.stored_at = found["VersionId"], found["LastModified"]
    if blob is not None:
        yield blob


async def get_locked(blob: LockedBlob) -> bytes:
    """The bytes that were stored first. Raises StoreAway."""

    def get() -> bytes:
        answer = _client().get_object(Bucket=settings().s3_audit_bucket, Key=blob.key, VersionId=blob.version)
        body: bytes = answer["Body"].read()
        return body

    return await answered(get)
