"""What the window asks of a warehouse: of a demo evening, and of a few rows put there by hand."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, get_args

import pytest

from nbapanel.desk.answers import answer
from nbapanel.errors import UserFacingError
from nbapanel.rows import questions as q
from nbapanel.rows import reads
from nbapanel.rows.backfills import BackfillDetail
from nbapanel.rows.exportable import ExportChoices
from nbapanel.steps.inputs import INPUTS
from nbapanel.steps.publish import VIEWS
from nbapanel.warehouse.db import Database, connect
from nbapanel.warehouse.merge import mark_games

MADE_OF = {view.name: view.made_of for view in VIEWS}
AT = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
ORDERS = get_args(q.GameOrder)


@pytest.fixture(scope="module")
def demo(empty_database, tmp_path_factory):
    """The last two days of the demo league, fetched once by the real command, on the shared server.

    Whoever changes something takes it back.
    """
    room = tmp_path_factory.mktemp("demo")
    with empty_database() as conninfo:
        environment = {"PATH": os.environ["PATH"], "HOME": str(room), "DATABASE_URL": conninfo}
        command = [sys.executable, "-m", "nbapanel", "refetch", "--feeds", "demo", "--days", "2"]
        done = subprocess.run(
            [*command, "--data-dir", str(room / "data")],
            env=environment | {"LANG": "C.UTF-8"},
            cwd=room,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done
        yield conninfo


@pytest.fixture
def evening(demo):
    with connect(demo, purpose="test") as opened:
        yield opened


def ask(connection, question, **given: Any) -> Any:
    return answer(connection, question, made_of=MADE_OF, **given)


def all_games(connection, **asked: Any) -> tuple[reads.GameRow, ...]:
    return ask(connection, q.GamesAsked(limit=1000, **asked)).rows


def first_final(connection) -> reads.GameRow:
    return all_games(connection, status="post", completeness="complete")[0]


_OF_A_BACKFILL = """
INSERT INTO ops.backfills (seasons, lanes, force, trigger, phase, status)
VALUES ('{2025-26}', '{espn}', false, 'terminal', 'over', 'done') RETURNING backfill_id
"""


def test_every_question_has_an_answer_of_its_type(evening):
    game = first_final(evening)
    backfill = evening.execute(_OF_A_BACKFILL).fetchone()[0]
    expected = {
        q.OverviewAsked(7): reads.Overview,
        q.StepsAsked(): dict,
        q.DatabaseAsked(): reads.DatabaseFacts,
        q.RefreshesAsked(None): tuple,
        q.AlertsAsked(AT): tuple,
        q.GamesAsked(): reads.GamePage,
        q.GameChoicesAsked(): reads.GameChoices,
        q.GameAsked(game.game_id): reads.GameChart,
        q.PayloadsAsked(game.game_id): tuple,
        q.RunsAsked(): reads.RunPage,
        q.RunAsked(1): reads.RunDetail,
        q.NbaSeasonsAsked(): tuple,
        q.ExportChoicesAsked(): ExportChoices,
        q.BackfillsAsked(): tuple,
        q.BackfillAsked(backfill): BackfillDetail,
        q.BackendsAsked(): int,
    }
    declared = {kind.__name__ for kind in q.Question.__subclasses__()}
    assert {type(question).__name__ for question in expected} == declared
    for question, kind in expected.items():
        assert isinstance(ask(evening, question), kind), question


def test_games_are_counted_and_say_what_they_lack(evening):
    page = ask(evening, q.GamesAsked())
    assert page.total == len(page.rows) > 10
    assert page.fallback == ""
    assert not any(row.lacks for row in page.rows), "what is not over lacks nothing"
    told = Counter((row.status_state, row.to_come) for row in page.rows)
    assert set(told) == {("in", "still in play"), ("pre", "still to be played"), ("post", "")}
    complete = all_games(evening, completeness="complete")
    incomplete = all_games(evening, completeness="incomplete")
    assert set(complete) == {row for row in page.rows if not row.to_come}
    assert incomplete == (), "a game to come, or in play, is neither"


def test_games_say_what_the_league_has_of_them(evening):
    """Apart from what ESPN and Kalshi have: the league may be out of reach."""
    games = all_games(evening)
    assert all(row.nba is not None for row in games)
    assert [row.nba.events for row in games] == [
        evening.execute(
            "SELECT count(*) FROM nba.pbp_events WHERE game_id = %s", (row.nba.game_id,)
        ).fetchone()[0]
        for row in games
    ]
    assert {(row.status_state, row.nba.to_come) for row in games} == {
        ("in", "still in play"),
        ("pre", "still to be played"),
        ("post", ""),
    }
    whole = all_games(evening, completeness="nba_complete")
    rest = all_games(evening, completeness="nba_incomplete")
    assert whole == tuple(row for row in games if not row.nba.to_come)
    assert rest == (), "a game to come, or in play, is neither"


def test_a_game_that_the_league_has_not_seen_the_end_of_lacks_it(evening):
    """Once the scoreboard has its final: by the row and by the filter alike."""
    one = next(row for row in all_games(evening) if row.nba.to_come == "still in play")
    end = "UPDATE espn.scoreboard_games SET status_completed = true WHERE competition_id = %s"
    with evening.transaction(force_rollback=True):
        evening.execute(end, (one.game_id,))
        (row,) = all_games(evening, text=one.game_id, completeness="nba_incomplete")
        assert (row.nba.lacks, row.nba.to_come) == ("its final score", "")


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ("UPDATE nba.games SET final_from = 'boxscore' WHERE game_id = %s",
         "the end of its play-by-play"),
        ("WITH gone AS (DELETE FROM nba.pbp_events WHERE game_id = %s RETURNING game_id)"
         " UPDATE nba.games SET final_from = 'boxscore' WHERE game_id IN (TABLE gone)",
         "play-by-play"),
        ("DELETE FROM nba.boxscore_games WHERE game_id = %s", "box score"),
        ("UPDATE nba.boxscore_games SET status = 2 WHERE game_id = %s", "the final box score"),
        ("UPDATE derived.game_map SET nba_game_id = NULL WHERE nba_game_id = %s", None),
    ],
)  # fmt: skip
def test_what_the_league_lacks_of_a_game_is_said(evening, change, lacks):
    """By the row and by the filter alike."""
    one = all_games(evening, completeness="nba_complete")[0]
    with evening.transaction(force_rollback=True):
        evening.execute(change, (one.nba.game_id,))
        (row,) = all_games(evening, text=one.game_id)
        assert (row.nba and row.nba.lacks) == lacks
        assert all_games(evening, text=one.game_id, completeness="nba_complete") == ()
        assert all_games(evening, text=one.game_id, completeness="nba_incomplete") == (row,)
        off = "UPDATE espn.scoreboard_games SET status_name = %s WHERE competition_id = %s"
        evening.execute(off, ("STATUS_POSTPONED", one.game_id))
        (row,) = all_games(evening, text=one.game_id, completeness="nba_complete")
        assert row.nba is None or row.nba.lacks == "", "trap L18"


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_any_order_hold_every_game_once(evening, order, descending):
    """Where the key says nothing the order is still the same from one page to the next."""
    whole = all_games(evening, order=order, descending=descending)
    paged: list[reads.GameRow] = []
    while True:
        asked = q.GamesAsked(order=order, descending=descending, offset=len(paged), limit=4)
        page = ask(evening, asked)
        assert (page.total, page.offset) == (len(whole), len(paged))
        if not page.rows:
            break
        paged += page.rows
    assert tuple(paged) == whole
    key = {"home": "home_code", "away": "away_code", "coverage": "coverage_percent",
           "freshness": "last_fetched_at", "season": "season_label",
           "status": "status_state"}.get(order, order)  # fmt: skip
    values = [getattr(row, key) for row in whole]
    known = [value for value in values if value is not None]
    assert values == sorted(known, reverse=descending) + [None] * (len(values) - len(known))


def test_games_are_found_by_what_is_asked(evening):
    games = all_games(evening)
    one = games[3]
    by_team = all_games(evening, team=one.home_code)
    assert one in by_team
    assert all(one.home_code in (row.home_code, row.away_code) for row in by_team)
    assert all_games(evening, season=one.season_label) == games
    assert all_games(evening, season="1999-00") == ()
    by_day = Counter(row.game_date for row in games)
    assert len(by_day) == 2
    for day, count in by_day.items():
        assert len(all_games(evening, first=day, last=day)) == count
    assert all_games(evening, first=min(by_day)) == games
    assert all_games(evening, last=min(by_day) - timedelta(days=1)) == ()
    assert all_games(evening, text=one.game_id) == (one,)
    both = all_games(evening, text=f"{one.home_team.lower()} {one.away_code}")
    assert one in both
    assert all(row.home_team == one.home_team or row.away_team == one.home_team for row in both)
    assert all_games(evening, text="%") == all_games(evening, text="_") == ()
    assert {row.status_state for row in all_games(evening, status="in")} == {"in"}


@pytest.mark.parametrize("state", ["rebuilt", "missing", "not filled"])
@pytest.mark.parametrize(
    ("view", "question"),
    [("game_summary", q.GamesAsked()), ("slate", q.OverviewAsked(30))],
)
def test_a_view_that_cannot_be_read_is_read_from_the_tables(demo, evening, view, question, state):
    """A plain REFRESH locks readers out; the same is answered, and it is said from where."""
    usual = ask(evening, question)
    name = f"derived.{view}"
    with connect(demo, purpose="test", autocommit=False) as other:
        if state == "rebuilt":
            other.execute(f"REFRESH MATERIALIZED VIEW {name}")
        elif state == "missing":
            evening.execute(f"ALTER MATERIALIZED VIEW {name} RENAME TO gone")
        else:
            evening.execute(f"REFRESH MATERIALIZED VIEW {name} WITH NO DATA")
        try:
            found = ask(evening, question)
        finally:
            other.rollback()
            if state == "missing":
                evening.execute(f"ALTER MATERIALIZED VIEW derived.gone RENAME TO {view}")
            evening.execute(f"REFRESH MATERIALIZED VIEW {name}")
    assert found.fallback.startswith(f"{name} ")
    assert "the tables behind it" in found.fallback
    assert _without_sizes(replace(found, fallback="")) == _without_sizes(usual)
    assert ask(evening, question).fallback == ""


def _without_sizes(answered: Any) -> Any:
    """PostgreSQL's own housekeeping changes what a relation takes on the disk at any time."""
    if not isinstance(answered, reads.Overview):
        return answered
    sizes = tuple(replace(one, size_bytes=0) for one in answered.relations)
    return replace(answered, relations=sizes)


