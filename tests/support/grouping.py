"""Which worker runs which tests: all tests of a file that names an ``xdist_group`` go to one, in turn.

With ``--dist=loadgroup`` pytest-xdist does that for each marked test, by a suffix that it adds to the test's name. From
pytest 9.2 on names cannot be changed, and every worker gets some tests of each group.
"""

from __future__ import annotations

import re
from functools import cache

from xdist.scheduler import LoadScopeScheduling

from tests.support.lab import ROOT

GROUP = re.compile(r"xdist_group\(\"([^\"]+)\"\)")


@cache
def group_of(path: str) -> str | None:
    """The group that a file of tests names."""
    match = GROUP.search((ROOT / path).read_text())
    return match[1] if match else None


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """A group is one unit of work, any other test is its own."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0]) or nodeid
