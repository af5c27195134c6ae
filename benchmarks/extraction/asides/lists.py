"""Lists of all kinds: front pages, sections, topics, authors, search, tickers, pictures."""

from collections.abc import Callable

from benchmarks.extraction.asides.desk import ORIGIN, Body, Desk, json_ld


def front_of_cards(desk: Desk) -> Body:
    return "/", '<meta property="og:type" content="website">', desk.heading("The Paper") + desk.cards(24, 1)


def front_that_claims_to_be_an_article(desk: Desk) -> Body:
    return "/", '<meta property="og:type" content="article">', desk.cards(20, 3)


def front_of_a_language(desk: Desk) -> Body:
    return f"/{desk.language.code}/", "", desk.cards(16, 2, tag="div", heading="h3")


def front_with_a_long_lead(desk: Desk) -> Body:
    return "/", "", f"<div><h2>{desk.link()}</h2><p>{desk.prose(8)}</p></div>" + desk.cards(18, 1, tag="div")


def section_as_a_list(desk: Desk) -> Body:
    return "/politics", "", desk.heading() + f"<ul>{''.join(f'<li>{desk.link()}</li>' for _ in range(30))}</ul>"


def section_with_excerpts(desk: Desk) -> Body:
    return "/politics/", "", desk.heading() + desk.cards(12, 4, tag="div")


def section_with_few_long_excerpts(desk: Desk) -> Body:
    return "/politics/", "", desk.heading() + desk.cards(5, 5, tag="div")


def section_with_an_introduction(desk: Desk) -> Body:
    return "/science", "", desk.heading() + f"<p>{desk.prose(4)}</p>" + desk.cards(14, 2)


def section_described_as_a_list(desk: Desk) -> Body:
    entries = [{"@type": "ListItem", "position": n, "url": f"{ORIGIN}/story-{n}"} for n in range(12)]
    head = json_ld({"@context": "https://schema.org", "@type": "ItemList", "itemListElement": entries})
    return "/culture", head, desk.heading() + desk.cards(12, 3)


def section_whose_entries_are_articles(desk: Desk) -> Body:
    body = desk.heading() + desk.cards(12, 2)
    entries = [{"@type": "NewsArticle", "headline": desk.writer.phrase(6, 9)} for _ in range(12)]
    return "/culture", json_ld(entries), body


def section_in_tables(desk: Desk) -> Body:
    rows = "".join(f"<tr><td>{n}.11.</td><td>{desk.link()}<br>{desk.prose(1)}</td></tr>" for n in range(1, 20))
    return "/rubrik.php?id=4", "", f"<table>{rows}</table>"


def section_of_cards_that_are_links(desk: Desk) -> Body:
    cards = "".join(
        f'<a href="{desk.address()}"><h3>{desk.headline()}</h3><p>{desk.prose(2)}</p></a>' for _ in range(12)
    )
    return "/sport", "", desk.heading() + cards


def section_with_read_more(desk: Desk) -> Body:
    entries = "".join(
        f'<div><h2>{desk.headline()}</h2><p>{desk.prose(3)}</p><a href="{desk.address()}">&raquo;&raquo;</a></div>'
        for _ in range(10)
    )
    return "/business", "", desk.heading() + entries


def second_page_of_a_section(desk: Desk) -> Body:
    return "/politics/page/2", "", desk.heading() + desk.cards(10, 3, tag="section")


def blog_with_excerpts(desk: Desk) -> Body:
    head = json_ld({"@type": "Blog", "name": "Notes"})
    return "/blog", head, desk.heading("Notes") + desk.cards(8, 6)


def tag_page(desk: Desk) -> Body:
    return "/tag/harbour", '<meta property="og:type" content="article">', desk.heading() + desk.cards(20, 2)


def topic_with_a_long_introduction(desk: Desk) -> Body:
    head = json_ld({"@type": "CollectionPage", "name": "Harbour"})
    return "/topic/harbour", head, desk.heading() + f"<p>{desk.prose(6)}</p>" + desk.cards(15, 1, heading="h3")


def author_with_a_biography(desk: Desk) -> Body:
    name = desk.writer.name()
    head = json_ld({"@type": "ProfilePage", "mainEntity": {"@type": "Person", "name": name}})
    return "/author/wilma", head, desk.heading(name) + f"<p>{desk.prose(5)}</p>" + desk.cards(12, 1)


def author_with_few_articles(desk: Desk) -> Body:
    name = desk.writer.name()
    head = '<meta property="og:type" content="profile">'
    return "/people/wilma", head, desk.heading(name) + f"<p>{desk.prose(4)}</p>" + desk.cards(4, 1)


def search_results(desk: Desk) -> Body:
    found = "".join(f"<li>{desk.link()}<br>... {desk.prose(2)} ...</li>" for _ in range(15))
    return "/search?q=harbour", "", f"<h1>harbour: 15</h1><ol>{found}</ol>"


def search_without_results(desk: Desk) -> Body:
    return "/search?q=xyzzy", "", f"<h1>xyzzy: 0</h1><p>{desk.prose(1)}</p><form><input name='q'></form>"


def gallery_of_galleries(desk: Desk) -> Body:
    figures = "".join(
        f'<figure><a href="{desk.address()}"><img src="/{n}.jpg"></a>'
        f"<figcaption>{desk.link()} {desk.prose(1)}</figcaption></figure>"
        for n in range(14)
    )
    return "/pictures", "", desk.heading() + figures


def ticker(desk: Desk) -> Body:
    posts = "".join(f"<li><time>{n % 24:02}:15</time> {desk.link(8, 14)}</li>" for n in range(40))
    return "/live", "", desk.heading() + f"<ul>{posts}</ul>"


def ticker_with_texts(desk: Desk) -> Body:
    posts = "".join(
        f"<div><time>{n % 24:02}:15</time><h3>{desk.link()}</h3><p>{desk.prose(2)}</p></div>" for n in range(20)
    )
    return "/newsticker", "", desk.heading() + posts


def archive_of_a_day(desk: Desk) -> Body:
    return "/archive/2026/11/22", "", "<h1>22.11.2026</h1>" + "".join(f"<p>{desk.link()}</p>" for _ in range(40))


def videos(desk: Desk) -> Body:
    return "/video", "", desk.heading() + desk.cards(16, 1, tag="div", heading="h4")


def podcasts(desk: Desk) -> Body:
    return "/podcasts", "", desk.heading() + desk.cards(6, 3, tag="li", heading="h3")


def quotations(desk: Desk) -> Body:
    rows = "".join(f"<tr><td>{desk.writer.name()}</td><td>{n * 3.7:.2f}</td></tr>" for n in range(60))
    return "/markets", "", desk.heading() + f"<table>{rows}</table>"


LISTS: tuple[Callable[[Desk], Body], ...] = (
    front_of_cards, front_that_claims_to_be_an_article, front_of_a_language, front_with_a_long_lead, section_as_a_list,
    section_with_excerpts, section_with_few_long_excerpts, section_with_an_introduction, section_described_as_a_list,
    section_whose_entries_are_articles, section_in_tables, section_of_cards_that_are_links, section_with_read_more,
    second_page_of_a_section, blog_with_excerpts, tag_page, topic_with_a_long_introduction, author_with_a_biography,
    author_with_few_articles, search_results, search_without_results, gallery_of_galleries, ticker, ticker_with_texts,
    archive_of_a_day, videos, podcasts, quotations,
)  # fmt: skip
