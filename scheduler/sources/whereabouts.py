"""Which sources file counts. Apart from what stands in it, which takes a while to load, and many commands need none."""

from __future__ import annotations

import os
from pathlib import Path

from broadsheet.scheduler.sources.errors import ConfigError

DEFAULT_FILE = Path("broadsheet.toml")


def sources_path(given: Path | None) -> Path | None:
    """Return which sources file counts, or None where there is none.

    Args:
        given: ``--config``; where that is None, ``$BROADSHEET_CONFIG`` counts, and then `DEFAULT_FILE` if there is one.
    """
    if given is not None:
        return given
    named = os.environ.get("BROADSHEET_CONFIG")
    if named:
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def required(path: Path | None) -> Path:
    """Return the sources file that counts.

    Raises:
        ConfigError: There is none.
    """
    if path is None:
        raise ConfigError(f"there is no sources file: give --config, set $BROADSHEET_CONFIG or write ./{DEFAULT_FILE}")
    return path
