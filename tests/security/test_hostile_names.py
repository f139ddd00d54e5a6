"""What a feed calls its games, markets, teams and pages, at its worst: it stays a text.

Keys as folder names: tests/archive/test_keys.py. Markup in the window: test_secrets.py.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from nbapanel.archive import Archive
from nbapanel.desk.exporting import export_game
from nbapanel.desk.log_tail import Records
from nbapanel.errors import FeedFailed, UsageError, UserFacingError
from nbapanel.exports import export, export_choices
from nbapanel.logs import _Written, read_header
from nbapanel.quality.report import examine
from nbapanel.redaction import presentable
from nbapanel.rows.exportable import ExportWanted
from nbapanel.rows.quality import QualityWanted
from nbapanel.rows.questions import GamesAsked
from nbapanel.source.feeds import Feeds, open_feeds
from nbapanel.source.settings import FeedSettings
from nbapanel.ui.charts.export import file_name
from nbapanel.ui.tables.columns import Column
from nbapanel.ui.tables.copying import as_csv, as_tsv, cells
from nbapanel.views.games import game, game_chart, game_page, payloads

HOSTILE = (
    # of paths
    "../../etc/passwd", "..\\..\\x", "a/../../b", "/etc/passwd", "C:\\x", "a\0b", "CON", ".", "..",
    "~root", "*", "A" * 10_000, "\u202egnp.exe",
    # of statements, shells and forms
    "'; DROP TABLE x; --", '"', "%s%(game)s%n", "{0}", "$(id)", "`id`", "; id", "-rf",
    # of addresses and headers
    "%2e%2e%2f", "a\nb", "a\r\nHost: elsewhere", "a?x=1#y", "a&dates=19990101", "@elsewhere/",
    "//elsewhere",
    # of spreadsheets
    "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1",
    # of terminals and windows
    "<img src=x>", "\x1b[31m\x07", "", " ", "é", "\u0663", "\u2028", "\ud800",
)  # fmt: skip
names = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=60),
    st.tuples(
        st.sampled_from(("401", "KXNBAGAME-26JAN09BOSNYK", "0022500001")), st.sampled_from(HOSTILE)
    ).map("".join),
)
DAY, NOON = date(2026, 1, 9), datetime(2026, 1, 9, 12, tzinfo=UTC)
_HOSTS = {"site.api.espn.com", "sports.core.api.espn.com", "api.elections.kalshi.com",
          "cdn.nba.com", "stats.nba.com"}  # fmt: skip
_PATHS = ("/apis/site/v2/sports/basketball/nba/", "/v2/sports/basketball/leagues/nba/events/",
          "/trade-api/v2/", "/static/json/liveData/", "/stats/playbyplayv3")  # fmt: skip
_EMPTY: dict[str, Any] = {"events": [], "items": [], "pageCount": 1, "pageIndex": 1, "header": {},
                          "markets": [], "candlesticks": []}  # fmt: skip


# ---- into addresses --------------------------------------------------------------------------


async def _asked(
    ask: Callable[[Feeds], Any], answers: list[httpx.Response] | None = None
) -> list[httpx.Request]:
    """The requests that come of it; to be refused in words is right too."""
    requests: list[httpx.Request] = []
    waiting = list(answers or ())

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return waiting.pop(0) if waiting else httpx.Response(200, json=_EMPTY)

    quick = FeedSettings(paces={}, attempts=1)
    async with open_feeds(quick, httpx.MockTransport(answer)) as feeds:
        with contextlib.suppress(FeedFailed):
            await ask(feeds)
    return requests


@settings(max_examples=150)
@given(names, names)
async def test_a_name_leads_a_request_nowhere_else(first: str, second: str) -> None:
    """trap F16: neither to another host, nor another path, nor with another parameter."""
    calls: list[Callable[[Feeds], Any]] = [
        lambda feeds: feeds.espn.summary(first),
        lambda feeds: feeds.espn.plays(first, second),
        lambda feeds: feeds.espn.probabilities(second, first),
        lambda feeds: feeds.kalshi.markets(first),
        lambda feeds: feeds.kalshi.historical_markets(first),
        lambda feeds: feeds.kalshi.candlesticks(first, [second, first], NOON, NOON),
        lambda feeds: feeds.kalshi.historical_candlesticks(first, NOON, NOON),
        lambda feeds: feeds.kalshi.hourly_candlesticks(second, NOON, NOON),
        lambda feeds: feeds.nba.play_by_play(first),
        lambda feeds: feeds.nba.box_score(second),
        lambda feeds: feeds.nba.play_by_play_v3(first),
    ]
    for call in calls:
        for request in await _asked(call):
            assert request.url.host in _HOSTS
            assert request.url.path.startswith(_PATHS)
            assert ".." not in request.url.path
            assert "%" not in request.url.raw_path.decode().partition("?")[0]
            assert not request.url.fragment
            assert set(request.url.params) <= {
                "event", "limit", "page", "series_ticker", "market_tickers", "start_ts", "end_ts",
                "period_interval", "cursor", "GameID", "StartPeriod", "EndPeriod",
            }  # fmt: skip


@settings(max_examples=100)
@given(names)
@example("\ud800")
async def test_the_place_in_a_list_is_handed_back_as_it_came(cursor: str) -> None:
    """A cursor is the feed's own affair: it is one parameter, whatever it says."""
    body = json.dumps(_EMPTY | {"markets": [{}], "cursor": cursor}).encode()
    requests = await _asked(
        lambda feeds: feeds.kalshi.markets(), [httpx.Response(200, content=body)]
    )
    for request in requests[1:]:
        assert request.url.host == "api.elections.kalshi.com"
        assert request.url.path == "/trade-api/v2/markets"
        assert set(request.url.params) == {"series_ticker", "limit", "cursor"}
        assert request.url.params["cursor"] in (cursor, _half_characters_replaced(cursor))


