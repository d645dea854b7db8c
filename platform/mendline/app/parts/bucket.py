"""Makes the buckets, both with object lock: evidence, uploaded straight from a browser, and the audit's checkpoints.

Run as a module."""

import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mendline.kernel import Settings, settings

# Read at every start, so that "ready" means that stored evidence can be read again.
_PROBE = ".ready"
_BROWSERS = {
    "AllowedOrigins": ["*"],  # the signed address is the permission; it names object, size and checksum
    "AllowedMethods": ["GET", "HEAD", "PUT", "POST"],
    "AllowedHeaders": ["*"],
    "ExposeHeaders": ["ETag", "x-amz-version-id", "x-amz-checksum-sha256"],
    "MaxAgeSeconds": 3600,
}


def make_buckets(to: Settings, patience: float = 15) -> None:
    """Make the buckets named in the settings, unless they are there, and wait until evidence is stored and given back.

    Raises botocore's errors when it does not within `patience` seconds.
    """
    client = boto3.client(
        "s3",
        endpoint_url=to.s3_endpoint_url,
        aws_access_key_id=to.s3_access_key,
        aws_secret_access_key=to.s3_secret_key,
        region_name=to.s3_region,
        config=Config(signature_version="s3v4", retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
    )
    deadline = time.monotonic() + patience
    while True:
        try:
            present = {found["Name"] for found in client.list_buckets()["Buckets"]}
            if to.s3_bucket not in present:
                client.create_bucket(Bucket=to.s3_bucket, ObjectLockEnabledForBucket=True)
                client.put_bucket_cors(Bucket=to.s3_bucket, CORSConfiguration={"CORSRules": [_BROWSERS]})  # type: ignore[list-item]
            if to.s3_audit_bucket not in present:
                client.create_bucket(Bucket=to.s3_audit_bucket, ObjectLockEnabledForBucket=True)
            if "Contents" not in client.list_objects_v2(Bucket=to.s3_bucket, Prefix=_PROBE):
                client.put_object(Bucket=to.s3_bucket, Key=_PROBE, Body=b"ready")
            client.get_object(Bucket=to.s3_bucket, Key=_PROBE)["Body"].read()
            return
        except (BotoCoreError, ClientError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    make_buckets(settings())
