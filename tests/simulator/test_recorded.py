"""A folder of recordings, real where it is at hand and of the same layout where it is not."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import msgspec
import pytest

from nbapanel.errors import UsageError
from nbapanel.simulator import running
from nbapanel.simulator.recorded import RecordedFolder
from nbapanel.simulator.source import Page, Refusal, Window

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EVER = Window(0, 2**33, 1)


@pytest.fixture(scope="module")
def real(recorded: Path) -> RecordedFolder:
    return RecordedFolder(recorded)


def write(folder: Path, name: str, content: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    body = json.dumps(content).encode()
    path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)


def header(event_id: str, moment: str, *, neutral: bool = False) -> dict:
    teams = [("19", "ORL", "Orlando", "Magic", "111"), ("28", "TOR", "Toronto", "Raptors", "96")]
    return {
        "header": {
            "id": event_id,
            "season": {"year": 2024, "type": 2},
            "competitions": [
                {
                    "id": event_id,
                    "date": moment,
                    "neutralSite": neutral,
                    "competitors": [
                        {
                            "id": team_id,
                            "homeAway": side,
                            "winner": side == "home",
                            "score": score,
                            "linescores": [{"displayValue": "20"}] * 5,
                            "team": {
                                "id": team_id, "abbreviation": short, "location": place,
                                "name": name, "displayName": f"{place} {name}",
                            },
                        }
                        for (team_id, short, place, name, score), side in zip(
                            teams, ("home", "away"), strict=True
                        )
                    ],
                    "status": {"type": {"name": "STATUS_FINAL", "completed": True}},
                }
            ],
        }
    }  # fmt: skip


@pytest.mark.recorded
def test_recorded_scoreboards_are_served_as_they_are(real: RecordedFolder, recorded: Path) -> None:
    for day, name in (
        (date(2024, 1, 15), "20240115.json"),
        (date(2025, 2, 14), "20250214_empty.json"),
        (date(2026, 1, 15), "20260115_trimmed.json"),
        (date(2026, 5, 2), "20260502_inprogress.json"),
    ):
        expected = (recorded / "espn_scoreboard" / name).read_bytes()
        assert real.scoreboard(day, 1000, NOW) == expected


@pytest.mark.recorded
def test_the_real_day_without_scoreboard_is_composed_from_the_summary(
    real: RecordedFolder,
) -> None:
    (event,) = real.scoreboard(date(2024, 3, 17), 1000, NOW)["events"]
    assert event["id"] == "401585607"
    assert event["name"] == "Toronto Raptors at Orlando Magic"
    assert event["shortName"] == "TOR @ ORL"
    assert event["season"] == {"year": 2024, "type": 2, "slug": "regular-season"}
    home, away = event["competitions"][0]["competitors"]
    assert (home["score"], home["winner"], away["score"], away["winner"]) == (
        "111", True, "96", False
    )  # fmt: skip
    assert event["status"]["period"] == 4
    assert event["status"]["type"]["completed"] is True
    assert event["competitions"][0]["venue"]["fullName"] == "Kia Center"
    summary = msgspec.json.decode(real.summary("401585607", NOW))
    assert len(summary["plays"]) == len(summary["winprobability"]) == 450


@pytest.mark.recorded
def test_an_excerpt_is_served_whole_and_its_second_page_is_not_found(
    real: RecordedFolder, recorded: Path
) -> None:
    event_id = "401584793"
    folder = recorded / "espn_probabilities"
    expected = (folder / f"{event_id}_first25.json").read_bytes()
    assert real.probabilities(event_id, event_id, Page(1, 1000), NOW) == expected
    with pytest.raises(Refusal) as refusal:
        real.probabilities(event_id, event_id, Page(2, 1000), NOW)
    assert refusal.value.status == 404
    assert (
        len(msgspec.json.decode(real.plays(event_id, event_id, Page(1, 1000), NOW))["items"]) == 25
    )


@pytest.mark.recorded
def test_real_markets_keep_their_form(real: RecordedFolder, recorded: Path) -> None:
    rows = {row.ticker: row for row in real.listed("KXNBAGAME", NOW, historical=False)}
    name = "KXNBAGAME-26JUN13NYKSAS_markets.json"
    shapes = json.loads((recorded / "kalshi_markets" / name).read_bytes())["markets"]
    for shape in shapes:
        assert rows[shape["ticker"]].shape() == shape
        assert rows[shape["ticker"]].filter_word == "settled"
    old = real.listed("KXNBAGAME", NOW, historical=True)
    assert [row.ticker for row in old] == ["KXNBAGAME-25APR15ATLORL-ATL"]
    assert real.cutoff(NOW) > datetime(2025, 4, 16, tzinfo=UTC)
    everything = real.listed("", NOW, historical=False)
    assert len(everything) > len(rows) + 44


@pytest.mark.recorded
def test_markets_known_by_their_candles_say_no_more_than_those(real: RecordedFolder) -> None:
    shape = real.market("KXNBAGAME-25NOV05PHICLE-PHI", NOW, historical=False)
    assert shape == {
        "ticker": "KXNBAGAME-25NOV05PHICLE-PHI",
        "event_ticker": "KXNBAGAME-25NOV05PHICLE",
        "market_type": "binary",
        "status": "finalized",
        "open_time": "2025-11-04T23:59:00Z",
        "close_time": "2025-11-06T02:42:00Z",
    }


@pytest.mark.recorded
def test_each_form_of_candles_is_read(real: RecordedFolder) -> None:
    def candles(ticker: str, window: Window = EVER) -> list[dict]:
        return real.candlesticks(ticker, window, NOW, historical=False)

    csv = candles("KXNBAGAME-25NOV05PHICLE-PHI", Window(1762300800, 1762300920, 1))
    assert csv == [
        {
            "end_period_ts": 1762300800,
            "price": {"open": 38, "high": 38, "low": 38, "close": 38},
            "volume": 500,
        },
        {
            "end_period_ts": 1762300860,
            "price": {"open": None, "high": None, "low": None, "close": None},
            "volume": 0,
        },
        {
            "end_period_ts": 1762300920,
            "price": {"open": 39, "high": 39, "low": 39, "close": 39},
            "volume": 1,
        },
    ]
    assert candles("KXNBAGAME-26JUN13NYKSAS-SAS") == []  # recorded hourly, asked by the minute
    assert len(candles("KXNBAGAME-26JUN13NYKSAS-SAS", replace(EVER, interval_min=60))) == 3
    assert len(candles("KXMLBGAME-26AUG071840TORPHI-TOR")) == 16
    assert len(candles("KXELONMARS-99", replace(EVER, interval_min=1440))) == 90
    assert candles("KXNBAGAME-26JUN13NYKSAS-NYK") == []  # the market is known, no candle is
    with pytest.raises(Refusal) as refusal:
        candles("KXNBAGAME-26JUN13NYKSAS-XXX")
    assert refusal.value.status == 404


@pytest.mark.recorded
def test_its_clock_stands_after_all_that_was_recorded(real: RecordedFolder) -> None:
    assert real.start() == datetime(2026, 8, 9, 12, tzinfo=UTC)
    assert real.name.startswith("recorded:")


def test_another_folder_of_the_same_layout_works(tmp_path: Path) -> None:
    write(tmp_path, "espn_summary/77000001.json.gz", header("77000001", "2024-03-18T01:00Z"))
    write(
        tmp_path,
        "espn_summary/77000002.json",
        header("77000002", "2024-03-17T20:00Z", neutral=True),
    )
    write(tmp_path, "espn_probabilities/77000001_a.json", {"pageIndex": 2, "items": ["b"]})
    write(tmp_path, "espn_probabilities/77000001.json", {"pageIndex": 1, "items": ["a"]})
    folder = RecordedFolder(tmp_path)
    board = folder.scoreboard(date(2024, 3, 17), 1000, NOW)
    assert [one["id"] for one in board["events"]] == ["77000002", "77000001"]
    assert board["events"][0]["shortName"] == "TOR VS ORL"
    assert board["events"][0]["status"]["period"] == 5
    assert folder.scoreboard(date(2024, 3, 17), 1, NOW)["events"][1:] == []
    pages = [
        msgspec.json.decode(folder.probabilities("77000001", "77000001", Page(number, 1), NOW))
        for number in (1, 2)
    ]
    assert [page["items"] for page in pages] == [["a"], ["b"]]
    assert folder.listed("KXNBAGAME", NOW, historical=False) == []
    assert folder.start() == datetime(2024, 3, 19, 12, tzinfo=UTC)


def test_what_is_lacking_is_answered_as_the_feed_would(tmp_path: Path) -> None:
    write(tmp_path, "espn_summary/77000001.json", header("77000001", "2024-03-18T01:00Z"))
    folder = RecordedFolder(tmp_path)
    assert folder.scoreboard(date(2024, 3, 16), 1000, NOW)["events"] == []
    for ask, status in (
        (lambda: folder.probabilities("77000001", "77000001", Page(1, 1000), NOW), 400),
        (lambda: folder.plays("77000001", "77000001", Page(1, 1000), NOW), 404),
        (lambda: folder.summary("77000009", NOW), 404),
        (lambda: folder.market("KXNBAGAME-1", NOW, historical=False), 404),
    ):
        with pytest.raises(Refusal) as refusal:
            ask()
        assert refusal.value.status == status


def test_minutes_are_preferred_and_merged_where_both_were_recorded(tmp_path: Path) -> None:
    def candle(end_ts: int) -> dict:
        return {"end_period_ts": end_ts}

    part = "kalshi_candlesticks"
    write(tmp_path, f"{part}/A-1_hourly.json", {"ticker": "A-1", "candlesticks": [candle(3600)]})
    write(tmp_path, f"{part}/A-1_1min.json", {"candlesticks": [candle(120), candle(60)]})
    write(
        tmp_path,
        f"{part}/more.json",
        {"markets": {"A-1": {"period_interval": 1, "candlesticks": [candle(180), candle(60)]}}},
    )
    folder = RecordedFolder(tmp_path)
    ends = [
        [one["end_period_ts"] for one in folder.candlesticks("A-1", window, NOW, historical=False)]
        for window in (Window(0, 9999, 1), Window(120, 180, 1), Window(0, 9999, 60))
    ]
    assert ends == [[60, 120, 180], [120, 180], [3600]]


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no recorded payloads"):
        RecordedFolder(tmp_path)


@pytest.mark.parametrize("name", ["espn_summary/77000001.json", "espn_summary/77000001.json.gz"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, header("77000001", "2024-03-18T01:00Z"))
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UsageError, match="77000001"):
        RecordedFolder(tmp_path).scoreboard(date(2024, 3, 17), 1000, NOW)


@pytest.mark.warns_in_log
def test_over_the_socket_a_damaged_file_is_a_500_that_names_it(tmp_path: Path) -> None:
    write(tmp_path, "espn_summary/77000001.json", header("77000001", "2024-03-18T01:00Z"))
    (tmp_path / "kalshi_markets").mkdir()
    (tmp_path / "kalshi_markets" / "markets.json").write_bytes(b'{"markets": [')
    clock = "2024-03-19T12:00:00Z"
    with running(recorded=tmp_path, clock=clock) as sim, httpx.Client(base_url=sim.url) as client:
        assert client.get("/simulator").json()["feeds"] == f"recorded:{tmp_path.name}"
        board = client.get("/apis/site/v2/sports/basketball/nba/scoreboard?dates=20240317")
        assert len(board.json()["events"]) == 1
        broken = client.get("/trade-api/v2/markets?series_ticker=KXNBAGAME")
    assert broken.status_code == 500
    assert "markets.json" in broken.json()["error"]
