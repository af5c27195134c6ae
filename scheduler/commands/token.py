"""`broadsheet token NAME`: a new token for the HTTP API of the service."""

from __future__ import annotations

import click

from broadsheet.scheduler.options import json_option
from broadsheet.scheduler.output import console, print_json
from broadsheet.scheduler.tokens import SCOPES, Scope, make


@click.command("token")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default="crawl",
    show_default=True,
    help="read: read where that needs a token; crawl: also ask for crawls of the sources; admin: of any address.",
)
@json_option
def command(name: str, scope: Scope, *, as_json: bool) -> None:
    """Make a token for NAME, and print it with its line for the tokens file of the service.

    The token is shown this once; the line holds its SHA-256 digest. The service reads the file again when it changes:
    to withdraw a token, delete its line.
    """
    try:
        token, line = make(name, scope)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json({"name": name, "scope": scope, "token": token, "line": line})
        return
    console().print(f"token, to be sent as `Authorization: Bearer ...`:\n  {token}", soft_wrap=True)
    console().print(f"line for the tokens file:\n  {line}", soft_wrap=True)