def test_a_final_game_over_its_time(evening):
    game = first_final(evening)
    chart = ask(evening, q.GameAsked(game.game_id))
    assert chart.game == game
    columns = [getattr(chart, field.name) for field in fields(chart)
               if field.name not in ("game", "quarter_ends_s")]  # fmt: skip
    assert {len(column) for column in columns} == {game.items}
    assert list(chart.elapsed_s) == sorted(chart.elapsed_s)
    assert chart.elapsed_s[0] == 0
    assert chart.elapsed_s[-1] == chart.quarter_ends_s[-1]
    assert chart.quarter_ends_s[:4] == (720.0, 1440.0, 2160.0, 2880.0)
    assert chart.score_diff[-1] == game.home_score - game.away_score
    assert all(0 <= one <= 1 for one in chart.espn_home_prob)
    # The winner's side ends high with both, whichever market spoke (trap D1, trap W7).
    assert (chart.espn_home_prob[-1] > 0.5) == (chart.score_diff[-1] > 0)
    assert (chart.kalshi_mid[-1] > 0.5) == (chart.score_diff[-1] > 0)
    quoted = zip(chart.kalshi_bid, chart.kalshi_mid, chart.kalshi_ask, strict=True)
    assert all(bid <= mid <= ask for bid, mid, ask in quoted if mid is not None)


