"""What an S3 server's or botocore's error means: whether it may pass, what is wrong, what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, no subclass of the builtin
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from broadsheet.storage.errors import ArchiveDamagedError, ArchiveError, NoSuchObjectError, StoreError


class TooSlowError(Exception):
    """An attempt that was given up: its socket was alive, but its end was not in sight."""


FOREIGN_ERRORS = (BotoCoreError, ClientError, ResponseParserError, TooSlowError)
ForeignError = BotoCoreError | ClientError | ResponseParserError | TooSlowError

_LOST_CONNECTION = (HTTPClientError, ConnectionError, IncompleteReadError, ResponseParserError, TooSlowError)
# BadDigest: the body was damaged on its way. 409: two requests for one key met each other.
_TRANSIENT_CODES = {"BadDigest", "IncompleteBody", "RequestTimeout", "SlowDown"}
_TRANSIENT_STATUSES = {408, 409, 429}
_NOT_IMPLEMENTED = 501

_CHECK_CREDENTIALS = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile in AWS_PROFILE"
_CHECK_REGION = "set AWS_REGION to the region of the bucket"
_ADVICE = {
    "AccessDenied": "these credentials may not list the bucket; ask its owner",
    "AuthorizationHeaderMalformed": _CHECK_REGION,
    "ExpiredToken": "the session has ended; get new credentials",
    "InvalidAccessKeyId": _CHECK_CREDENTIALS,
    "InvalidBucketName": "check the bucket's name",
    "NoSuchBucket": "create the bucket, or check its name and AWS_ENDPOINT_URL_S3",
    "PermanentRedirect": _CHECK_REGION,
    "RequestTimeTooSkewed": "set the clock of this machine",
    "SignatureDoesNotMatch": _CHECK_CREDENTIALS,
}


def is_transient(error: ForeignError) -> bool:
    """Tell whether the same request may succeed later."""
    if not isinstance(error, ClientError):
        return isinstance(error, _LOST_CONNECTION) and not _is_not_trusted(error)
    answer = status(error)
    overloaded = answer >= 500 and answer != _NOT_IMPLEMENTED
    return overloaded or answer in _TRANSIENT_STATUSES or _code(error) in _TRANSIENT_CODES


def _is_not_trusted(error: ForeignError) -> bool:
    return isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def retry_after(error: ForeignError) -> float:
    """Return the seconds that the server asks to be left alone (RFC 9110 section 10.2.3); 0 if it does not."""
    if not isinstance(error, ClientError):
        return 0.0
    value = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after", "")
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0  # neither seconds nor a moment with its time zone


def status(error: ClientError) -> int:
    """Return the HTTP status of an answer, 0 where there is none."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def describe(error: Exception) -> str:
    """Return what happened, without a secret, in one line."""
    if isinstance(error, ClientError):
        message = error.response.get("Error", {}).get("Message", "")
        return f"{_code(error)} (HTTP {status(error)}) {message}".rstrip(" .")
    if isinstance(error, CredentialRetrievalError):
        return type(error).__name__  # its text is the output of somebody's program for getting secrets
    return " ".join(str(error).split()).rstrip(" .") or type(error).__name__


def advice(error: ForeignError) -> str:
    """Return what the user of an archive's address can do about an error."""
    if isinstance(error, ClientError):
        return _ADVICE.get(_code(error), "the server refuses; its log may say why")
    if _is_not_trusted(error):
        return "set AWS_CA_BUNDLE to the certificate of its authority"
    if isinstance(error, _LOST_CONNECTION):
        return "check that the server runs, and AWS_ENDPOINT_URL_S3"
    return "check the AWS environment variables and configuration files"


def translated(error: ForeignError, done: str, key: str, place: str) -> ArchiveError:
    """Return the error of ours for one that will not pass.

    Args:
        error: What botocore raised.
        done: What was to be done with the object: ``stored``, ``read``, ``listed``, ``deleted``.
        key: The object's key.
        place: The bucket, as messages name it.
    """
    if isinstance(error, ClientError):
        if _code(error) == "NoSuchKey" or (status(error) == 404 and _code(error) != "NoSuchBucket"):
            return NoSuchObjectError(f"there is no object {key} in {place}")
        if _code(error) == "InvalidRange" or status(error) == 416:
            return ArchiveDamagedError(f"{key} in {place} ends before the range that was asked for")
    return StoreError(f"{key} cannot be {done} in {place}: {describe(error)}")


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
