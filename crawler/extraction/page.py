"""A page: its bytes decoded once and parsed once, for all readers to share."""

from __future__ import annotations

import re
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from broadsheet.crawler.extraction.encoding import decode, is_utf8
from broadsheet.crawler.extraction.lines import Line, read_lines
from broadsheet.crawler.extraction.parser_limits import cut_attributes, flatten

# XML 1.0, section 2.2: characters that no tree can hold. lxml's parser lets them through and fails later, when a
# text with one of them is moved. A form feed is white space to HTML.
_CONTROL_CHARACTERS = bytes((*range(9), 11, *range(14, 32), 127))
_FORM_FEED_AS_SPACE = bytes.maketrans(b"\x0c", b" ")
_NONCHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_UNHELD_REFERENCE = re.compile(
    rb"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|65534|65535)(?!\d)"
    rb"|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]|[fF]{3}[eEfF]|[dD][89a-fA-F][0-9a-fA-F]{2})(?![0-9a-fA-F]));?"
)
_MARKUP_PREFIX = 65536
_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|title|meta|div|p|a|h[1-6]|article|table|span)\b", re.IGNORECASE
)
# Every element is a plain one. lxml.html's own look-up asks Python for the class of each element each time it is met;
# what it gives forms and fields besides is not used.
_ELEMENT_CLASSES = etree.ElementDefaultClassLookup(
    element=html.HtmlElement,
    comment=html.HtmlComment,
    pi=html.HtmlProcessingInstruction,
    entity=html.HtmlEntity,
)
_PROSE_LENGTH, _MIN_PROSE_LINES, _NEARLY_ALL = 60, 3, 0.9
_ABSOLUTE = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[^/\s\[\]?])", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_URL_NOISE = re.compile(r"[\t\r\n]")


class Page:
    """One HTML page, decoded and parsed.

    Attributes:
        url: The address the page came from: what relative links rest on.
        encoding: The Python name of the encoding that the bytes were in.
        is_html: Whether the bytes hold HTML at all.
        root: The root of the parsed tree; an empty document where they do not.
        parser_limit: What the parser could not take and how that was met, or None when the tree is whole.
    """

    def __init__(self, body: bytes, *, url: str, content_type: str | None) -> None:
        text, self.encoding = decode(body, content_type)
        self.url = url
        # Bytes with a stated encoding, so that neither an XML declaration nor a <meta charset> is obeyed again.
        markup = body if is_utf8(body, text, self.encoding) else text.encode("utf-8", "replace")
        for character in _NONCHARACTERS:
            markup = markup.replace(character, b"")
        markup = markup.translate(_FORM_FEED_AS_SPACE, _CONTROL_CHARACTERS)
        self.is_html, self.root, self.parser_limit = _parse(_UNHELD_REFERENCE.sub(b" ", markup))
        # lxml makes an element's Python object anew each time it is met, unless somebody holds it.
        self._held = list(self.root.iter())

    @cached_property
    def base_url(self) -> str:
        """What relative links rest on: ``<base href>``, or the page's own address."""
        base = self.root.find(".//base[@href]")
        joined = _join(self.url, (base.get("href") or "").strip()) if base is not None else None
        return joined or self.url

    @cached_property
    def origin(self) -> str:
        """Scheme and authority of the base address."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @cached_property
    def lines(self) -> list[Line]:
        """The visible text in document order, one `Line` for each run of text inside one block element."""
        return _without_false_menu(read_lines(self.root))

    def absolute(self, reference: str | None) -> str | None:
        """The absolute http(s) address of a link, without its fragment; None for anything else."""
        if reference is None:
            return None
        if not reference.isprintable():
            reference = _URL_NOISE.sub("", reference)
        reference = reference.strip().partition("#")[0]
        if not reference:
            return None
        if reference[0] == "/" and reference[1:2] != "/" and "/." not in reference:
            # What urljoin would give, at a tenth of its cost: most links of a page look like this.
            return self.origin + reference
        if _OTHER_SCHEME.match(reference):
            return None
        if _ABSOLUTE.match(reference):
            return reference
        joined = _join(self.base_url, reference)
        return joined if joined is not None and _ABSOLUTE.match(joined) else None


def _without_false_menu(lines: list[Line]) -> list[Line]:
    """The lines with none in a menu but links, where the page would have nearly all of its prose in one."""
    prose = [line for line in lines if line.link is None and line.weight >= _PROSE_LENGTH]
    inside = sum(line.zone.navigation for line in prose)
    if inside < _MIN_PROSE_LINES or inside < _NEARLY_ALL * len(prose):
        return lines
    return [
        line._replace(zone=line.zone._replace(navigation=False)) if line.zone.navigation and not line.linked else line
        for line in lines
    ]


def _join(base: str, reference: str) -> str | None:
    try:
        return urljoin(base, reference)
    except ValueError:
        return None  # An address such as "http://[": a link that leads nowhere.


def _parse(source: bytes) -> tuple[bool, html.HtmlElement, str | None]:
    if _MARKUP.search(source, 0, _MARKUP_PREFIX) is None:
        return False, html.Element("html"), None
    source, cut = cut_attributes(source)
    root, limit = _tree(source, huge=False)
    if limit is not None:
        deep = limit.startswith("Excessive depth")
        root, limit = _tree(flatten(source) if deep else source, huge=True)
        if deep and limit is None:
            limit = "nested deeper than 256 elements: read without those below, their text was kept"
    if root is None:
        return False, html.Element("html"), None
    return True, root, "; ".join(filter(None, (cut, limit))) or None


def _tree(source: bytes, *, huge: bool) -> tuple[html.HtmlElement | None, str | None]:
    """The parsed tree, and the limit at which the parser stopped, which only its log tells.

    Args:
        source: UTF-8.
        huge: Whether elements may nest 2048 deep, not 256, and text may be longer than 10 MB.
    """
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=huge, collect_ids=False)
    parser.set_element_class_lookup(_ELEMENT_CLASSES)
    try:
        root = html.document_fromstring(source, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        root = None
    for entry in parser.error_log:
        if entry.type_name == "ERR_RESOURCE_LIMIT":
            return root, str(entry.message).strip()
    return root, None
