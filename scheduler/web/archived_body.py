"""An archived HTTP response as it is replayed: its head, and its body as a reader saw it."""

from __future__ import annotations

from broadsheet.scheduler.web import shown
from broadsheet.storage.errors import MessageError, TooLargeError
from broadsheet.storage.http.codings import DEFAULT_LIMIT
from broadsheet.storage.http.messages import Headers, decoded_body, parse_response


class ArchivedBody:
    """An archived response.

    Args:
        response: As it was on the wire.
        longest: The most bytes that its body may have without its codings.

    Attributes:
        status: Its status.
        headers: Its header fields.
        content_type: What it says of the type of its body, or what is downloaded only.
        body: Its body without its codings. One that is too long without them keeps them, and has no type.

    Raises:
        MessageError: It is no HTTP response.
        TooLargeError: The body is too long, and not what is the most for all.
    """

    def __init__(self, response: bytes, longest: int) -> None:
        message = parse_response(response)
        self.status = message.status
        self.headers: Headers = message.headers
        self.content_type = message.header("content-type") or ""
        self.location = message.header("location")
        try:
            self.body = decoded_body(message, limit=longest)
        except MessageError as error:
            if longest < DEFAULT_LIMIT:
                raise TooLargeError(str(error)) from error
            self.body, self.content_type = response[message.body_offset :], shown.NOT_SHOWN
