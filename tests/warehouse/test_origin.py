"""Whose data a warehouse holds: claimed once, remembered, and never mixed."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from nbapanel.errors import UsageError, WrongOrigin
from nbapanel.origin import FeedSet, claim, parse_feeds, refusal, remembered
from nbapanel.paths import DataDir

LIVE, DEMO = FeedSet("live"), FeedSet("demo", "7")


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "data")


def test_a_new_directory_is_claimed(data_dir):
    assert remembered(data_dir) is None
    claim(data_dir, DEMO)
    assert remembered(data_dir) == DEMO
    claim(data_dir, DEMO)
    assert [path.name for path in data_dir.root.iterdir()] == ["origin.json"]
    if sys.platform != "win32":
        assert stat.S_IMODE(data_dir.root.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        (LIVE, DEMO),
        (DEMO, LIVE),
        (DEMO, FeedSet("demo", "8")),
        (FeedSet("recorded", "/a"), DEMO),
        (FeedSet("http", "http://a:1"), FeedSet("http", "http://b:1")),
        (FeedSet("http", "http://a:1", known_as="demo:7"), LIVE),
    ],
)
def test_others_are_refused(data_dir, have, wanted):
    claim(data_dir, have)
    before = data_dir.origin.read_bytes()
    with pytest.raises(WrongOrigin) as refused:
        claim(data_dir, wanted)
    assert repr(have.identity) in refused.value.title
    assert repr(wanted.identity) in refused.value.title
    assert "--data-dir" in refused.value.hint
    assert refused.value.exit_code == 2
    assert data_dir.origin.read_bytes() == before


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        (FeedSet("recorded", "/a"), FeedSet("recorded", "/b")),
        (DEMO, FeedSet("http", "http://127.0.0.1:1", known_as="demo:7")),
        (FeedSet("http", "http://127.0.0.1:1", "demo:7"), FeedSet("http", "http://x:2", "demo:7")),
        (FeedSet("http", "http://127.0.0.1:1", "recorded"), FeedSet("recorded", "/a")),
    ],
)
def test_the_same_by_another_way(data_dir, have, wanted):
    """A simulator behind a URL says who it is; recorded games are the same in any folder."""
    claim(data_dir, have)
    claim(data_dir, wanted)
    assert remembered(data_dir) == have


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"kind": "live"}', "null", "7"])
def test_a_damaged_note_is_no_leave_to_go_on(data_dir, damaged):
    data_dir.make()
    data_dir.origin.write_text(damaged)
    with pytest.raises(WrongOrigin, match="cannot be told"):
        claim(data_dir, LIVE)
    assert data_dir.origin.read_text() == damaged


def test_the_hint_of_a_damaged_note_mends_it(data_dir):
    data_dir.make()
    data_dir.origin.write_text("{")
    with pytest.raises(WrongOrigin) as refused:
        remembered(data_dir)
    start = refused.value.hint.index("{")
    text = refused.value.hint[start : refused.value.hint.index("}") + 1]
    data_dir.origin.write_text(text)
    assert remembered(data_dir) == LIVE
    assert json.loads(text)["kind"] == "live"


@pytest.mark.parametrize(
    ("text", "feeds", "flavour", "identity"),
    [
        ("live", FeedSet("live"), "live", "live"),
        ("demo", FeedSet("demo", "7"), "demo", "demo:7"),
        ("demo:12", FeedSet("demo", "12"), "demo", "demo:12"),
        ("http://h:80/", FeedSet("http", "http://h:80"), "mirror", "http://h:80"),
        ("https://h/mirror", FeedSet("http", "https://h/mirror"), "mirror", "https://h/mirror"),
    ],
)
def test_forms(text, feeds, flavour, identity):
    found = parse_feeds(text)
    assert (found, found.flavour, found.identity) == (feeds, flavour, identity)
    assert str(found)


def test_recorded_names_a_folder(tmp_path):
    found = parse_feeds(f"recorded:{tmp_path}")
    assert found == FeedSet("recorded", str(tmp_path.resolve()))
    assert found.identity == "recorded"
    assert found.is_simulated
    assert not parse_feeds("live").is_simulated


@pytest.mark.parametrize(
    "text",
    ["", "7", "Live", "live:x", "demo:x", "demo:-1", "recorded", "recorded:", "http:", "http:/h"],
)
def test_what_is_no_set_of_feeds(text):
    with pytest.raises(UsageError) as refused:
        parse_feeds(text)
    assert refused.value.hint


def test_a_flavour_of_its_own_for_what_a_simulator_says_it_is():
    assert FeedSet("http", "http://h:1", known_as="demo:7").flavour == "demo"
    assert FeedSet("http", "http://h:1", known_as="recorded").flavour == "recorded"
    assert refusal("Here", "a", "b").hint.startswith("Use --feeds a")
