"""What is wrong with a configuration."""

from __future__ import annotations


class ConfigError(Exception):
    """The configuration cannot be used.

    Args:
        problems: All that is wrong, each with where it stands and what is allowed there.

    Attributes:
        problems: The same.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
