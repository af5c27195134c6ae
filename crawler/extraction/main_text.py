"""The text that trafilatura finds in a parsed page.

Its fast mode copies the tree four times and measures the text of the whole page, most of it for steps that are
taken on a few pages only. `fast_text` takes the steps that every page goes through, with trafilatura's own functions
and those of its modes that prefers less text but the right one, at two thirds of the cost. Pages of which that leaves
little are left to trafilatura itself.
"""

from __future__ import annotations

import re
from copy import copy
from typing import cast

from lxml import etree, html
from trafilatura import bare_extraction
from trafilatura.core import ESCALATION_MAX_LENGTH, ESCALATION_PAGE_SHARE
from trafilatura.htmlprocessing import convert_tags, prune_unwanted_nodes, tree_cleaning
from trafilatura.main_extractor import extract_content
from trafilatura.settings import Document, Extractor
from trafilatura.xml import xmltotxt
from trafilatura.xpaths import RAW_TREE_PRUNE_XPATH, REMOVE_COMMENTS_AND_LISTS_XPATH

from broadsheet.crawler.extraction.lines import collapse
from broadsheet.crawler.extraction.remembered_expressions import remembered_expressions

_NAMES = etree.XPath("//@class | //@id", smart_strings=False)
# What the expressions that prune the page ask for in a class or an id: most pages have none of it by now.
_PRUNED_NAMES = re.compile(r"mvp-post-add|infinite|elementor-share|omment|comol|disqus|dsq-")
_OPTIONS = Extractor(output_format="python", fast=True, comments=False, precision=True)


def fast_text(root: html.HtmlElement, url: str) -> str:
    """Return the text that trafilatura's fast mode finds: the precise one, or where that is little the balanced one.

    Args:
        root: The page, without scripts: a forum is not recognised as one. It is not changed.
        url: Where the page came from.
    """
    with remembered_expressions():
        has_comments = _has_comments(root)
        tree = _without_comments(root) if has_comments else copy(root)
        body, text = extract_content(convert_tags(tree_cleaning(tree, _OPTIONS), _OPTIONS, url), _OPTIONS)
        is_little = _is_little(text, root, has_comments=has_comments)
    return _extracted(root, url, fast=True) if is_little else xmltotxt(body, _OPTIONS.formatting)


def full_text(root: html.HtmlElement, url: str) -> str:
    """Return the text that trafilatura finds when it compares what other extractors make of the page."""
    return _extracted(root, url, fast=False)


def _without_comments(root: html.HtmlElement) -> html.HtmlElement:
    """A copy of a page, without its comments."""
    tree = copy(root)
    for expressions in (RAW_TREE_PRUNE_XPATH, REMOVE_COMMENTS_AND_LISTS_XPATH):
        tree = prune_unwanted_nodes(tree, expressions)
    return tree


def _has_comments(root: html.HtmlElement) -> bool:
    """Whether something on a page is named as what is pruned of it."""
    return _PRUNED_NAMES.search("\n".join(cast("list[str]", _NAMES(root)))) is not None


def _is_little(text: str, root: html.HtmlElement, *, has_comments: bool) -> bool:
    """Whether trafilatura would look again, since it found little, or little of the page."""
    if len(text) < max(_OPTIONS.min_extracted_size, _OPTIONS.min_output_size):
        return True
    if len(text) >= ESCALATION_MAX_LENGTH:
        return False
    tree = _without_comments(root) if has_comments else root
    # It puts at most two spaces around an element.
    spaces, content = 2 * sum(1 for _ in tree.iter()), tree.text_content()
    if len(text) >= ESCALATION_PAGE_SHARE * (len(content) + spaces):
        return False
    return len(text) < ESCALATION_PAGE_SHARE * (len(collapse(content)) + spaces)


def _extracted(root: html.HtmlElement, url: str, *, fast: bool) -> str:
    with remembered_expressions():
        document = bare_extraction(root, url=url, fast=fast, include_comments=False, with_metadata=False)
    return document.text or "" if isinstance(document, Document) else ""
