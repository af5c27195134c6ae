"""trafilatura's expressions find the same elements when they are remembered as when they are not."""

from __future__ import annotations

import pytest
from lxml import etree, html
from trafilatura import xpaths

from broadsheet.crawler.extraction.remembered_expressions import (
    RememberedExpression,
    remembered,
    remembered_expressions,
)

PAGE = """
<body>
  <div id="share-top" class="plain"><section class="article-body"><p class="byline">By Ann</p></section></div>
  <div class="plain" id="share-top"><p>Text</p><p class="link bottom">More</p></div>
  <div class="article-body"><div class="post-content"><span style="display:none">Hidden</span></div></div>
  <o:p class="hide-this">Odd</o:p><custom-tag aria-hidden="true">Away</custom-tag>
  <p data-lp-replacement-content>Offer</p><p class="SECRET">Kept</p>
</body>
"""
LISTS = {
    "OVERALL_DISCARD_XPATH": xpaths.OVERALL_DISCARD_XPATH,
    "PRECISION_DISCARD_XPATH": xpaths.PRECISION_DISCARD_XPATH,
    "REMOVE_COMMENTS_AND_LISTS_XPATH": xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH,
}


def expressions(names: tuple[str, ...]) -> list[etree.XPath]:
    return [expression for name in names for expression in LISTS[name]]


@pytest.mark.parametrize("expression", expressions(tuple(LISTS)), ids=lambda expression: expression.path.strip()[:40])
def test_a_remembered_expression_finds_the_same_elements_on_each_page_anew(expression: etree.XPath) -> None:
    asked = remembered(expression)
    for _ in range(2):
        tree = html.document_fromstring(PAGE)
        assert asked(tree) == expression(tree)


@pytest.mark.parametrize("expression", xpaths.BODY_XPATH, ids=lambda expression: expression.path.strip()[:40])
def test_of_an_expression_for_the_body_the_first_element_is_the_same(expression: etree.XPath) -> None:
    tree = html.document_fromstring(PAGE)
    found, own = remembered(expression)(tree), expression(tree)
    assert isinstance(found, list)
    assert isinstance(own, list)
    assert found[:1] == own[:1]


def test_the_order_of_attributes_counts_where_the_expression_looks_at_the_first_of_two() -> None:
    expression = etree.XPath(".//*[re:test(@id|@class, 'share')]", namespaces={"re": xpaths.REGEXP_NS})
    tree = html.document_fromstring(PAGE)
    asked = remembered(expression)
    assert isinstance(asked, RememberedExpression)
    assert asked(tree) == expression(tree)
    assert len(asked(tree)) == 1


@pytest.mark.parametrize(
    "path",
    [
        ".//div[re:test(../@class, 'a')]",
        ".//*[re:test(@class, 'a')][not(.//h1)]",
        ".//*[re:test(@class, 'a')][position() = 2]",
        ".//*[re:test(@class, 'a') and following-sibling::p]",
        ".//*[re:test(@class, '^$')]",
        ".//*[contains(@class, 'a')]",
    ],
)
def test_an_expression_that_looks_beyond_an_element_or_costs_little_stays_as_it_is(path: str) -> None:
    expression = etree.XPath(path, namespaces={"re": xpaths.REGEXP_NS})
    assert remembered(expression) is expression


def test_on_a_page_of_thousands_of_elements_no_two_of_which_are_alike_the_same_is_found() -> None:
    entries = "".join(f"<div class='entry-{number} {'share-' * (number % 2)}'>{number}</div>" for number in range(3000))
    tree = html.document_fromstring(f"<body>{entries}</body>")
    for expression in expressions(tuple(LISTS)):
        assert remembered(expression)(tree) == expression(tree)


def test_trafilatura_has_its_own_expressions_again_afterwards() -> None:
    own = list(xpaths.OVERALL_DISCARD_XPATH)
    with remembered_expressions():
        assert all(isinstance(each, RememberedExpression) for each in xpaths.OVERALL_DISCARD_XPATH)
    assert own == xpaths.OVERALL_DISCARD_XPATH
