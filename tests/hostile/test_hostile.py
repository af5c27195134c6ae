"""The command on a site that means harm, in a network where every address but the site's is the canary's.

All cases, with the memory of every process, are measured by ``python -m hostile.run``.
"""

from __future__ import annotations

import pytest
from hostile import namespace
from hostile.measured import failures_of, measured

pytestmark = pytest.mark.skipif(
    not namespace.is_possible(), reason="this machine makes no network namespaces, or has no `ip`"
)
_DEADLINE = 3.0


@pytest.mark.parametrize("groups", ["locations+pages+listings+names+tls+framing", "heavy", "endless"])
def test_a_hostile_site_gets_nowhere_and_all_that_it_sends_is_kept_in_little_memory(groups: str) -> None:
    with measured([groups], deadline=_DEADLINE) as results:
        [of] = results
    assert failures_of(of, deadline=_DEADLINE) == []