def test_a_game_without_features_has_its_curve_and_its_score(evening):
    game = first_final(evening)
    before = ask(evening, q.GameAsked(game.game_id))
    with evening.transaction(force_rollback=True):
        evening.execute("DELETE FROM derived.snapshot_features WHERE game_id = %s", (game.game_id,))
        found = ask(evening, q.GameAsked(game.game_id))
        assert set(found.kalshi_mid) == {None}
        assert found.elapsed_s == before.elapsed_s
        assert (found.espn_home_prob, found.score_diff) == (
            before.espn_home_prob,
            before.score_diff,
        )
        evening.execute(
            "DELETE FROM espn.probabilities_raw_items WHERE game_id = %s", (game.game_id,)
        )
        found = ask(evening, q.GameAsked(game.game_id))
        assert set(found.espn_home_prob) == {None}
        assert len(found.elapsed_s) == game.state_rows
        assert found.score_diff[-1] == before.score_diff[-1]


def add_game(connection, game_id="1", **columns: Any) -> None:
    row = {
        "event_id": game_id,
        "scoreboard_date": date(2026, 1, 15),
        "season_label": "2025-26",
        "competition_id": game_id,
        "status_name": "STATUS_FINAL",
        "status_state": "post",
        "status_completed": True,
        "source_file_id": 1,
        "game_date": date(2026, 1, 15),
    } | columns
    names = ", ".join(row)
    values = ", ".join(f"%({name})s" for name in row)
    connection.execute(f"INSERT INTO espn.scoreboard_games ({names}) VALUES ({values})", row)


