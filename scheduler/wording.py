"""How things are counted in what people read."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with what it counts: ``1 source``, ``2 sources``.

    Args:
        number: How many.
        one: What one of them is called.
        many: What several are; where not given, the same with an ``s``.
    """
    return f"{number} {one if number == 1 else many or one + 's'}"
