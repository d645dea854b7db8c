"""Blobs: files in S3, uploaded straight from the client with size and checksum enforced by the store."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote

from mendline.kernel.errors import DomainError
from mendline.kernel.settings import settings

T = TypeVar("T")

UPLOAD_SECONDS = 900
DOWNLOAD_SECONDS = 300


class StoreAway(Exception):
    """The store does not answer, or says that it cannot now: try again later."""


@dataclass(frozen=True)
class Upload:
    """Where and how to PUT a file: the URL and the headers that must be sent as they are."""

    url: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Blob:
    """A stored file as S3 tells of it: bytes, media type, SHA-256 in hex."""

    key: str
    size: int
    media_type: str
    sha256: str


@cache
def _client() -> Any:
    import boto3  # noqa: PLC0415 - half a second and 30 MB that only processes with files pay
    from botocore.config import Config  # noqa: PLC0415

    chosen = settings()
    return boto3.client(
        "s3",
        endpoint_url=chosen.s3_endpoint_url,
        aws_access_key_id=chosen.s3_access_key,
        aws_secret_access_key=chosen.s3_secret_key,
        region_name=chosen.s3_region,
        config=Config(
            s3={"addressing_style": "path"},
            signature_version="s3v4",
            retries={"max_attempts": 4, "mode": "standard"},
            connect_timeout=5,
            read_timeout=30,
        ),
    )


def presign_upload(key: str, size: int, media_type: str, sha256: str) -> Upload:
    """A URL for one PUT of exactly these bytes; S3 refuses another size or another content.

    size in bytes; sha256 in hex. Raises DomainError evidence_too_large over the limit of the settings.
    """
    limit = settings().evidence_limit_bytes
    if not 0 < size <= limit:
        raise DomainError("evidence_too_large", size=size, limit=limit, limit_mb=limit // (1024 * 1024))
    checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
    url = _client().generate_presigned_url(
        "put_object",
        Params={
            "Bucket": settings().s3_bucket,
            "Key": key,
            "ContentType": media_type,
            "ContentLength": size,
            "ChecksumSHA256": checksum,
            "IfNoneMatch": "*",
        },
        ExpiresIn=UPLOAD_SECONDS,
    )
    return Upload(
        url,
        {
            "Content-Type": media_type,
            "Content-Length": str(size),
            "x-amz-checksum-sha256": checksum,
            "If-None-Match": "*",
        },
    )


def presign_download(key: str, filename: str) -> str:
    """A URL that shows the file for five minutes."""
    url: str = _client().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings().s3_bucket,
            "Key": key,
            # RFC 6266: a name as it was typed could end the header's value, or be none of its characters.
            "ResponseContentDisposition": f"inline; filename*=UTF-8''{quote(filename, safe='')}",
        },
        ExpiresIn=DOWNLOAD_SECONDS,
    )
    return url


async def put_blob(key: str, body: bytes, media_type: str, sha256: str) -> None:
    """Stores a file we hold ourselves (a photo from chat); storing the same key again changes nothing.

    Raises StoreAway.
    """
    checksum = base64.b64encode(bytes.fromhex(sha256)).decode()

    def put() -> None:
        try:
            _client().put_object(
                Bucket=settings().s3_bucket,
                Key=key,
                Body=body,
                ContentType=media_type,
                ChecksumSHA256=checksum,
                IfNoneMatch="*",
            )
        except _client().exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 412:
                raise

    await answered(put)


async def put_file(key: str, file: BinaryIO, media_type: str) -> None:
    """Stores a file of any size, part after part, in place of what was there. Raises StoreAway."""
    await answered(_client().upload_fileobj, file, settings().s3_bucket, key, {"ContentType": media_type})


async def answered(call: Callable[..., T], *arguments: Any) -> T:
    """What a call to the store answers, made in a thread. Raises StoreAway."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: PLC0415, A004 - see _client

    try:
        return await asyncio.to_thread(call, *arguments)
    except (ConnectionError, HTTPClientError) as error:
        raise StoreAway(str(error)) from error
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise StoreAway(str(error)) from error
        raise


async def stat_blob(key: str) -> Blob | None:
    """What S3 knows of a file, or None when it was never uploaded. Raises StoreAway."""

    def head() -> Blob | None:
        try:
            found = _client().head_object(Bucket=settings().s3_bucket, Key=key, ChecksumMode="ENABLED")
        except _client().exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise
        checksum = base64.b64decode(found.get("ChecksumSHA256", "")).hex()
        return Blob(key, found["ContentLength"], found["ContentType"], checksum)

    return await answered(head)


async def get_blob(key: str) -> bytes:
    """The bytes of a file. Raises StoreAway."""

    def get() -> bytes:
        body: bytes = _client().get_object(Bucket=settings().s3_bucket, Key=key)["Body"].read()
        return body

    return await answered(get)
