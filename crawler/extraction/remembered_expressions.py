"""trafilatura's expressions for what to keep and what to leave out, asked once for all elements that are alike.

Most of them judge an element by its tag and a few of its attributes alone, with regular expressions that lxml runs in
Python, for every element of every page anew: a good part of what reading costs. Elements of the same tag and with the
same of these attributes are judged alike; so the expression itself is asked for one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from lxml import etree, html
from trafilatura import xpaths

_LISTS = (
    xpaths.BODY_XPATH,
    xpaths.OVERALL_DISCARD_XPATH,
    xpaths.PRECISION_DISCARD_XPATH,
    xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH,
)
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
# An element anywhere below, by conditions that look neither around it nor into it; perhaps only the first one.
_BY_ITSELF = re.compile(r"\.//\*(?:\[[^\[\]/.]+\])+|\(\.//\*(?:\[[^\[\]/.]+\])+\)\[1\]")
_FIRST = "[1]"
_FUNCTION, _AXIS = re.compile(r"([\w:-]+)\s*\("), re.compile(r"([\w-]+)::")
_FUNCTIONS = frozenset(("re:test", "contains", "starts-with", "translate", "not", "or", "and"))
_TAG, _ATTRIBUTE = re.compile(r"self::([\w-]+)"), re.compile(r"@([\w-]+)")
_ANY_TAG = "div"
_MOST_REMEMBERED = 8192
_MOST_AT_ONCE = 2048
_LONGEST_REMEMBERED = 512

# A tag, where the expression asks for it, and the attributes that it asks for, in their order: it tells of two by that.
_Alike = tuple[str, tuple[tuple[str, str], ...]]


class RememberedExpression:
    """An expression that finds what the one that it was made of finds.

    Args:
        path: Judges an element by its own tag and attributes.
        is_first: Whether only the first of those that it finds is asked for.
    """

    def __init__(self, path: str, *, is_first: bool) -> None:
        conditions = _LITERAL.sub("''", path)
        self._expression = etree.XPath(path, namespaces={"re": xpaths.REGEXP_NS})
        self._is_first = is_first
        self._tags = tuple(dict.fromkeys(_TAG.findall(conditions)))
        self._names = frozenset(_ATTRIBUTE.findall(conditions))
        self._verdicts: dict[_Alike, bool] = {}

    @property
    def needs_attributes(self) -> bool:
        """Whether it finds no element without attributes, so that nobody has to look at those."""
        return not any(self._judged([(tag, ()) for tag in self._tags or (_ANY_TAG,)]).values())

    def __call__(self, tree: html.HtmlElement) -> list[html.HtmlElement]:
        """Return the elements below another one that the expression finds."""
        names, any_tag, verdicts = self._names, None if self._tags else _ANY_TAG, self._verdicts
        open_cases: list[tuple[html.HtmlElement, _Alike]] = []
        for element in tree.iterdescendants(*self._tags or (etree.Element,)):
            if items := element.items():
                alike = (any_tag or element.tag, tuple([item for item in items if item[0] in names]))
                if verdicts.get(alike, True):
                    open_cases.append((element, alike))
                    if len(open_cases) > _MOST_AT_ONCE:
                        # A page of elements no two of which are alike: to remember them would only cost more.
                        return self._answer(cast("list[html.HtmlElement]", self._expression(tree)))
        return self._answer(self._found(open_cases))

    def _answer(self, found: list[html.HtmlElement]) -> list[html.HtmlElement]:
        return found[:1] if self._is_first else found

    def _found(self, open_cases: list[tuple[html.HtmlElement, _Alike]]) -> list[html.HtmlElement]:
        """Those of some elements that the expression finds; what it says of them is remembered."""
        verdicts = self._verdicts
        if len(verdicts) > _MOST_REMEMBERED:
            verdicts.clear()
        new = {alike for _, alike in open_cases if alike not in verdicts}
        if new:
            verdicts.update(self._judged(new))
        found = [element for element, alike in open_cases if verdicts[alike]]
        for alike in new:
            if sum(len(value) for _, value in alike[1]) > _LONGEST_REMEMBERED:
                del verdicts[alike]
        return found

    def _judged(self, several: Iterable[_Alike]) -> dict[_Alike, bool]:
        """What the expression says of elements, whatever is around them or inside."""
        around = etree.Element("body")
        made = {}
        for alike in several:
            made[alike] = etree.SubElement(around, alike[0])
            for name, value in alike[1]:
                made[alike].set(name, value)
        found = frozenset(cast("Iterable[html.HtmlElement]", self._expression(around)))
        return {alike: element in found for alike, element in made.items()}


@contextmanager
def remembered_expressions() -> Iterator[None]:
    """Let trafilatura use remembered expressions for as long as this lasts."""
    for expressions, swapped, _ in _SWAPS:
        expressions[:] = swapped
    try:
        yield
    finally:
        for expressions, _, own in _SWAPS:
            expressions[:] = own


def remembered(expression: etree.XPath) -> etree.XPath | RememberedExpression:
    """Return an expression that finds the same, and remembers; or the same one, where it looks beyond an element.

    Of an expression for the first element below each parent it finds the first one of all: trafilatura takes no other.
    """
    path = expression.path.strip()
    conditions = _LITERAL.sub("''", path)
    # What asks for no regular expression costs no more than to look at the attributes does.
    if "re:test" not in conditions or not _BY_ITSELF.fullmatch(conditions):
        return expression
    if not {"self"}.issuperset(_AXIS.findall(conditions)) or not _FUNCTIONS.issuperset(_FUNCTION.findall(conditions)):
        return expression
    every = path.removesuffix(_FIRST)
    made = RememberedExpression(every.removeprefix("(").removesuffix(")"), is_first=every != path)
    return made if made.needs_attributes else expression


_SWAPS: list[tuple[list[Any], list[Any], list[Any]]] = [
    (expressions, [remembered(each) for each in expressions], list(expressions)) for expressions in _LISTS
]
