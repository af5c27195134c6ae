"""How tests reach an S3 server of their own: endpoint, credentials, buckets."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PROBE = "is-it-ready"


class S3Access:
    """The way to one server.

    Attributes:
        endpoint: The URL of the S3 service.
        access_key: The access key of its administrator.
        secret_key: The secret of that key.
    """

    def __init__(self, endpoint: str, access_key: str, secret_key: str) -> None:
        self.endpoint = endpoint
        self.access_key = access_key
        self.secret_key = secret_key

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to open archives on this server, and nothing else of AWS."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": "us-east-1",
            # Whatever the machine has set up for AWS must not leak into a test.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }

    def uri(self, bucket: str, prefix: str = "") -> str:
        """Return the address of an archive on this server, for processes with its `environment`."""
        return f"s3://{bucket}/{prefix}".rstrip("/")

    def make_bucket(self, name: str | None = None) -> str:
        """Create an empty bucket and return its name."""
        bucket = name or f"bucket-{secrets.token_hex(6)}"
        self.client.create_bucket(Bucket=bucket)
        return bucket

    @property
    def is_storing(self) -> bool:
        """Whether the server takes an object and gives it back."""
        try:
            with contextlib.suppress(self.client.exceptions.BucketAlreadyOwnedByYou):
                self.client.create_bucket(Bucket=_PROBE)
            self.client.put_object(Bucket=_PROBE, Key="probe", Body=b"stored")
            return self.client.get_object(Bucket=_PROBE, Key="probe")["Body"].read() == b"stored"
        except (BotoCoreError, ClientError):
            return False

    @functools.cached_property
    def client(self) -> S3Client:
        """A plain boto3 client, to look at the server behind the back of what is tested."""
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(
                s3={"addressing_style": "path"},
                proxies={},
                connect_timeout=2,
                read_timeout=30,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
