"""A secret goes where it is needed and nowhere else (trap W16)."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from nbapanel.warehouse.db import connect

pytestmark = pytest.mark.timeout(600)  # the first of them waits for all the work to be done
WRITTEN = ("report.jsonl", "qc.json", "games.csv", "events.csv")
HOSTILE = "<img src=hostile><b>x</b>"
CONTROL = f"{HOSTILE} is read as markup here"


def _said(planted: Any, words: str) -> Any:
    return next(one for one in planted.said if one.words.startswith(words))


def test_each_secret_was_in_use(planted: Any) -> None:
    """Else what follows would find nothing for want of anything to find."""
    used = {one.name for one in fields(planted.marks)} - {
        "database_password", "libpq_password", "wrong_password"
    }  # fmt: skip
    assert set(planted.relay.asked) == used, planted.said[0]
    assert _said(planted, "refetch --date").code == 1
    assert _said(planted, "status --json").code == 0
    assert _said(planted, "backfill --season").code == 1
    assert _said(planted, "export games").code == 0
    databases = [one for one in planted.said if one.words in ("status", "db status")]
    assert [one.code for one in databases] == [0, 3, 0], databases
    assert any("refetch" in line for line in planted.command_lines)
    assert any("hook" in text for text in planted.heard)


def test_none_is_in_a_file(planted: Any) -> None:
    looked_at = [path.name for path, _ in planted.files()]
    assert any(name.endswith(".json.gz") for name in looked_at)
    assert "nbapanel.log" in looked_at
    assert {*WRITTEN, "games.csv.manifest.json"} <= set(looked_at)
    report = (planted.home / "report.jsonl").read_text(encoding="utf-8")
    assert "Basic ***" in report, "what the feed repeated is there, without its secrets"
    found = {str(path): planted.marks.found_in(data) for path, data in planted.files()}
    assert not {path: names for path, names in found.items() if names}


def test_none_is_said_in_the_terminal(planted: Any) -> None:
    found = {one.words: planted.marks.found_in(one.out + one.err) for one in planted.said}
    assert not {words: names for words, names in found.items() if names}
    assert json.loads(_said(planted, "status --json").out)


def test_a_terminal_is_shown_text_and_no_more(planted: Any) -> None:
    """Neither a folder's name nor what a feed said is taken for colours, nor gives it orders."""
    for one in planted.said:
        assert "Traceback" not in one.err, one.err[-1500:]
        assert not set(one.out + one.err) & {"\x1b", "\x07"}, one.words
    for words in ("doctor", "refetch --date", "backfill --season"):
        assert str(planted.data) in _said(planted, words).out + _said(planted, words).err


def test_a_game_named_like_a_path_and_a_statement_is_set_aside(planted: Any) -> None:
    """trap F16: it is told of, is in no table of games, and was asked of nobody."""
    with connect(planted.admin, purpose="test looks") as connection:
        told = connection.execute(
            "SELECT bad_items, detail -> 'bad' -> 0 ->> 'reason' FROM ops.step_runs"
            " WHERE step = 'load_scoreboards' AND run_id = 1"
        ).fetchone()
        games = connection.execute("SELECT event_id FROM espn.scoreboard_games").fetchall()
    assert told is not None
    assert told[0] == 1
    assert "id" in told[1]
    assert len(games) > 5
    assert all(game.isdecimal() for (game,) in games)
    assert len(planted.relay.paths) > 5
    assert not [path for path in planted.relay.paths if "DROP" in path or ".." in path]


def test_none_is_in_the_list_of_processes(planted: Any) -> None:
    assert not planted.marks.found_in("\n".join(map(" ".join, planted.command_lines)))


def test_none_is_in_the_database(planted: Any, rows_of: Any) -> None:
    with connect(planted.admin, purpose="test looks") as connection:
        rows = list(rows_of(connection))
    names = {"ops.step_runs", "ops.source_files", "ops.warehouse", "ops.backfill_units"}
    assert {name for name, _ in rows} >= names
    found = {(name, mark) for name, text in rows for mark in planted.marks.found_in(text)}
    assert not found


def test_none_is_in_a_notification(planted: Any) -> None:
    assert not planted.marks.found_in("\n".join(planted.heard))


def test_none_is_in_the_log_of_the_database_server(planted: Any) -> None:
    """Though it logs each statement of ours, with its values."""
    text = planted.server_log.read_text(errors="replace")
    assert "INSERT INTO ops." in text
    assert not planted.marks.found_in(text)


def test_none_is_shown_in_the_window(planted: Any) -> None:
    """Whatever it shows, says to a screen reader, or lets be copied; a password field has dots."""
    texts = [text for _, text, _ in planted.texts]
    assert any("hook" in text for text in texts)
    assert any("•" in text or "●" in text for text in texts), "the dots of a hidden address"
    found = {where: planted.marks.found_in(text) for where, text, _ in planted.texts}
    assert not {where: names for where, names in found.items() if names}
    assert len(planted.copied) >= 5
    assert not planted.marks.found_in("\n".join(planted.copied))


def test_what_a_feed_says_is_text_and_never_markup(planted: Any) -> None:
    """A team, or a folder, named <b> is shown so: in labels, in tables and in what comes up."""
    said = [(where, text, markup) for where, text, markup in planted.texts if "<b>x" in text]
    read_as_markup = [(where, text) for where, text, markup in said if markup]
    control = [found for found in read_as_markup if CONTROL in found[1]]
    assert len(control) == 1, "the walk must see what is read as markup"
    assert len(said) > 10
    rest = [found for found in read_as_markup if CONTROL not in found[1]]
    assert not rest, "\n".join(f"{where}: {text}" for where, text in rest)
