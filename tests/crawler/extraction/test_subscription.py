from __future__ import annotations

import json

import pytest
from pages.reading import Read

HEAD = "<h1>Lamps to be counted</h1>"


def linked_data(**fields: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **fields})}</script>'


@pytest.mark.parametrize(
    ("box", "kind", "action_url"),
    [
        (
            "<div><p>Subscribe to our updates or change your choice</p><a href='/n'>Subscribe now</a></div>",
            "newsletter",
            "/n",
        ),
        (
            "<form action='/n'><p>Die Laterne: unser Newsletter</p><input type=email><button>Anmelden</button></form>",
            "newsletter",
            "/n",
        ),
        (
            "<form action='/n'><p>One walk, one recipe, every Friday</p><input type=email><button>OK</button></form>",
            "newsletter",
            "/n",
        ),
        ("<div><h3>Subscribe to continue reading</h3><a href='/s'>See all offers</a></div>", "paywall", "/s"),
        ("<div><p>Réservé aux abonnés</p><p>Cet article attend.</p><a href='/s'>S'abonner</a></div>", "paywall", "/s"),
        (
            "<div><p>Please register to continue with this story</p><a href='/r'>Register</a></div>",
            "registration",
            "/r",
        ),
        ("<div><p>Support our work with what you can spare</p><a href='/d'>Donate</a></div>", "donation", "/d"),
        ("<div><p>Download our app and read by lamplight</p><a href='/a'>Get it</a></div>", "app", "/a"),
    ],
)
def test_a_box_that_asks_for_something_is_told_by_its_kind(
    read: Read, paragraphs: str, box: str, kind: str, action_url: str
) -> None:
    article = read(HEAD + paragraphs + box).article
    (block,) = article.subscription.blocks
    assert (block.kind, block.action_url) == (kind, f"https://paper.example{action_url}")
    assert block.heading or block.text
    assert article.text is not None
    assert article.text.count("\n") == 3


@pytest.mark.parametrize(
    "body",
    [
        "<nav><a href='/newsletter'>Subscribe to our newsletter for updates</a></nav>",
        "<p><a href='/newsletter'>Newsletter</a></p>",
        "<form><p>Leave a comment, your mail stays with us</p><input type=email><textarea></textarea></form>",
        "<form action='/login'><p>Log in with your mail address here</p><input type=email><input type=password></form>",
        "<div class='paywall premium'><p>The lamps of the upper town, seen from the bridge</p></div>",
    ],
)
def test_menus_forms_for_other_ends_and_class_names_are_no_boxes(read: Read, paragraphs: str, body: str) -> None:
    subscription = read(HEAD + paragraphs + body).article.subscription
    assert subscription.blocks == []
    assert subscription.access == "unknown"
    assert subscription.evidence == []


def test_an_article_about_newsletters_is_no_newsletter_box(read: Read, paragraphs: str) -> None:
    sentence = (
        "<p>The council will also print a newsletter, and whoever wants to subscribe can do so at the town hall.</p>"
    )
    assert read(HEAD + paragraphs + sentence).article.subscription.blocks == []


@pytest.mark.parametrize(
    ("wall", "access"),
    [
        ("<h3>Register to continue reading</h3><p>Create a free account.</p>", "registration"),
        ("<h3>Register to continue reading</h3><p>Then subscribe for a penny.</p>", "paywalled"),
        ("<h3>Subscribe to continue reading</h3><p>See what it costs.</p>", "paywalled"),
    ],
)
def test_a_wall_that_asks_for_an_account_and_no_money_asks_for_registration(
    read: Read, paragraphs: str, wall: str, access: str
) -> None:
    box = f"<div>{wall}<a href='/r'>Register</a></div>"
    subscription = read(HEAD + paragraphs + box, head=linked_data(isAccessibleForFree=False)).article.subscription
    assert (subscription.access, subscription.complete) == (access, False)


@pytest.mark.parametrize("stated", [False, "False", "http://schema.org/False"])
def test_what_the_page_declares_closed_is_paywalled(read: Read, paragraphs: str, stated: object) -> None:
    subscription = read(HEAD + paragraphs, head=linked_data(isAccessibleForFree=stated)).article.subscription
    assert subscription.access == "paywalled"
    assert [e.source for e in subscription.evidence] == ["isAccessibleForFree"]


def test_what_the_page_declares_free_is_free_and_whole(read: Read, paragraphs: str) -> None:
    subscription = read(HEAD + paragraphs, head=linked_data(isAccessibleForFree=True)).article.subscription
    assert (subscription.access, subscription.complete) == ("free", True)


@pytest.mark.parametrize(("tier", "access"), [("free", "free"), ("metered", "metered"), ("locked", "paywalled")])
def test_the_content_tier_tells_the_access(read: Read, paragraphs: str, tier: str, access: str) -> None:
    head = f'<meta property="article:content_tier" content="{tier}">'
    assert read(HEAD + paragraphs, head=head).article.subscription.access == access


def test_a_closed_part_that_was_delivered_all_the_same_makes_the_text_whole(read: Read, paragraphs: str) -> None:
    head = linked_data(isAccessibleForFree=False, hasPart={"isAccessibleForFree": False, "cssSelector": ".closed"})
    whole = read(f"{HEAD}<div class='closed'>{paragraphs}</div>", head=head).article.subscription
    cut = read(f"{HEAD}{paragraphs}<div class='closed'></div>", head=head).article.subscription
    assert (whole.access, whole.complete) == ("paywalled", True)
    assert (cut.access, cut.complete) == ("paywalled", False)


def test_a_wall_that_is_shown_is_evidence(read: Read, paragraphs: str) -> None:
    wall = "<div><h3>Already a subscriber?</h3><p>This story is for subscribers.</p><a href='/s'>Subscribe</a></div>"
    subscription = read(HEAD + paragraphs + wall).article.subscription
    assert (subscription.access, subscription.complete) == ("paywalled", False)
    assert subscription.evidence[0].source == "visible"


def test_an_offer_in_the_head_of_the_page_is_no_wall(read: Read, paragraphs: str) -> None:
    offer = "<div><p>Subscribe for full access to the paper</p><a href='/s'>Subscribe</a></div>"
    subscription = read(offer + HEAD + paragraphs).article.subscription
    assert [block.kind for block in subscription.blocks] == ["paywall"]
    assert (subscription.access, subscription.evidence) == ("unknown", [])


def test_a_text_shorter_than_the_page_states_is_told_as_evidence(read: Read, paragraphs: str) -> None:
    head = linked_data(isAccessibleForFree="False", wordCount=900)
    subscription = read(HEAD + paragraphs, head=head).article.subscription
    assert (subscription.access, subscription.complete) == ("paywalled", False)
    assert "wordCount" in [evidence.source for evidence in subscription.evidence]


def test_a_newsletter_form_that_a_script_will_show_is_a_block(read: Read, paragraphs: str) -> None:
    box = "<p>Our weekly newsletter, every Friday at noon</p><input type=email><button>Sign up</button>"
    form = f"<div style='display: none'><form action='/n'>{box}</form></div>"
    (block,) = read(HEAD + paragraphs + form).article.subscription.blocks
    assert (block.kind, block.action_url) == ("newsletter", "https://paper.example/n")
