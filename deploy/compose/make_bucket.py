"""Make the bucket of the archive, if it is not there yet, and say who may do what in it.

``python make_bucket.py NAME POLICY``, with the credentials of an administrator.
"""

from __future__ import annotations

import sys
from pathlib import Path

import boto3


def main() -> None:
    """Make the bucket that the command line names, with the policy in the file that it names."""
    name, policy = sys.argv[1:]
    client = boto3.client("s3")
    if name not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=name)
    client.put_bucket_policy(Bucket=name, Policy=Path(policy).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
