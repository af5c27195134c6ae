"""One defect in one record of a segment: a checker of segments notices each, digests of whole files aside."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

import pytest
from archiving.writer import Writer, answers, shows

from broadsheet.storage.errors import RecordError
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.conformance import SegmentConformance
from broadsheet.storage.stores.folder import FolderStore

URL = "https://news.example/a"
Members = list[bytes]  # the records of a segment, each as it is in an uncompressed file


class Sound(NamedTuple):
    """A segment: warcinfo, a response, its request and metadata, a revisit of each kind with their requests."""

    filename: str
    records: Members


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    directory = tmp_path_factory.mktemp("sound")
    writer = Writer(FolderStore(directory / "archive"), directory / "local")
    writer.publish(shows(URL, 0, "one"))
    visit = shows(f"{URL}/b", 1, "other")
    visits = [visit, answers(URL, 2, "304 Not Modified"), shows(URL, 3, "one")]
    batch, _ = writer.record(*visits)
    data = batch.segment.read_bytes()
    records = [gzip.decompress(data[start : start + size]) for start, size, _ in warc.iterate(batch.segment)]
    return Sound(f"{batch.name}.warc.gz", records)


def defects(members: Members, filename: str) -> list[str]:
    """What is found in the gzip members of a file."""
    conformance = SegmentConformance(filename)
    try:
        found = [what for member in warc.members(io.BytesIO(b"".join(members))) for what in conformance.check(member)]
    except RecordError as error:
        return [str(error)]
    return [*found, *conformance.finish()]


def compressed(records: Members) -> Members:
    return [zlib.compress(record, 9, wbits=31) for record in records]


INFO, RESPONSE, REQUEST, UNMODIFIED, _, SAME, LAST = range(7)


def replacing(number: int, pattern: bytes, by: bytes) -> Callable[[Members], Members]:
    def mutate(records: Members) -> Members:
        changed, count = re.subn(pattern, by, records[number], count=1, flags=re.DOTALL)
        assert count == 1
        return compressed([*records[:number], changed, *records[number + 1 :]])

    return mutate


def ordered(*numbers: int) -> Callable[[Members], Members]:
    return lambda records: compressed([records[number] for number in numbers])


def bytewise(number: int, change: Callable[[bytes], bytes]) -> Callable[[Members], Members]:
    def mutate(records: Members) -> Members:
        members = compressed(records)
        return [*members[:number], change(members[number]), *members[number + 1 :]]

    return mutate


def flipping(place: int, bit: int = 0) -> Callable[[Members], Members]:
    def flip(member: bytes) -> bytes:
        changed = bytearray(member)
        changed[place] ^= 1 << bit
        return bytes(changed)

    return bytewise(RESPONSE, flip)


def without(number: int, field: bytes) -> Callable[[Members], Members]:
    return replacing(number, rb"\r\n" + field + rb": [^\r]*", b"")


def twice(number: int, field: bytes) -> Callable[[Members], Members]:
    return replacing(number, rb"(\r\n" + field + rb": [^\r]*)", rb"\1\1")


def as_one_member(records: Members) -> Members:
    return [zlib.compress(b"".join(records), 9, wbits=31)]


def in_two_members(number: int) -> Callable[[Members], Members]:
    return lambda records: compressed(
        [*records[:number], records[number][:100], records[number][100:], *records[number + 1 :]]
    )


ID = rb"(WARC-Record-ID: <urn:uuid:)"
MUTANTS: dict[str, Callable[[Members], Members]] = {
    # The version, the lines of the head
    "version 1.0": replacing(RESPONSE, rb"^WARC/1\.1", b"WARC/1.0"),
    "version 1.2": replacing(RESPONSE, rb"^WARC/1\.1", b"WARC/1.2"),
    "version in lower case": replacing(RESPONSE, rb"^WARC", b"warc"),
    "no version line": replacing(RESPONSE, rb"^WARC/1\.1\r\n", b""),
    "version line ends in LF": replacing(RESPONSE, rb"^WARC/1\.1\r\n", b"WARC/1.1\n"),
    "a blank before the version": replacing(RESPONSE, rb"^", b" "),
    "a line of the head ends in LF": replacing(RESPONSE, rb"\r\nWARC-Record-ID", b"\nWARC-Record-ID"),
    "a field without a colon": replacing(RESPONSE, rb"WARC-Record-ID:", b"WARC-Record-ID"),
    "a field with a blank before the colon": replacing(RESPONSE, rb"WARC-Date:", b"WARC-Date :"),
    "a field without a blank behind the colon": replacing(RESPONSE, rb"WARC-Type: ", b"WARC-Type:"),
    "a field without a value": replacing(RESPONSE, rb"WARC-IP-Address: [^\r]*", b"WARC-IP-Address: "),
    "a field name with a bracket": replacing(RESPONSE, rb"WARC-IP-Address:", b"WARC-IP(Address:"),
    "a folded line": replacing(RESPONSE, rb"WARC-Type: ", b"WARC-Type:\r\n "),
    "a control character in a field": replacing(RESPONSE, rb"WARC-IP-Address: ", b"WARC-IP-Address: \x07"),
    "no blank line behind the head": replacing(RESPONSE, rb"\r\n\r\nHTTP", b"\r\nHTTP"),
    # What every record has
    **{
        f"no {field.decode()}": without(RESPONSE, field)
        for field in (b"WARC-Type", b"WARC-Record-ID", b"WARC-Date", b"Content-Length", b"Content-Type")
    },
    **{
        f"two of {field.decode()}": twice(RESPONSE, field)
        for field in (b"WARC-Type", b"WARC-Record-ID", b"WARC-Date", b"Content-Length", b"WARC-Target-URI")
    },
    "an unknown type": replacing(RESPONSE, rb"WARC-Type: response", b"WARC-Type: answer"),
    "a type in upper case": replacing(RESPONSE, rb"WARC-Type: response", b"WARC-Type: RESPONSE"),
    "a response that calls itself a resource": replacing(RESPONSE, rb"WARC-Type: response", b"WARC-Type: resource"),
    "an id without brackets": replacing(RESPONSE, rb"WARC-Record-ID: <([^>]*)>", rb"WARC-Record-ID: \1"),
    "an id that is no URI": replacing(RESPONSE, rb"WARC-Record-ID: <urn:uuid:", b"WARC-Record-ID: <"),
    "an id with a blank": replacing(RESPONSE, ID, rb"\1 "),
    # Dates
    "a date without a zone": replacing(RESPONSE, rb"(WARC-Date: [^Z]*)Z", rb"\1"),
    "a date with an offset": replacing(RESPONSE, rb"(WARC-Date: [^Z]*)Z", rb"\1+00:00"),
    "a date with a blank for the T": replacing(RESPONSE, rb"(WARC-Date: .{10})T", rb"\1 "),
    "a date without a time": replacing(RESPONSE, rb"(WARC-Date: .{10})[^\r]*", rb"\1"),
    "a date of 14 digits": replacing(RESPONSE, rb"WARC-Date: [^\r]*", b"WARC-Date: 20261122120100"),
    "a date in the 13th month": replacing(RESPONSE, rb"WARC-Date: 2026-11", b"WARC-Date: 2026-13"),
    "a date of HTTP": replacing(RESPONSE, rb"WARC-Date: [^\r]*", b"WARC-Date: Sun, 22 Nov 2026 12:01:00 GMT"),
    "a request of another date": replacing(REQUEST, rb"WARC-Date: 2026", b"WARC-Date: 2025"),
    # Lengths and the block
    "a length that is too small": replacing(RESPONSE, rb"Content-Length: \d+", b"Content-Length: 99"),
    "a length of ten times as much": replacing(RESPONSE, rb"(Content-Length: \d+)", rb"\g<1>0"),
    "a negative length": replacing(RESPONSE, rb"Content-Length: ", b"Content-Length: -"),
    "a length with a sign": replacing(RESPONSE, rb"Content-Length: ", b"Content-Length: +"),
    "a length with a leading zero": replacing(RESPONSE, rb"Content-Length: ", b"Content-Length: 0"),
    "no blank lines behind the block": replacing(RESPONSE, rb"\r\n\r\n\Z", b""),
    "one blank line behind the block": replacing(RESPONSE, rb"\r\n\r\n\Z", b"\r\n"),
    "three blank lines behind the block": replacing(RESPONSE, rb"\Z", b"\r\n"),
    "LF behind the block": replacing(RESPONSE, rb"\r\n\r\n\Z", b"\n\n\n\n"),
    "another byte in the block": replacing(RESPONSE, rb"<p>other", b"<p>Other"),
    "a byte less in the block": replacing(RESPONSE, rb"<p>other", b"<p>othe"),
    "a byte more in the block": replacing(RESPONSE, rb"<p>other", b"<p>otherr"),
    "the block of another record": replacing(REQUEST, rb"GET / HTTP", b"PUT / HTTP"),
    # Digests
    "another block digest": replacing(RESPONSE, rb"(WARC-Block-Digest: sha256:)....", rb"\g<1>0000"),
    "another payload digest": replacing(RESPONSE, rb"(WARC-Payload-Digest: sha256:)....", rb"\g<1>0000"),
    "no block digest": without(RESPONSE, b"WARC-Block-Digest"),
    "no payload digest": without(RESPONSE, b"WARC-Payload-Digest"),
    "a digest that is cut off": replacing(RESPONSE, rb"(WARC-Block-Digest: [^\r]*)..\r", rb"\1\r"),
    "a digest without its algorithm": replacing(RESPONSE, rb"(WARC-Block-Digest: )sha256:", rb"\1"),
    "a digest of another algorithm": replacing(RESPONSE, rb"(WARC-Block-Digest: )sha256", rb"\1sha1"),
    "a digest in upper case": replacing(RESPONSE, rb"WARC-Block-Digest: sha256", b"WARC-Block-Digest: SHA256"),
    # Targets, addresses, media types
    "no target": without(RESPONSE, b"WARC-Target-URI"),
    "a target in brackets": replacing(RESPONSE, rb"(WARC-Target-URI: )([^\r]*)", rb"\1<\2>"),
    "a relative target": replacing(RESPONSE, rb"(WARC-Target-URI: )https://news.example", rb"\1"),
    "a target with a blank": replacing(RESPONSE, rb"(WARC-Target-URI: [^\r]*)", rb"\1 x"),
    "a target with a fragment": replacing(RESPONSE, rb"(WARC-Target-URI: [^\r]*)", rb"\1#top"),
    "a request for another target": replacing(REQUEST, rb"(WARC-Target-URI: [^\r]*)", rb"\1x"),
    "no address": replacing(RESPONSE, rb"WARC-IP-Address: [^\r]*", b"WARC-IP-Address: unknown"),
    "an address with a port": replacing(RESPONSE, rb"(WARC-IP-Address: [^\r]*)", rb"\1:443"),
    "the media type of the page": replacing(RESPONSE, rb"(\r\nContent-Type: )application[^\r]*", rb"\1text/html"),
    "the media type of a request": replacing(RESPONSE, rb"msgtype=response", b"msgtype=request"),
    "a request with the media type of a response": replacing(REQUEST, rb"msgtype=request", b"msgtype=response"),
    "truncated for a reason of its own": replacing(RESPONSE, rb"\r\nWARC-IP", b"\r\nWARC-Truncated: yes\r\nWARC-IP"),
    # Links between records
    "a warcinfo id of nobody": replacing(RESPONSE, rb"(WARC-Warcinfo-ID: <urn:uuid:)....", rb"\g<1>0000"),
    "no warcinfo id": without(RESPONSE, b"WARC-Warcinfo-ID"),
    "a request of nobody": replacing(REQUEST, rb"(WARC-Concurrent-To: <urn:uuid:)....", rb"\g<1>0000"),
    "the request of another": lambda records: compressed(
        [*records[:REQUEST], records[LAST], *records[UNMODIFIED:LAST], records[REQUEST]]
    ),
    "a request that links to nothing": without(REQUEST, b"WARC-Concurrent-To"),
    # Revisits
    "no profile": without(SAME, b"WARC-Profile"),
    "a profile of nobody": replacing(SAME, rb"(WARC-Profile: http://)netpreserve", rb"\1example"),
    "the other profile": replacing(SAME, rb"identical-payload-digest", b"server-not-modified"),
    "the other profile of a 304": replacing(UNMODIFIED, rb"server-not-modified", b"identical-payload-digest"),
    "a 304 without its head": without(UNMODIFIED, b"Broadsheet-Response-Head"),
    "a revisit of nothing": without(SAME, b"WARC-Refers-To"),
    "a revisit of no address": without(SAME, b"WARC-Refers-To-Target-URI"),
    "a revisit of no date": without(SAME, b"WARC-Refers-To-Date"),
    "a revisit of no payload": without(SAME, b"WARC-Payload-Digest"),
    "a revisit that is cut off in its head": replacing(SAME, rb"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK \n"),
    # The file: records and members
    "no warcinfo record": ordered(RESPONSE, REQUEST, UNMODIFIED, 4, SAME, LAST),
    "the warcinfo record is the last": ordered(RESPONSE, REQUEST, UNMODIFIED, 4, SAME, LAST, INFO),
    "two warcinfo records": lambda records: compressed(
        [records[INFO], records[INFO].replace(b"urn:uuid:", b"urn:uuid:0"), *records[1:]]
    ),
    "the name of another file": replacing(INFO, rb"(WARC-Filename: )\d", rb"\g<1>9"),
    "a record twice": ordered(INFO, RESPONSE, REQUEST, RESPONSE, REQUEST, UNMODIFIED, 4, SAME, LAST),
    "no request": ordered(INFO, RESPONSE, UNMODIFIED, 4, SAME, LAST),
    "no request at the end": ordered(INFO, RESPONSE, REQUEST, UNMODIFIED, 4, SAME),
    "a request before its response": ordered(INFO, REQUEST, RESPONSE, UNMODIFIED, 4, SAME, LAST),
    "requests that are exchanged": ordered(INFO, RESPONSE, 4, UNMODIFIED, REQUEST, SAME, LAST),
    "all records in one member": as_one_member,
    "a record in two members": in_two_members(RESPONSE),
    "an empty member": bytewise(RESPONSE, lambda member: zlib.compress(b"", 9, wbits=31) + member),
    "a record that is not compressed": lambda records: [*compressed(records[:-1]), records[-1]],
    "a member of zlib": lambda records: [*compressed(records[:-1]), zlib.compress(records[-1])],
    "bytes between members": bytewise(RESPONSE, lambda member: member + b"\0\0"),
    "bytes behind the last member": bytewise(LAST, lambda member: member + b"\0"),
    "the last member is cut off": bytewise(LAST, lambda member: member[:-3]),
    "the last member ends before its checksum": bytewise(LAST, lambda member: member[:-8]),
    "a member in the middle is cut off": bytewise(RESPONSE, lambda member: member[:-20]),
    "a member begins with another byte": bytewise(RESPONSE, lambda member: member[1:]),
    "another checksum": flipping(-8),
    "another length behind the checksum": flipping(-4),
    "a length of another 16 MiB": flipping(-1),
    "the flag of a text": flipping(3, 0),
    "the flag of a checksum of the header": flipping(3, 1),
    "the flag of further fields": flipping(3, 2),
    "the flag of a name": flipping(3, 3),
    "the flag of a comment": flipping(3, 4),
    "a reserved flag": flipping(3, 7),
    "another method of compression": flipping(2),
    "a time in the gzip header": flipping(5),
    "another magic number": flipping(0),
}


def test_a_sound_segment_has_no_defects(sound: Sound) -> None:
    assert defects(compressed(sound.records), sound.filename) == []
    assert [record.split(b"\r\n")[1] for record in sound.records] == [
        b"WARC-Type: warcinfo",
        *[b"WARC-Type: response", b"WARC-Type: request"],
        *[b"WARC-Type: revisit", b"WARC-Type: request"] * 2,
    ]


@pytest.mark.parametrize("mutant", MUTANTS)
def test_one_defect_is_noticed(sound: Sound, mutant: str) -> None:
    mutated = MUTANTS[mutant](sound.records)
    assert mutated != compressed(sound.records)
    assert defects(mutated, sound.filename)