def add_moment(connection, sequence, period, clock_s, score, *, has_play=True) -> None:
    connection.execute(
        "INSERT INTO espn.probabilities_raw_items (season_label, game_id, sequence_number,"
        " event_id, home_win_percentage, away_win_percentage, source_file_id)"
        " VALUES ('2025-26', '1', %s, %s, 0.5, 0.5, 1)",
        (sequence, sequence if has_play else None),
    )
    if has_play:
        connection.execute(
            "INSERT INTO espn.prob_event_state (game_id, event_id, period, clock_seconds,"
            " home_score, away_score, sequence_number) VALUES ('1', %s, %s, %s, %s, %s, %s)",
            (sequence, period, clock_s, *score, sequence),
        )


def test_overtime_corrections_and_rows_that_are_no_plays(connection):
    """trap D3, trap D13: overtime follows the fourth quarter, a correction stands where it
    belongs, a 0-0 after the first point is no score, an item without a play stays where it is."""
    add_game(connection)
    for sequence, period, clock_s, score in (
        (1, 1, 720.0, (0, 0)),
        (2, 1, 0.0, (2, 0)),
        (3, 2, 720.0, (2, 3)),
        (5, 5, 300.0, (9, 9)),
        (6, 6, 0.0, (12, 10)),
        (7, 4, 0.0, (9, 9)),
        (8, 6, 0.0, (0, 0)),
    ):
        add_moment(connection, sequence, period, clock_s, score)
    add_moment(connection, 4, None, None, None, has_play=False)
    chart = ask(connection, q.GameAsked("1"))
    assert chart.elapsed_s == (0.0, 720.0, 720.0, 720.0, 2880.0, 2880.0, 3480.0, 3480.0)
    assert chart.score_diff == (0, 2, -1, None, 0, 0, 2, None)
    assert chart.quarter_ends_s == (720.0, 1440.0, 2160.0, 2880.0, 3180.0, 3480.0)


def test_a_game_that_is_not_published_yet(connection):
    add_game(connection, home_score=99, away_score=98)
    assert ask(connection, q.GamesAsked()).rows == ()
    chart = ask(connection, q.GameAsked("1"))
    assert (chart.game.home_score, chart.elapsed_s) == (99, ())
    assert chart.game.lacks == "probabilities, plays, candles"
    with pytest.raises(UserFacingError, match="no game 2"):
        ask(connection, q.GameAsked("2"))


