"""A boto3 client with the settings that every S3-compatible server can live with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from broadsheet.storage.errors import ArchiveAddressError
from broadsheet.storage.stores.s3.failures import FOREIGN_ERRORS, describe

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DEFAULT_REGION = "us-east-1"


def connect(*, connections: int) -> S3Client:
    """Return a client that threads may share; it connects at its first request.

    Args:
        connections: How many connections it keeps.

    Raises:
        ArchiveAddressError: There are no credentials, or the configuration is invalid.
    """
    try:
        session = boto3.session.Session()
        if session.get_credentials() is None:
            raise ArchiveAddressError(
                "there are no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            )
        client = session.client("s3", config=_configuration(session, connections))
    except (*FOREIGN_ERRORS, ValueError) as error:  # an invalid endpoint is a plain ValueError of botocore
        raise ArchiveAddressError(f"S3 is not set up: {describe(error)}") from error
    endpoint = urlsplit(client.meta.endpoint_url)
    if endpoint.username or endpoint.password:
        raise ArchiveAddressError("the S3 endpoint's URL holds credentials: take them out of it")
    return client


def _configuration(session: boto3.session.Session, connections: int) -> Config:
    return Config(
        # boto3 itself looks at AWS_DEFAULT_REGION and the configuration file only.
        region_name=os.environ.get("AWS_REGION") or session.region_name or _DEFAULT_REGION,
        # A host name for every bucket on AWS; at an endpoint that was set, the bucket stands in the path.
        s3={"addressing_style": "auto"},
        retries={"mode": "standard", "total_max_attempts": 1},  # `Attempts` repeats
        connect_timeout=5,
        read_timeout=30,
        tcp_keepalive=True,
        max_pool_connections=connections,
        # By default, bodies go out over TLS in a framing that some servers refuse and others store.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
