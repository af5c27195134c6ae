"""Sites that are made up for crawls that are killed: one that answers plainly, and one with all that makes trouble."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from end_to_end.pages import article, front_page
from servers.site_server import Answer

_PICTURE = "/picture/"
_LINKS = 8
_TRIES = 3


@dataclass
class Site:
    """A site of articles that lead to one another.

    Attributes:
        answers: What each path is answered with.
        tries: The paths that one process asks for more than once, and how often at most.
        claims: The paths of pages that claim another address, at which they are read; with that.
        requisites: Whether its articles are to be archived with what they are shown with.
    """

    answers: dict[str, Answer | list[Answer]]
    tries: dict[str, int] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    requisites: bool = False


def plain_site(pages: int, seed: int, seconds: float) -> Site:
    """Return a site of which every tenth page is a list, one a redirect and one is not there.

    Args:
        pages: How many there are beside the front page.
        seed: What its links come from.
        seconds: How long each takes to answer.
    """
    chance = random.Random(seed)
    paths = [f"/page/{number}" for number in range(pages)]
    site = Site({"/": Answer(front_page(paths[:_LINKS]).encode())})
    for number, path in enumerate(paths):
        ahead, links = _links(chance, paths, number)
        if number % 10 == 3:
            answer = Answer(status=301, headers={"Location": ahead[0] if ahead else "/"}, hang=seconds)
        elif number % 10 == 6:
            answer = Answer(b"not here", status=404, hang=seconds)
        elif number % 10 == 9:
            answer = Answer(front_page(links).encode(), hang=seconds)
        else:
            answer = Answer(article(f"Story {number}", links=links).encode(), hang=seconds)
        site.answers[path] = answer
    return site


def troubled_site(pages: int, seed: int, seconds: float) -> Site:
    """Return a site with slow and cut-off pages, chains of redirects, AMP pages, claims, pictures and styles.

    Args:
        pages: How many there are beside the front page.
        seed: What its links come from.
        seconds: How long most take to answer; some take ten times as long.
    """
    chance = random.Random(seed)
    paths = [f"/page/{number}" for number in range(pages)]
    # What is linked to: of some pages only their AMP form.
    linked = [f"{path}/amp" if number % 12 in (3, 4) else path for number, path in enumerate(paths)]
    site = Site({"/": Answer(front_page(linked[:_LINKS]).encode()), **_STYLES}, requisites=True)
    for number, path in enumerate(paths):
        ahead, links = _links(chance, linked, number)
        site.answers[f"{_PICTURE}{number}.png"] = Answer(b"PNG", headers={"Content-Type": "image/png"}, hang=seconds)
        text = _shown(f"Story {number}", links, number)
        match number % 12:
            case 0:
                site.answers[path] = Answer(text, hang=10 * seconds)
            # Few: ten failures in a row, and the host is left alone.
            case 1 if number % 24 == 1:
                site.answers[path] = Answer(text, cut=True)
                site.tries[path] = _TRIES
            case 2:
                site.answers[path] = Answer(status=301, headers={"Location": f"/hop/{number}"}, hang=seconds)
                site.answers[f"/hop/{number}"] = Answer(status=302, headers={"Location": ahead[0] if ahead else "/"})
            case 4:
                site.answers[f"{path}/amp"] = Answer(text, hang=seconds)
            case 5:
                claim = f'<link rel="canonical" href="/whole/{number}"></head>'.encode()
                site.answers[path] = Answer(text.replace(b"</head>", claim))
                site.answers[f"/whole/{number}"] = Answer(text, hang=4 * seconds)
                site.claims[path] = f"/whole/{number}"
            case 6 if number % 36 == 6:
                site.answers[path] = Answer(drop=True)
                site.tries[path] = _TRIES
            case 9:
                site.answers[path] = Answer(front_page(links).encode(), hang=seconds)
            case _:
                site.answers[path] = Answer(text, hang=seconds)
    return site


def _links(chance: random.Random, paths: list[str], number: int) -> tuple[list[str], list[str]]:
    ahead = paths[number + 1 : number + 4]
    return ahead, [*ahead, *chance.choices(paths, k=_LINKS), f"http://elsewhere-{number}.example/"]


def _shown(title: str, links: Iterable[str], number: int) -> bytes:
    shown = f'<link rel="stylesheet" href="/style.css"><img src="{_PICTURE}{number}.png"><img src="{_PICTURE}0.png">'
    return article(title, links=links).replace("</main>", f"{shown}</main>").encode()


def is_requisite(path: str) -> bool:
    """Tell whether a path is of what pages are shown with."""
    return path.startswith(_PICTURE) or path in _STYLES


_CSS = {"Content-Type": "text/css"}
_STYLES: dict[str, Answer | list[Answer]] = {
    "/style.css": Answer(b'@import "more.css"; body { background: url(back.png) }', headers=_CSS),
    "/more.css": Answer(b"p { background: url(/paper) }", headers=_CSS),
    "/back.png": Answer(b"PNG", headers={"Content-Type": "image/png"}),
    "/paper": Answer(status=302, headers={"Location": "/paper.png"}),
    "/paper.png": Answer(b"PNG", headers={"Content-Type": "image/png"}),
}