def test_what_is_lacking_in_words(connection):
    """The words and the filter say the same; the slate judges as they do (trap L18)."""
    figures = "items, plays, state_rows, home_candles, away_candles"
    cases = {
        "1": ("STATUS_FINAL", True, (9, 9, 9, 9, 9), ""),
        "2": ("STATUS_FINAL", True, (0, 9, 9, 9, 9), "probabilities"),
        "3": ("STATUS_FINAL", True, (9, 9, 0, 9, 9), "game state"),
        "4": ("STATUS_FINAL", True, (9, 0, 0, 9, 0), "plays, away candles"),
        "5": ("STATUS_FINAL", True, (9, 9, 9, 0, 9), "home candles"),
        "6": ("STATUS_POSTPONED", False, (0, 0, 0, 0, 0), ""),
        "7": ("STATUS_SUSPENDED", False, (9, 9, 9, 9, 9), "its final score"),
        "8": ("STATUS_FINAL", True, (9, 9, 9, 0, 0), "candles"),
    }
    for number, (name, is_completed, counts, _) in cases.items():
        day = date(2026, 1, int(number))
        add_game(connection, number, status_name=name, status_completed=is_completed,
                 game_date=day)  # fmt: skip
        connection.execute(
            f"INSERT INTO derived.game_stats (game_id, {figures}, snapshots,"
            " snapshots_with_kalshi) VALUES (%s, %s, %s, %s, %s, %s, 4, 3)",
            (number, *counts),
        )
    connection.execute("REFRESH MATERIALIZED VIEW derived.game_summary")
    connection.execute("REFRESH MATERIALIZED VIEW derived.slate")
    rows = all_games(connection)
    assert {row.game_id: row.lacks for row in rows} == {n: case[3] for n, case in cases.items()}
    complete = {row.game_id for row in all_games(connection, completeness="complete")}
    assert complete == {row.game_id for row in rows if not row.lacks}
    rest = {row.game_id for row in all_games(connection, completeness="incomplete")}
    assert rest == {row.game_id for row in rows if row.lacks}
    days = ask(connection, q.OverviewAsked(99)).days
    assert {str(day.game_date.day) for day in days if day.complete} == complete
    assert {row.coverage_percent for row in rows} == {75.0}


def test_choices_are_what_there_is(connection):
    names = {"home_code": "LAL", "away_code": "LAC", "away_team_display_name": "LA Clippers"}
    add_game(connection, "1", home_team_display_name="Lakers of old", **names)
    add_game(connection, "2", season_label="2026-27", game_date=date(2026, 12, 1),
             home_team_display_name="Los Angeles Lakers", **names)  # fmt: skip
    add_game(connection, "3", season_label="2026-27", game_date=None)
    choices = ask(connection, q.GameChoicesAsked())
    assert choices.seasons == ("2026-27", "2025-26")
    assert choices.teams == (("LAC", "LA Clippers"), ("LAL", "Los Angeles Lakers"))


def test_payloads_of_a_game(evening):
    game = first_final(evening)
    found = ask(evening, q.PayloadsAsked(game.game_id))
    kinds = Counter(row.source_type for row in found)
    assert kinds == {
        "espn_plays": 1,
        "espn_probabilities": 1,
        "espn_scoreboard": 1,
        "kalshi_candlesticks": 1,
        "kalshi_markets": 1,
        "pbp": 1,
        "boxscore": 1,
    }
    assert all(row.byte_size > 0 and row.path.endswith(".json.gz") for row in found)
    assert ask(evening, q.PayloadsAsked("none")) == ()


def test_a_run_tells_its_games_and_its_changes(evening):
    detail = ask(evening, q.RunAsked(1))
    games = all_games(evening)
    assert set(detail.games) == {row.game_id for row in games}
    assert detail.games_total == len(games)
    assert detail.changes["espn.scoreboard_games"]["inserted"] == len(games)
    assert len(detail.steps) == len(detail.run.steps)
    assert detail.run == ask(evening, q.RunsAsked()).rows[0]
    written = [c for name, c in detail.changes.items() if name not in MADE_OF]
    assert detail.run.inserted == sum(counts["inserted"] for counts in written)
    assert all_games(evening, changed_by_run=1) == games
    assert all_games(evening, changed_by_run=2) == ()
    with pytest.raises(UserFacingError, match="no run 99"):
        ask(evening, q.RunAsked(99))


def add_run(connection, status="done", *, days_ago=0.0, resumes=None) -> int:
    row = connection.execute(
        "INSERT INTO ops.pipeline_runs (kind, trigger, steps, settings, started_at, status,"
        " app_version, host, pid, resumes) VALUES ('refetch', 'button', '{a}', '{}',"
        " now() - make_interval(secs => %s), %s, '1', 'h', 1, %s) RETURNING run_id",
        (days_ago * 86_400, status, resumes),
    ).fetchone()
    return row[0]


