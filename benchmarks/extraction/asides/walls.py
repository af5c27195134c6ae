"""Pages between a reader and an article: walls, forms, consent, legal notices, and what stands where nothing is."""

from collections.abc import Callable
from html import escape

from benchmarks.extraction.asides.desk import Body, Desk


def empty_application(_: Desk) -> Body:
    return "/app", "", '<div id="root"></div><script src="/app.js"></script>'


def log_in(desk: Desk) -> Body:
    title, text, button = desk.said("login")
    form = f"<form><input type=email><input type=password><button>{button}</button></form>"
    return "/2026/11/22/story", "", f"<h1>{title}</h1><p>{text}</p>{form}"


def log_in_by_address_first(desk: Desk) -> Body:
    title, text, button = desk.said("login")
    return "/login?next=/story", "", f"<h2>{title}</h2><p>{text}</p><form><input type=email><button>{button}</button>"


def log_in_that_describes_the_article(desk: Desk) -> Body:
    title, text, button = desk.said("login")
    head = f'<meta property="og:type" content="article"><meta property="og:title" content="{desk.headline()}">'
    form = f"<form><input type=email><input type=password><button>{button}</button></form>"
    return "/2026/11/22/story", head, f"<main><h1>{title}</h1><p>{text} {text} {text}</p>{form}</main>"


def consent(desk: Desk) -> Body:
    title, text, button = desk.said("consent")
    return "/2026/11/22/story", "", f"<h1>{title}</h1><p>{text}</p><button>{button}</button>"


def consent_at_length(desk: Desk) -> Body:
    title, text, button = desk.said("consent")
    return "/consent?r=1", "", f"<h1>{title}</h1>{f'<p>{text}</p>' * 8}<button>{button}</button>"


def consent_in_an_article_element(desk: Desk) -> Body:
    title, text, button = desk.said("consent")
    head = '<meta property="og:type" content="article">'
    return "/2026/11/22/story", head, f"<article><h1>{title}</h1>{f'<p>{text}</p>' * 3}</article><a>{button}</a>"


def absent(desk: Desk) -> Body:
    title, text, _ = desk.said("absent")
    return "/2026/11/22/story", "", f"<h1>{title}</h1><p>{text}</p>"


def absent_with_suggestions(desk: Desk) -> Body:
    title, text, _ = desk.said("absent")
    return "/2026/11/22/story", "", f"<article><h1>{title}</h1><p>{text}</p></article>" + desk.cards(10, 1)


def imprint(desk: Desk) -> Body:
    title, _, _ = desk.said("imprint")
    lines = "".join(f"<p>{escape(desk.writer.name())}, {desk.headline(2, 4)}<br>+49 30 {n}4711</p>" for n in range(9))
    return f"/{desk.texts['imprint']['path']}", "", f"<h1>{title}</h1>{lines}"


def privacy_policy(desk: Desk) -> Body:
    title, _, _ = desk.said("privacy")
    text = "".join(f"<h2>{desk.headline(2, 4)}</h2><p>{desk.prose(5)}</p>" for _ in range(12))
    return f"/{desk.texts['privacy']['path']}", "", f"<h1>{title}</h1>{text}"


WALLS: tuple[Callable[[Desk], Body], ...] = (
    empty_application, log_in, log_in_by_address_first, log_in_that_describes_the_article, consent, consent_at_length,
    consent_in_an_article_element, absent, absent_with_suggestions, imprint, privacy_policy,
)  # fmt: skip
