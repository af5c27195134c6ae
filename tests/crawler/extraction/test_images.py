"""The pictures of an article, with caption and credit."""

from __future__ import annotations

import json

import pytest
from pages.reading import Read

HEAD = "<h1>Lamps to be counted</h1>"
PAPER = "https://paper.example"


@pytest.mark.parametrize(
    ("caption", "read_as"),
    [
        ("<figcaption>The stairs at night. Photo: Ann Ferrars</figcaption>", ("The stairs at night.", "Ann Ferrars")),
        ("<figcaption>The stairs (Foto: A. Ferrars / dpa)</figcaption>", ("The stairs", "A. Ferrars / dpa")),
        ("<figcaption>The stairs. Photograph by Ann Ferrars.</figcaption>", ("The stairs.", "Ann Ferrars")),
        ("<figcaption>Image credit: Ferrars et al.</figcaption>", (None, "Ferrars et al")),
        ("<figcaption>Ann Ferrars/Getty Images</figcaption>", (None, "Ann Ferrars/Getty Images")),
        ("<figcaption><p>Stairs</p><p class='credit'>© Ann Ferrars</p></figcaption>", ("Stairs", "Ann Ferrars")),
        ("<figcaption><div>Ann Ferrars</div><div>Stairs</div></figcaption>", ("Ann Ferrars Stairs", None)),
        ("<div class='c-caption'>The stairs of the <i>Ro</i>yal</div>", ("The stairs of the Royal", None)),
        ("", (None, None)),
    ],
)
def test_the_credit_of_a_picture_stands_apart_from_its_caption(
    read: Read, paragraphs: str, caption: str, read_as: tuple[str | None, str | None]
) -> None:
    figure = f"<figure><img src='/stairs.jpg' alt=''>{caption}</figure>"
    (image,) = read(f"<article>{HEAD}{figure}{paragraphs}</article>").article.images
    assert (image.url, image.caption, image.credit) == (f"{PAPER}/stairs.jpg", *read_as)


def test_a_picture_in_several_sizes_is_one(read: Read, paragraphs: str) -> None:
    stated = {
        "@type": "NewsArticle",
        "image": {
            "@type": "ImageObject",
            "url": "/i/harbour-lamps-1600x900.jpg?v=2",
            "caption": "Lamps. Photo: Ann Ferrars",
        },
    }
    head = (
        f'<script type="application/ld+json">{json.dumps(stated)}</script>'
        '<meta property="og:image" content="https://cdn.example/big/harbour-lamps.jpg">'
    )
    figure = "<figure><img src='/i/harbour-lamps-300x200.jpg'></figure>"
    (image,) = read(f"<article>{HEAD}{figure}{paragraphs}</article>", head=head).article.images
    assert (image.url, image.caption, image.credit) == (f"{PAPER}/i/harbour-lamps-300x200.jpg", "Lamps.", "Ann Ferrars")


@pytest.mark.parametrize(
    "picture",
    [
        "<p><img src='/lamps.jpg' alt='Lamps'></p>",
        "<a href='/large/lamps.jpg'><img src='/lamps.jpg' alt='' width=600></a>",
        "<div class='wp-caption'><img src='/lamps.jpg'><p>Lamps</p></div>",
    ],
)
def test_a_picture_in_the_text_needs_no_figure(read: Read, paragraphs: str, picture: str) -> None:
    images = read(f"<article>{HEAD}{paragraphs}{picture}{paragraphs}</article>").article.images
    assert [image.url for image in images] == [f"{PAPER}/lamps.jpg"]


@pytest.mark.parametrize(
    "picture",
    [
        "<img src='/lamps.jpg' width=1 height=1 alt=''>",
        "<img src='/img/logo.png' alt='The Paper'>",
        "<img src='/img/share-icon.svg' alt=''>",
        "<figure><img src='/blank.gif'></figure>",
        "<div class='author'><img src='/ann.jpg' alt='Ann Ferrars'></div>",
        "<a href='/another-story'><img src='/another.jpg' alt='Another story'></a>",
        "<aside><figure><img src='/another.jpg'></figure></aside>",
    ],
)
def test_counters_logos_portraits_and_teasers_are_no_pictures_of_the_article(
    read: Read, paragraphs: str, picture: str
) -> None:
    assert read(f"<article>{HEAD}{paragraphs}{picture}{paragraphs}</article>").article.images == []


def test_pictures_behind_the_article_are_those_of_others(read: Read, paragraphs: str) -> None:
    others = "<div class='more'><figure><img src='/another-picture.jpg'></figure><h3>Another story</h3></div>"
    assert read(f"<main><div>{HEAD}{paragraphs}</div>{others}</main>").article.images == []