async def test_games_that_a_run_marks_are_those_it_changed(conninfo, connection):
    run_id = add_run(connection)
    async with Database(conninfo, "test") as database, database.connection() as marking:
        await mark_games(marking, ["a", "b"], ["1", "2"], run_id)
        await mark_games(marking, ["a"], ["2", "3"], run_id)
        await mark_games(marking, ["a"], ["4"], None)
        await mark_games(marking, ["a"], ["5"], run_id + 1)  # not on record
    detail = ask(connection, q.RunAsked(run_id))
    assert (detail.games, detail.games_total) == (("3", "2", "1"), 3)
    marked = connection.execute("SELECT count(*) FROM ops.game_changes").fetchone()
    assert marked == (7,)


def test_a_run_of_many_games_names_the_first_thousand(connection):
    run_id = add_run(connection)
    connection.execute(
        "INSERT INTO ops.run_games SELECT %s, n::text FROM generate_series(1, 1500) AS n",
        (run_id,),
    )
    detail = ask(connection, q.RunAsked(run_id))
    assert (len(detail.games), detail.games_total) == (1000, 1500)


def test_runs_by_the_page(connection):
    runs = [add_run(connection) for _ in range(5)]
    page = ask(connection, q.RunsAsked(offset=1, limit=3))
    assert (page.total, page.offset) == (5, 1)
    assert [row.run_id for row in page.rows] == [runs[3], runs[2], runs[1]]
    assert ask(connection, q.RunsAsked(offset=9)).rows == ()
    assert ask(connection, q.RunsAsked(offset=9)).total == 5


def add_step(connection, run_id, step, status, *, attempt=1, ms: int | None = 1000) -> None:
    connection.execute(
        "INSERT INTO ops.step_runs (run_id, step, attempt, status, started_at, finished_at,"
        " duration_ms) VALUES (%s, %s, %s, %s, now(), clock_timestamp(), %s)",
        (run_id, step, attempt, status, ms),
    )


def test_what_is_known_of_a_step(connection):
    """trap W1: a failure does not hide the success before it, nor is it hidden by one."""
    for number in range(1, 25):
        run_id = add_run(connection)
        add_step(connection, run_id, "a", "done", ms=number * 1000)
        if number <= 2:
            add_step(connection, run_id, "b", "done")
    last = add_run(connection)
    add_step(connection, last, "a", "failed", ms=9)
    add_step(connection, last, "a", "timed_out", attempt=2, ms=9)
    add_step(connection, last, "c", "blocked", ms=None)
    facts = ask(connection, q.StepsAsked())
    assert set(facts) == {"a", "b", "c"}
    a, b, c = facts["a"], facts["b"], facts["c"]
    assert (a.last.run_id, a.last.attempt, a.last.status) == (last, 2, "timed_out")
    assert (a.succeeded.run_id, a.succeeded.duration_ms) == (24, 24_000)
    assert a.durations_s == tuple(float(number) for number in range(5, 25))
    assert a.usual_s == 14.5
    assert (b.durations_s, b.usual_s) == ((1.0, 1.0), None), "two are not enough to say"
    assert (c.last.status, c.succeeded, c.durations_s) == ("blocked", None, ())


def test_a_step_is_stale_when_what_it_is_made_of_changed_since(evening):
    facts = ask(evening, q.StepsAsked(), inputs=INPUTS)
    assert {key: one.stale for key, one in facts.items()} == dict.fromkeys(facts, "")
    with evening.transaction(force_rollback=True):
        evening.execute("INSERT INTO ops.game_changes VALUES ('derived.snapshot_features', '1')")
        facts = ask(evening, q.StepsAsked(), inputs=INPUTS)
        stale = {key: one.stale for key, one in facts.items() if one.stale}
        assert stale == {"snapshot_features": "1 game changed since"}


def add_refreshes(connection, relation, durations_ms, *, status="ok", since=AT) -> None:
    connection.execute(
        "INSERT INTO ops.refresh_log (step, relation, kind, strategy, triggered_by, started_at,"
        " duration_ms, rows_after, status, threshold_ms, error)"
        " SELECT 's', %s, 'load', 'upsert', 'test', %s::timestamptz + n * interval '1 s', ms, n,"
        " %s, 30000, CASE WHEN %s = 'failed' THEN E'out of order\\nsecond line' END"
        " FROM unnest(%s::bigint[]) WITH ORDINALITY AS t (ms, n)",
        (relation, since, status, status, durations_ms),
    )


