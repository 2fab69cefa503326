"""Marks of a head: IP identification, TTL and the place of the rest in one number, for loops that run as plain Python.

What ``head_marks.pxd`` does in C; ``pairing_layout`` says which bits hold what.
"""

from __future__ import annotations

from pcapcheck.exchanges import pairing_layout as layout


def rest_of(marks: int) -> int:
    """What a field of the rest of an exchange is added to, to find it; negative where it is a head alone."""
    return ((marks >> layout.REST_AT) - 1) * layout.HEAD_FIELDS


def ttl_of(marks: int) -> int:
    """The TTL of the request, ABSENT if it was not captured."""
    return (marks & ((1 << layout.TTL_BITS) - 1)) - 1


def ip_id_of(marks: int) -> int:
    """The IP identification of the request, ABSENT if it was not captured."""
    return ((marks & ((1 << layout.REST_AT) - 1)) >> layout.TTL_BITS) - 1
