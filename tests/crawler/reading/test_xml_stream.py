from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from servers.site_server import Answer, site_server

from broadsheet.crawler.reading.xml_stream import elements, root_name, text_of


def texts(document: bytes) -> list[str]:
    return [text_of(element) for element in elements(document, ("t",), base_url="https://news.example/")]


def laughs() -> bytes:
    entities = [b'<!ENTITY l0 "ha">']
    entities += [b'<!ENTITY l%d "%b">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)]
    return b"<!DOCTYPE r [" + b"".join(entities) + b"]>"


# Made when the test runs: whoever only collects it would hold it all the same.
@pytest.mark.parametrize(
    "make",
    [
        lambda: laughs() + b"<r><t>&l9;</t></r>",
        lambda: laughs() + b"<r><t a='&l9;'>x</t></r>",
        lambda: b'<!DOCTYPE r [<!ENTITY a "' + b"a" * 100_000 + b'">]><r><t>' + b"&a;" * 20_000 + b"</t></r>",
        lambda: b"<r>" + b"<t>" * 200_000,
        lambda: b"<t " + b" ".join(b"a%d='1'" % number for number in range(20_000)) + b"/>",
        lambda: b"<r><t>" + b"x" * 20_000_000 + b"</t></r>",
    ],
    ids=[
        "billion laughs",
        "laughs in an attribute",
        "quadratic blowup",
        "deep nesting",
        "attributes",
        "long text",
    ],
)
def test_a_document_made_to_explode_takes_little_memory(make: Callable[[], bytes]) -> None:
    document = make()
    program = """
import resource, sys
from broadsheet.crawler.reading.xml_stream import elements, text_of
document = sys.stdin.buffer.read()
resource.setrlimit(resource.RLIMIT_DATA, (300 * 1024 * 1024,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
print(sum(len(text_of(element)) for element in elements(document, ("t",), base_url="")))
"""
    done = subprocess.run([sys.executable, "-c", program], input=document, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) <= len(document)


def test_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    document = (
        f'<!DOCTYPE r [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY % p SYSTEM "{secret.as_uri()}">%p;]>'
        '<r xmlns:x="http://www.w3.org/2001/XInclude"><t>&e;</t>'
        f'<t><x:include href="{secret.as_uri()}" parse="text"/></t></r>'
    )
    assert "secret" not in "".join(texts(document.encode())).replace("&e;", "")


def test_no_address_is_asked_for() -> None:
    with site_server({"/canary": Answer(b"<!ENTITY e 'sung'>")}) as site:
        canary = f"{site.url}/canary"
        document = (
            f'<!DOCTYPE r SYSTEM "{canary}" ['
            f'<!ENTITY e SYSTEM "{canary}"><!ENTITY % p SYSTEM "{canary}">%p;]>'
            f'<r xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="{canary} {canary}">'
            "<t>&e;</t></r>"
        )
        texts(document.encode())
        assert site.requests == []


def test_what_is_not_well_formed_is_read_as_far_as_it_makes_sense() -> None:
    assert texts(b"<r><t>one</t><t>two</u></t><t>three")[:2] == ["one", "two"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"\xef\xbb\xbf\n <?xml version='1.0'?><!-- <rss> --><!DOCTYPE rss><rss version='2.0'>", "rss"),
        (b"<atom:feed xmlns:atom='http://www.w3.org/2005/Atom'>", "feed"),
        ("<urlset>".encode("utf-16"), "urlset"),
        (b"<!DOCTYPE html><html>", "html"),
        (b'{"a": "<rss>"}', None),
        (b"", None),
    ],
)
def test_the_first_element_tells_what_a_document_is(body: bytes, name: str | None) -> None:
    assert root_name(body, None) == name