def test_the_refresh_log_as_columns(connection):
    """However many there are, they come as a few columns, in order of time."""
    many = [100 + n % 7 for n in range(5003)]
    add_refreshes(connection, "x.many", many)
    add_refreshes(connection, "x.few", [10, 10, 10, None], since=AT + timedelta(days=1))
    # Written late, begun before: time decides.
    add_refreshes(connection, "x.many", [1], since=AT - timedelta(days=1))
    series = {one.relation: one for one in ask(connection, q.RefreshesAsked(None))}
    assert set(series) == {"x.many", "x.few"}
    found = series["x.many"]
    assert (found.kind, found.step) == ("load", "s")
    assert list(found.duration_ms) == [1, *many]
    assert all(one < other for one, other in pairwise(found.started_at))
    assert found.started_at[1] == (AT + timedelta(seconds=1)).timestamp()
    assert set(found.run_id) == {None}
    assert set(found.inserted) == {0}
    assert len(set(found.refresh_id)) == len(found.status) == len(found.is_alert) == 5004
    assert list(series["x.few"].duration_ms) == [10, 10, 10, None]
    assert list(series["x.few"].rows_after) == [1, 2, 3, 4]
    (later,) = ask(connection, q.RefreshesAsked(AT + timedelta(hours=12)))
    assert later == series["x.few"]


def test_alerts_are_the_same_in_the_list_and_in_the_chart(connection):
    """trap R10: slow is also what takes more than three times as long as usual."""
    add_refreshes(connection, "x.quick", [50, 50, 50, 50, 151, 40_000])
    add_refreshes(connection, "x.quick", [9, 9_000], status="cancelled")
    add_refreshes(connection, "x.quick", [70], status="failed", since=AT + timedelta(minutes=1))
    add_refreshes(connection, "x.young", [1, 900])
    add_refreshes(connection, "x.instant", [2, 2, 2, 2, 99])
    found = ask(connection, q.AlertsAsked(AT))
    assert [(alert.duration_ms, alert.usual_ms, alert.words) for alert in found] == [
        (70, 50.0, "Failed: out of order (took 70 ms; usually 50 ms)"),
        (40_000, 50.0, "Slow: took 40 s, more than its limit of 30 s; usually 50 ms"),
        (151, 50.0, "Slow: took 151 ms; usually 50 ms"),
    ]
    marked = {
        refresh_id
        for one in ask(connection, q.RefreshesAsked(None))
        for refresh_id, is_alert in zip(one.refresh_id, one.is_alert, strict=True)
        if is_alert
    }
    assert marked == {alert.refresh_id for alert in found}
    assert ask(connection, q.AlertsAsked(AT + timedelta(hours=1))) == ()


def test_backends_of_runs_that_still_work(conninfo, connection):
    """trap W3: what is told after a cancel is what the server says."""
    assert ask(connection, q.BackendsAsked()) == 0
    with connect(conninfo, purpose="other") as other:
        other.execute("BEGIN")
        assert ask(connection, q.BackendsAsked()) == 0, "nobody's run"
        with connect(conninfo, purpose="run"):
            assert ask(connection, q.BackendsAsked()) == 1, "idle, and still there"
    deadline = time.monotonic() + 60
    while ask(connection, q.BackendsAsked()):
        assert time.monotonic() < deadline, "gone with its client"
        time.sleep(0.01)


def test_the_database_s_place(connection):
    facts = ask(connection, q.DatabaseAsked())
    assert facts.place == f"{connection.info.host}:{connection.info.port}"
    assert facts.name == connection.info.dbname
    assert facts.size_bytes > 1_000_000
    assert int(facts.server_version.split(".")[0]) >= 15
    assert ask(connection, q.DatabaseAsked(), place="embedded").place == "embedded"


def test_a_new_warehouse_answers_everything(connection):
    overview = ask(connection, q.OverviewAsked(7))
    assert (overview.days, overview.fallback) == ((), "")
    assert ask(connection, q.GamesAsked()) == reads.GamePage(0, 0, ())
    assert ask(connection, q.RefreshesAsked(None)) == ()
    assert ask(connection, q.StepsAsked()) == {}
    assert ask(connection, q.RunsAsked()) == reads.RunPage(0, 0, ())
    assert ask(connection, q.GameChoicesAsked()) == reads.GameChoices((), ())
    assert ask(connection, q.NbaSeasonsAsked()) == ()
