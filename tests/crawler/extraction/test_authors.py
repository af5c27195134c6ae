from __future__ import annotations

import json

import pytest
from pages.reading import Read

from broadsheet.crawler.extraction.extract import Extraction
from broadsheet.crawler.extraction.names import split_names


def signers(extraction: Extraction) -> list[str]:
    return [author.name for author in extraction.article.authors]


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Ann Ferrars", ["Ann Ferrars"]),
        ("Von Henrike Moosleitner und Balthasar Üxküll, Grünau", ["Henrike Moosleitner", "Balthasar Üxküll"]),
        ("Par Solenn Le Guivarc'h", ["Solenn Le Guivarc'h"]),
        ("di Ginevra Passalacqua, inviata a Valtorta", ["Ginevra Passalacqua"]),
        ("Por Inés Caldas y Tomé Ruibal", ["Inés Caldas", "Tomé Ruibal"]),
        ("Автор: Аглая Ветрова", ["Аглая Ветрова"]),
        ("By Ann Ferrars, Bob Weller and Cy Long", ["Ann Ferrars", "Bob Weller", "Cy Long"]),
        ("Ann Ferrars, senior harbour correspondent", ["Ann Ferrars"]),
        ("Ann Ferrars (ann@paper.example) @annferrars", ["Ann Ferrars"]),
        ("ANN FERRARS", ["Ann Ferrars"]),
        ("记者 王小兰", ["王小兰"]),
        ("本报记者 王小兰 通讯员 李大明", ["王小兰", "李大明"]),
        ("김하늘 선임기자", ["김하늘"]),
        ("高瀬みなと記者", ["高瀬みなと"]),
        ("admin", []),
        ("By", []),
        ("12 May 2024", []),
    ],
)
def test_names_are_freed_of_what_stands_around_them(byline: str, names: list[str]) -> None:
    assert split_names(byline) == names


def test_a_visible_byline_signs_where_markup_does_not(read: Read, paragraphs: str) -> None:
    body = f"<h1>Lamps to be counted</h1><p>By <a rel='author' href='/people/ann'>Ann Ferrars</a></p>{paragraphs}"
    (author,) = read(body).article.authors
    assert (author.name, author.url) == ("Ann Ferrars", "https://paper.example/people/ann")


def test_names_in_elements_side_by_side_are_kept_apart(read: Read, paragraphs: str) -> None:
    byline = "<div class='byline'><span>Ann Ferrars</span><span>Cy Long</span></div>"
    body = f"<h1>Lamps to be counted</h1>{byline}{paragraphs}"
    assert [author.name for author in read(body).article.authors] == ["Ann Ferrars", "Cy Long"]


def test_the_publisher_is_the_author_only_of_what_nobody_signs(read: Read, paragraphs: str) -> None:
    data = {
        "@type": "NewsArticle",
        "author": {"@type": "Organization", "name": "The Paper"},
        "publisher": {"@type": "Organization", "name": "The Paper"},
    }
    head = f'<script type="application/ld+json">{json.dumps(data)}</script><meta name="author" content="The Paper">'
    assert signers(read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head)) == ["The Paper"]
    signed = read(f"<h1>Lamps to be counted</h1><p class='byline'>By Wilma Tonder</p>{paragraphs}", head=head)
    assert signers(signed) == ["Wilma Tonder"]


