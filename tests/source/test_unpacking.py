"""The body of an answer, however it is packed and cut: whole, refused, or too large; never more.

Memory is counted by tracemalloc.
"""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbapanel.source.trouble import BodyRefused
from nbapanel.source.unpacking import Body, TooLarge

MB = 1_000_000
MANY_TIMES = settings(max_examples=200)


def peak_bytes(work: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def packed_zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(MB)) for _ in range(megabytes)) + packer.flush()


def test_a_bomb_is_unpacked_no_further_than_the_limit():
    """400 MB in 400 kB: it costs what the limit allows, not what it would become."""
    bomb = packed_zeros(400)
    assert len(bomb) < MB

    def work() -> None:
        body = Body("gzip", 5 * MB)
        with pytest.raises(TooLarge):
            body.take(bomb)

    assert peak_bytes(work) < 4 * 5 * MB


def test_tiny_pieces_cost_what_they_hold():
    """A piece costs 34 bytes of its own, and as many to keep in a list."""

    def collect(count: int) -> None:
        body, piece = Body("", 10 * MB), bytearray(b"abc")
        for _ in range(count):
            body.take(piece[:2])
        assert len(body.whole()) == 2 * count

    assert peak_bytes(lambda: collect(200_000)) < 4 * 400_000


def test_what_follows_a_packed_body_is_not_gathered():
    """zlib would keep it, and copy all of it anew for each piece."""

    def work() -> None:
        body = Body("gzip", 50 * MB)
        body.take(gzip.compress(b"{}"))
        for _ in range(2_000):
            body.take(b"x" * 10_000)
        assert body.whole() == b"{}"

    assert peak_bytes(work) < MB


def test_a_packed_body_without_end_is_not_read_for_ever():
    """Blocks that hold nothing: they become no bytes at all, and so never too many."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    begun = packer.compress(b"") + packer.flush(zlib.Z_SYNC_FLUSH)
    empty_block = b"\x00\x00\x00\xff\xff"
    body = Body("gzip", 10_000)
    body.take(begun)
    for _ in range((10_000 - len(begun)) // len(empty_block)):
        body.take(empty_block)
    with pytest.raises(TooLarge):
        body.take(empty_block)


@MANY_TIMES
@given(body=st.binary(max_size=300), cuts=st.lists(st.integers(0, 400)), most=st.integers(0, 300))
def test_a_body_is_whole_or_too_large(body, cuts, most):
    """However it is cut into pieces, packed or not."""
    for encoding, sent in (("", body), ("gzip", gzip.compress(body)), ("identity", body)):
        collected = Body(encoding, most)
        places = [0, *sorted(cuts), len(sent)]
        try:
            for start, end in pairwise(places):
                collected.take(sent[start:end])
        except TooLarge:
            assert len(body) > most or len(sent) > most
        else:
            assert collected.whole() == body
            assert len(sent) <= most


@MANY_TIMES
@given(body=st.binary(max_size=200), encoding=st.sampled_from(["gzip", "x-gzip", "", "br", "a,b"]))
def test_any_bytes_are_a_body_or_refused(body, encoding):
    collected = Body(encoding, 1_000)
    try:
        collected.take(body)
        assert collected.whole() is not None
    except BodyRefused:
        assert encoding in ("gzip", "x-gzip")
