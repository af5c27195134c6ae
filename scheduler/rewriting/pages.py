"""Pages as they are shown from the archive.

Every address in a page comes to lead to what was archived there at the time: links to other pages, pictures and styles
to what they are shown with. What could reach the web past the policy of the answer is taken out: a browser connects to
``<link rel=preconnect>`` whatever the policy says, and a frame with a document of its own may hold such a link.
"""

from __future__ import annotations

import re

from broadsheet.crawler.extraction.links import candidates
from broadsheet.scheduler.rewriting import styles
from broadsheet.scheduler.rewriting.addresses import Destinations, absolute
from broadsheet.scheduler.rewriting.markup import StartTag, escaped, start_tags

# Where a tag is taken out something has to stay, or what stood before and after it might make another one.
_NOTHING = "<meta>"
_LEADS = {("a", "href"), ("area", "href")}
_SHOWS = {("input", "src"), ("video", "poster"), ("image", "href"), ("image", "xlink:href")} | {
    (name, "background") for name in ("body", "table", "thead", "tbody", "tfoot", "tr", "td", "th")
}
# Loaded by nothing that is allowed here, or of use only with scripts, forms and windows of its own.
_DROPPED = {
    *((name, "src") for name in ("script", "frame", "embed", "track", "audio", "video", "source")),
    *(("object", name) for name in ("data", "codebase", "archive", "classid")),
    *(("form", "action"), ("button", "formaction"), ("input", "formaction"), ("html", "manifest")),
}
_DROPPED_ANYWHERE = {"ping", "target", "integrity", "crossorigin", "attributionsrc", "srcdoc"}
_HARMLESS_PRAGMAS = {"content-type", "content-language", "default-style", "x-ua-compatible"}
_HINT_OR_FRAME = re.compile(r"<(?=(?:link|iframe)[\t\n\f\r />])", re.IGNORECASE)
_MOST_TAGS = 50_000


class PageTooLargeError(Exception):
    """A page has too many tags to be shown."""


def rewritten(page: str, url: str, to: Destinations) -> str:
    """Return a page with every address in it leading into the archive.

    Args:
        page: Its markup.
        url: Where it was archived.
        to: Where its addresses are to lead.

    Raises:
        PageTooLargeError: It has too many tags.
    """
    return _Rewriting(page, url, to).rewritten()