def _half_characters_replaced(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


@settings(max_examples=100)
@given(names, names)
@example('"é"', "x")
@example("\ud800", "")
async def test_what_a_feed_calls_a_version_is_sent_back_or_left_out(tag: str, when: str) -> None:
    """An ETag is kept, and a header later: it is no second header, and no bug."""
    requests = await _asked(lambda feeds: feeds.espn.scoreboard(DAY, validators=(tag, when)))
    for request in requests:
        known = {"host", "accept", "accept-encoding", "connection", "user-agent", "if-none-match",
                 "if-modified-since"}  # fmt: skip
        assert set(request.headers) <= known
        for value in request.headers.values():
            assert "\n" not in value
            assert "\r" not in value


# ---- into the database -----------------------------------------------------------------------


@settings(max_examples=60)
@given(names.filter(lambda name: "\0" not in name and name.isprintable()), names)
@example("'; DROP TABLE ops.pipeline_runs; --", "%")
async def test_a_name_is_a_value_in_every_question(
    session_connection: Connection[Any], name: str, text: str
) -> None:
    """Never a part of the statement, nor a pattern of its own making."""
    searched = text.replace("\0", "").encode("utf-8", "replace").decode()
    assert game_page(session_connection, GamesAsked(team=name, text=searched)).total == 0
    assert game_page(session_connection, GamesAsked(season=name)).rows == ()
    assert payloads(session_connection, name) == ()
    for ask in (game, game_chart):
        with pytest.raises(UserFacingError, match="no game"):
            ask(session_connection, name)
    for asked in (QualityWanted(text, None), QualityWanted(None, text)):
        with pytest.raises(UsageError):
            examine(session_connection, Archive(Path("nowhere")), asked)


@settings(max_examples=60)
@given(names)
@example("nba.games; DROP TABLE ops.pipeline_runs")
@example("pg_catalog.pg_authid")
@example("ops.pipeline_runs")
def test_what_is_exported_is_one_of_those_that_are_listed(
    session_connection: Connection[Any], tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """A name is looked up, never written into a statement; a game and a season are values."""
    listed = [one.name for one in export_choices(session_connection).sources]
    assert "nba.games" in listed
    assert not [one for one in listed if one.startswith(("pg_catalog", "ops.pipeline"))]
    folder = tmp_path_factory.mktemp("exports")
    file = folder / "a.csv"
    unlisted = [ExportWanted(name, file)] if name not in listed else []
    for wanted in (
        *unlisted,
        ExportWanted("nba.games", file, games=(name,)),
        ExportWanted("games", file, seasons=(name,)),
    ):
        with pytest.raises(UserFacingError):
            export(session_connection, wanted)
        assert not list(folder.iterdir())


@pytest.fixture(scope="module")
def session_connection(empty_database: Any) -> Any:
    from nbapanel.warehouse.db import connect

    with empty_database() as conninfo, connect(conninfo, purpose="test") as connection:
        yield connection


# ---- into files ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_a_game_is_exported_into_its_folder_or_refused(
    session_connection: Connection[Any], name: str, tmp_path: Path
) -> None:
    """Also where a folder of the name's own making is there."""
    exports = tmp_path / "exports"
    (exports / "snapshot_features_a").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserFacingError):
        export_game(session_connection, name, exports)
    with pytest.raises(UserFacingError):
        export_game(session_connection, "a/../../" + name, exports)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text there")
