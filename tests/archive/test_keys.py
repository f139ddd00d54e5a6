"""Keys come from upstream: whatever they say, they never lead out of the archive."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbapanel.archive import KeyRefused, names

NASTY = st.text(st.sampled_from("aZ09:._-/\\~ \0\n%é"), max_size=140)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=140), NASTY))
@example("../../etc/x")
@example("a\n")
@example("a..b")
@example("CON")
@example("nul.txt")
@example("LPT1:5")
@example("a" * 129)
@example("٣")
@example(".hidden")
@example("ends.")
def test_a_key_is_refused_or_is_one_plain_folder(key):
    """trap F16"""
    try:
        folder = names.key_folder(key)
    except KeyRefused as error:
        refused = str(error)
    else:
        refused = None
    if refused is not None:
        assert refused.isascii()
        assert refused.isprintable()
        return
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", folder)
    for flavour in (PurePosixPath, PureWindowsPath):
        assert len(flavour(folder).parts) == 1
        assert ".." not in folder
        assert not flavour(folder).is_absolute()
    assert not PureWindowsPath(folder).drive
    assert not folder.endswith(".")


@pytest.mark.parametrize(
    "key",
    ["2026-01-15", "401584793:401584793", "KXNBAGAME-26JUN13NYKSAS-SAS", "CONDOR", "COM10",
     "KXNBAGAME.since-2026-01-09", "KXNBAGAME.historical", "a" * 128],
)  # fmt: skip
def test_keys_in_use_are_accepted(key):
    assert names.key_folder(key) == key.replace(":", "_")


@pytest.mark.parametrize(
    "key",
    ["", "..", "a/b", "a\\b", "c:/x", "CON", "con.json", "AUX:1"[:3], "LPT9", ".a", "a b", "a\0",
     "a" * 129, "é", "x..y", "x."],
)  # fmt: skip
def test_keys_that_are_refused(key):
    """trap F16"""
    with pytest.raises(KeyRefused):
        names.key_folder(key)


@settings(deadline=None)
@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))
def test_stamps_are_exact_and_sort_by_time(moment):
    text = names.stamp(moment)
    assert len(text) == 23
    assert names.moment(text) == moment


@settings(deadline=None)
@given(*[st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC))] * 2)
def test_stamps_sort_as_moments_do(one, other):
    assert (names.stamp(one) < names.stamp(other)) == (one < other)
