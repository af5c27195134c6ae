"""A site with every kind of answer that a crawl has to find a place for."""

from __future__ import annotations

from end_to_end.pages import answer, article, cut_off, dropped, front_page, redirect, robots, rss, sitemap
from servers.raw_server import Script


def zoo_scripts(elsewhere: str) -> dict[str, Script]:
    """Return what the site answers, by path.

    Args:
        elsewhere: Another site, without a trailing slash, that it sends its visitors to.
    """
    return {
        "/robots.txt": robots("Disallow: /private/"),
        "/": answer(
            front_page(
                [
                    "/news/bridge",
                    "/news/market?utm_source=front",
                    "/news/market#comments",
                    "/old/bridge",
                    "/old/front",
                    "/loop/a",
                    "/elsewhere",
                    "/missing",
                    "/withdrawn",
                    "/broken",
                    "/busy",
                    "/half",
                    "/silent",
                    "/nowhere",
                    "/nonsense",
                    "/picture",
                    "/unasked",
                    "/table.pdf",
                    "/private/desk",
                    "mailto:desk@example.org",
                    "ftp://example.org/file",
                ],
                feeds=["/feed"],
            )
        ),
        "/feed": answer(rss(["/news/bridge", "/news/ferry"]), content_type="application/rss+xml"),
        "/map.xml": answer(sitemap(["/news/library"]), content_type="application/xml"),
        "/news/bridge": answer(article("The bridge is closed", links=["/", "/news/ferry"])),
        "/news/market": answer(article("The market moves indoors")),
        "/news/ferry": answer(article("The ferry waits for wind")),
        "/news/library": answer(article("The library opens at night")),
        "/old/bridge": redirect("/news/bridge", "301 Moved Permanently"),
        "/old/front": redirect("/"),
        "/loop/a": redirect("/loop/b"),
        "/loop/b": redirect("/loop/a"),
        "/withdrawn": answer("withdrawn", status="410 Gone"),
        "/broken": answer("sorry", status="500 Internal Server Error"),
        "/busy": answer("sorry", status="503 Service Unavailable"),
        "/half": cut_off(article("Half an article")),
        "/silent": dropped(),
        "/nowhere": answer("moved", status="302 Found"),
        "/nonsense": redirect("http://[::1/"),
        "/unasked": answer("", status="304 Not Modified"),
        "/picture": answer(b"\x89PNG\r\n\x1a\n" + bytes(200), content_type="image/png"),
        "/elsewhere": redirect(f"{elsewhere}/landed"),
    }