@pytest.mark.parametrize("name", ["\udcff.csv", "=cmd.csv", "\x1b[31m.csv"])
def test_a_file_of_any_name_has_its_manifest(
    session_connection: Connection[Any], name: str, tmp_path: Path
) -> None:
    """bug: a name that is no UTF-8 ended in an internal error, after all was written."""
    done = export(session_connection, ExportWanted("nba.games", tmp_path / name))
    assert {one.name for one in tmp_path.iterdir()} == {name, f"{name}.manifest.json"}
    told = json.loads((tmp_path / f"{name}.manifest.json").read_bytes())
    assert told["sha256"] == done.sha256
    assert presentable(done.out) == done.out


@given(names)
def test_a_title_makes_a_plain_file_name(title: str) -> None:
    made = file_name(title)
    assert made
    assert set(made).isdisjoint('/\\\0:*?"<>|\n\r')
    assert len(f"{made}.csv".encode()) <= 255
    assert Path(f"{made}.csv").name == f"{made}.csv"


@given(names)
@example("=cmd|' /C calc'!A0")
@example("\u3000=1+1")
def test_no_cell_of_a_file_is_a_formula(name: str) -> None:
    """A spreadsheet that opens the file, or is pasted into, shows it in its cell; that is all."""
    columns: list[Column[str]] = [
        Column("a", "A", lambda row: row),
        Column("n", "N", lambda _: -1.5),
    ]
    text = as_csv(cells(columns, [name])).decode()
    (row,) = csv.reader(io.StringIO(text, newline=""))
    pasted = as_tsv(columns, [name]).splitlines()[1].split("\t")
    assert row[1] == pasted[1] == "-1.5"
    for cell in (row[0], pasted[0]):
        assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    plain = name.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    assert row[0] in (plain, f"'{plain}")


@given(names, names)
def test_a_line_of_the_log_stays_one_record(first: str, second: str) -> None:
    """Nobody writes a record of their own by way of a name, nor orders to a terminal."""
    forged = f"{first}\n2026-01-01T00:00:00.000+00:00 INFO 1 nbapanel: forged {second}"
    record = logging.LogRecord("nbapanel.x", logging.INFO, "", 0, "got %s", (forged,), None)
    form = "%(asctime)s %(levelname)-7s %(process)d %(name)s%(of_run)s: %(message)s"
    written = _Written(form).format(record)
    assert [read_header(line) is not None for line in written.split("\n")].count(True) == 1
    assert written.replace("\n", "").replace("\t", "") == presentable(
        written.replace("\n", "").replace("\t", "")
    )
    records = Records()
    data = (written + "\n").encode("utf-8", "backslashreplace")
    assert len(records.take(data) + records.take(b"")) == 1
