"""Real pages with what is true of them, as files: `html/*.html.gz`, `truth/<set>/<id>.json`, `blocks_truth.json`."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

BODY_SETS = ("aeb", "aed", "fundus")
"""The sets that hold whole bodies."""

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:-]+)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.DOTALL)
# What browsers take these names for (WHATWG Encoding Standard, section 4.2).
_CHARSET_ALIASES = {"iso-8859-1": "windows-1252", "gb2312": "gb18030"}


class Parts(msgspec.Struct, frozen=True):
    """A body taken apart: lead, subheads and paragraphs."""

    summary: list[str] = []
    headlines: list[str] = []
    paragraphs: list[str] = []


class TruePage(msgspec.Struct, frozen=True):
    """One page and what is true of it; a field that is None was not judged."""

    id: str
    set: str
    html: str
    url: str
    lang: str | None = None
    title: str | None = None
    authors: list[str] | None = None
    date: str | None = None
    modified: str | None = None
    body: str | None = None
    dek: str | None = None
    parts: Parts | None = None
    captions: list[str] | None = None
    segments_with: list[str] | None = None
    segments_without: list[str] | None = None
    truth_suspect: Any = None

    @property
    def lead(self) -> str | None:
        """The standfirst, where the truth tells it apart."""
        return self.dek or ("\n".join(self.parts.summary) if self.parts else None) or None


class Box(msgspec.Struct, frozen=True):
    """A box beside or inside the text: its links, or its wording."""

    links: list[dict[str, str]] = []
    text: str = ""
    kind: str = ""


class BoxedPage(msgspec.Struct, frozen=True):
    """The boxes of one page."""

    id: str
    related: list[Box] = []
    grey: list[Box] = []
    not_related: list[Box] = []
    newsletter: list[Box] = []


class _Named(msgspec.Struct, frozen=True):
    id: str


class Boxes(msgspec.Struct, frozen=True):
    """All pages whose boxes were judged, and those known to ask for nothing."""

    pages: list[BoxedPage]
    newsletter_negatives: list[_Named]


class DataSet:
    """A folder of judged pages.

    Args:
        folder: Holds `truth/`, or a folder `dev` that does.

    Raises:
        FileNotFoundError: It holds neither.
    """

    def __init__(self, folder: Path) -> None:
        found = next((place for place in (folder, folder / "dev") if (place / "truth").is_dir()), None)
        if found is None:
            raise FileNotFoundError(f"{folder} holds no judged pages: neither truth/ nor dev/truth/ is there")
        self._folder = found

    def pages(self, sets: set[str] | None = None) -> Iterator[TruePage]:
        """The pages of the named sets, or of all, in order of their files."""
        for file in sorted((self._folder / "truth").glob("*/*.json")):
            if sets is None or file.parent.name in sets:
                yield msgspec.json.decode(file.read_bytes(), type=TruePage)

    def boxes(self) -> Boxes:
        """What was judged of related and asking boxes."""
        return msgspec.json.decode((self._folder / "blocks_truth.json").read_bytes(), type=Boxes)

    def html(self, page: TruePage) -> bytes:
        """The page as it was served."""
        return gzip.decompress((self._folder / page.html).read_bytes())


def decoded(html: bytes) -> str:
    """The page as text, by one rule for all libraries: byte order mark, UTF-8, stated charset, windows-1252."""
    text = html.decode("utf-16", "replace") if html.startswith((b"\xff\xfe", b"\xfe\xff")) else _decoded(html)
    return _XML_DECLARATION.sub("", text, count=1).replace("\x00", "")


def _decoded(html: bytes) -> str:
    try:
        return html.decode("utf-8-sig")
    except UnicodeDecodeError:
        stated = _CHARSET.search(html)
    charset = stated[1].decode("ascii").lower() if stated else "windows-1252"
    try:
        return html.decode(_CHARSET_ALIASES.get(charset, charset), "replace")
    except LookupError:
        return html.decode("windows-1252", "replace")