class _Rewriting:
    def __init__(self, page: str, url: str, to: Destinations) -> None:
        self._page = page
        self._to = to
        self._base = url
        self._base = self._stated_base() or url

    def rewritten(self) -> str:
        pieces: list[str] = []
        done = 0
        for number, tag in enumerate(start_tags(self._page)):
            if number == _MOST_TAGS:
                raise PageTooLargeError(f"it has more than {_MOST_TAGS:,} tags")
            instead = self._instead(tag)
            if instead is not None:
                pieces += (self._page[done : tag.start], instead)
                done = self._behind(tag)
        pieces.append(self._page[done:])
        # What was not found to be a tag above may be one to a browser.
        return _HINT_OR_FRAME.sub("< ", "".join(pieces))

    def _stated_base(self) -> str | None:
        """Return what relative addresses rest on where the page says so itself (HTML, section 4.2.3)."""
        if "<base" not in self._page.lower():
            return None
        bases = (tag for tag in start_tags(self._page) if tag.name == "base" and "href" in tag.attributes)
        first = next(bases, None)
        return self._absolute(first.attributes["href"].value) if first else None

    def _instead(self, tag: StartTag) -> str | None:
        """Return what stands for a tag, with the content of a style; None where it is to stay as it is."""
        if tag.name in ("base", "iframe"):
            return _NOTHING
        if tag.name == "link":
            return self._style(tag)
        other: dict[str, str | None] = {name: None for name in tag.attributes if _is_dropped(tag, name)}
        if tag.name in ("img", "source"):
            other |= self._picture(tag)
        other |= self._addresses(tag)
        content = self._page[tag.end : tag.content_end] if tag.name == "style" else ""
        style = self._restyled(content)
        if not other and style == content:
            return None
        return (_written(tag, other) if other else self._page[tag.start : tag.end]) + style

    def _behind(self, tag: StartTag) -> int:
        """Return where the page goes on behind what `_instead` stands for."""
        if tag.name == "style":
            return tag.content_end
        if tag.name == "iframe":
            return self._page.find(">", tag.content_end) + 1 or len(self._page)
        return tag.end

    def _style(self, link: StartTag) -> str:
        """Return a style element that has a style sheet loaded: no link is left in a page that is shown."""
        relations = _value(link, "rel").lower().split()
        url = self._absolute(_value(link, "href"))
        if url is None or "stylesheet" not in relations or "alternate" in relations or "disabled" in link.attributes:
            return _NOTHING
        media = f' media="{escaped(_value(link, "media"))}"' if "media" in link.attributes else ""
        return f'<style{media}>@import url("{self._to.requisite([url])}");</style>'

    def _picture(self, tag: StartTag) -> dict[str, str | None]:
        """Return the addresses of a picture: of several sizes the largest, which a crawl archives, else any other.

        Scripts that load pictures late have their addresses in ``data-src`` and ``data-srcset``.
        """
        in_sizes = candidates(_value(tag, "srcset") or _value(tag, "data-srcset"))
        single = [_value(tag, "src"), _value(tag, "data-src")]
        urls = [self._absolute(address) for address, _ in in_sizes[:1]] + [self._absolute(each) for each in single]
        urls += [self._absolute(address) for address, _ in in_sizes[1:]]
        found = list(dict.fromkeys(url for url in urls if url is not None))
        if not found:
            return {}
        address = self._to.requisite(found)
        picture: dict[str, str | None] = {"srcset": None}
        if in_sizes:
            picture["srcset"] = f"{address} {in_sizes[0][1]}".strip()
        if tag.name == "img":
            picture |= {"src": address, "loading": None}
        return picture

    def _addresses(self, tag: StartTag) -> dict[str, str | None]:
        other: dict[str, str | None] = {}
        for name, attribute in tag.attributes.items():
            if name == "style":
                style = self._restyled(attribute.value)
                if style != attribute.value:
                    other[name] = style
            elif (tag.name, name) in _LEADS:
                other |= self._lead(attribute.value)
            elif (tag.name, name) in _SHOWS:
                url = self._absolute(attribute.value)
                if url is not None:
                    other[name] = self._to.requisite([url])
        return other

    def _lead(self, reference: str) -> dict[str, str | None]:
        """Return where a link leads; a place in the page itself stays what it is."""
        url = self._absolute(reference)
        if url is None:
            return {}
        _, mark, place = reference.partition("#")
        return {"href": f"{self._to.page(url)}{mark}{place}"}

    def _restyled(self, style: str) -> str:
        return styles.rewritten(style, self._base, self._to)

    def _absolute(self, reference: str) -> str | None:
        return absolute(reference, self._base)


def _is_dropped(tag: StartTag, name: str) -> bool:
    if name == "http-equiv":
        return tag.name == "meta" and _value(tag, name).strip().lower() not in _HARMLESS_PRAGMAS
    return name in _DROPPED_ANYWHERE or (tag.name, name) in _DROPPED


def _value(tag: StartTag, name: str) -> str:
    attribute = tag.attributes.get(name)
    return attribute.value if attribute else ""


def _written(tag: StartTag, other: dict[str, str | None]) -> str:
    """Return a tag with other values of some attributes; without those for which there is none."""
    kept = {name: attribute for name, attribute in tag.attributes.items() if name not in other}
    parts = [tag.name]
    for attribute in kept.values():
        raw = attribute.raw
        parts.append(attribute.name if raw is None else f'{attribute.name}="{raw.replace(chr(34), "&quot;")}"')
    parts += [f'{name}="{escaped(value)}"' for name, value in other.items() if value is not None]
    return f"<{' '.join(parts)}{' /' if tag.closes_itself else ''}>"