@pytest.mark.parametrize(
    ("line", "signed"),
    [
        ("<p>posted on 3 May 2024, 23:30 by Rafael Anto Pined</p>", ["Rafael Anto Pined"]),
        ("<div><span>Wilma Tonder</span><span>3.5.2024</span></div>", ["Wilma Tonder"]),
        ("<p><span>By</span><a href='/about/newsteam/wilma-tonder'>Wilma Tonder</a></p>", ["Wilma Tonder"]),
        ("<p>by LampFan7, 3 May 2024</p>", ["LampFan7"]),
        ("<p>3 May 2024</p>", []),
        ("<p>เผยแพร่ 3 ธันวาคม 2567</p>", []),
        ("<p>ข่าวเด่น 3 ธันวาคม 2567</p>", []),
        ("<p>发布时间 2024年12月3日</p>", []),
        ("<p>王小兰 2024年12月3日</p>", []),
        ("<p><span>Reading time</span> <time>3 May 2024</time></p>", []),
    ],
)
def test_a_byline_without_markup_is_known_by_its_words_or_its_date(
    read: Read, paragraphs: str, line: str, signed: list[str]
) -> None:
    assert signers(read(f"<h1>Lamps to be counted</h1>{line}{paragraphs}")) == signed


def test_agencies_and_publications_named_with_people_are_left_out(read: Read, paragraphs: str) -> None:
    people = [{"@type": "Person", "name": name} for name in ("Wilma Tonder", "dpa", "The Harbour Gazette")]
    head = f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "author": people})}</script>'
    assert signers(read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head)) == ["Wilma Tonder"]


def test_an_agency_signs_where_nobody_else_does(read: Read, paragraphs: str) -> None:
    data = {"@type": "NewsArticle", "author": {"@type": "Organization", "name": "Estuary News Agency"}}
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    article = read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head).article
    assert [author.name for author in article.authors] == ["Estuary News Agency"]


def test_people_beat_the_agency(read: Read, paragraphs: str) -> None:
    data = {
        "@type": "NewsArticle",
        "author": [
            {"@type": "Organization", "name": "Estuary News Agency"},
            {"@type": "Person", "name": "Ann Ferrars"},
        ],
    }
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    article = read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head).article
    assert [author.name for author in article.authors] == ["Ann Ferrars"]


def test_whoever_took_the_picture_did_not_write_the_text(read: Read, paragraphs: str) -> None:
    body = (
        "<h1>Lamps to be counted</h1><figure itemscope itemtype='https://schema.org/ImageObject'><img src='/l.jpg'>"
        f"<span itemprop='author'>Cy Long</span></figure>{paragraphs}"
    )
    assert read(body).article.authors == []


def test_one_name_in_json_ld_gives_way_to_the_few_of_one_kind_of_meta_elements(read: Read, paragraphs: str) -> None:
    data = {"@type": "NewsArticle", "author": {"@type": "Person", "name": "Ann Ferrars"}}
    head = f'<script type="application/ld+json">{json.dumps(data)}</script><meta name="author" content="%s">'
    page = f"<h1>Lamps to be counted</h1>{paragraphs}"
    assert signers(read(page, head=head % "Ann Ferrars, Cy Long")) == ["Ann Ferrars", "Cy Long"]
    house = head % "Harbour House" + '<meta property="article:author" content="Ann Ferrars">'
    assert signers(read(page, head=house)) == ["Ann Ferrars"]


def test_who_is_joined_to_a_linked_author_signs_too(read: Read, paragraphs: str) -> None:
    line = "<p>Par <a href='/auteurs/claire-dumont'>Claire Dumont</a> et Marc Le Goff<br>Publié le 10 juin 2016</p>"
    article = read(f"<h1>Lamps to be counted</h1>{line}{paragraphs}", language="fr").article
    assert [author.name for author in article.authors] == ["Claire Dumont", "Marc Le Goff"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("2016年06月10日09:12 | 来源：江城晚报 | 记者：王小明 李华", ["王小明", "李华"]),
        ("10 июня 2016, 09:12 (МСК) <i>Автор: Ирина Соколова</i> <i>Просмотров: 1204</i>", ["Ирина Соколова"]),
    ],
)
def test_a_label_inside_the_line_of_the_date_tells_who_signs(
    read: Read, paragraphs: str, line: str, names: list[str]
) -> None:
    article = read(f"<h1>Lamps to be counted</h1><div>{line}</div>{paragraphs}").article
    assert [author.name for author in article.authors] == names
