"""A folder of recordings may hold anything: what cannot be served is named, file and reason."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbapanel.errors import UsageError
from nbapanel.simulator.recorded import RecordedFolder
from nbapanel.simulator.source import Refusal, Window

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EVER = Window(0, 2**33, 1)
TICKER = "KXNBAGAME-25NOV05PHICLE-PHI"
COLUMNS = "game_id,ticker,timestamp,datetime,open,high,low,close,volume"
MANY_TIMES = settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ODD_CELLS = ["1762387200", "41.0", "", "nan", "inf", "-1", "1e400", "x", "9" * 30, "9" * 5_000]
ODD_CELLS += ["\0", '"', "٣", TICKER, " ", "0x10", "4_1", "a" * 200_000]
CELLS = st.sampled_from(ODD_CELLS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kalshi_candlesticks" / "csv").mkdir(parents=True)
    return tmp_path


def served(folder: Path) -> list[Any] | None:
    """The candles of the ticker; None where the folder was refused in words."""
    recorded = RecordedFolder(folder)
    try:
        recorded.start()
        return recorded.candlesticks(TICKER, EVER, NOW, historical=False)
    except UsageError:
        return None
    except Refusal:
        return []


@MANY_TIMES
@given(rows=st.lists(st.lists(CELLS, max_size=10), max_size=4), packed=st.booleans())
def test_any_cells_in_a_csv(rows: list[list[str]], packed: bool, folder: Path) -> None:
    lines = [COLUMNS, f"1,{TICKER},1762387260,x,41.0,42.0,40.0,41.0,12.0"]
    text = "\n".join([*lines, *(",".join(row) for row in rows)]).encode()
    for old in (folder / "kalshi_candlesticks" / "csv").iterdir():
        old.unlink()
    name = "a.csv.gz" if packed else "a.csv"
    path = folder / "kalshi_candlesticks" / "csv" / name
    path.write_bytes(gzip.compress(text) if packed else text)
    for candle in served(folder) or []:
        assert 0 <= candle["end_period_ts"] <= 7_289_654_399
        json.dumps(candle)


@pytest.mark.parametrize(
    "line",
    [
        "1",
        f"1,{TICKER}",
        f"1,{TICKER},soon,x,1,1,1,1,1",
        f"1,{TICKER},1,x,inf,1,1,1,1",
        f"1,{TICKER},1,x,nan,1,1,1,1",
        f"1,{TICKER},-1,x,1,1,1,1,1",
        f"1,{TICKER},99999999999,x,1,1,1,1,1",
        f"1,{TICKER},1,x,1,1,1,1,1e999",
        f"1,{TICKER},1,x,{'9' * 200_000},1,1,1,1",
    ],
)
def test_a_csv_that_cannot_be_served_is_named(line: str, folder: Path) -> None:
    (folder / "kalshi_candlesticks" / "csv" / "a.csv").write_text(f"{COLUMNS}\n{line}\n")
    with pytest.raises(UsageError, match=r"a\.csv cannot be read"):
        RecordedFolder(folder).candlesticks(TICKER, EVER, NOW, historical=False)


@pytest.mark.parametrize(
    "document",
    [{"candlesticks": [7]}, {"candlesticks": [{}]}, {"candlesticks": {}}, {"ticker": 7},
     {"candlesticks": [{"end_period_ts": "1"}]}, {"candlesticks": [{"end_period_ts": 10**30}]},
     {"markets": {TICKER: []}}, {"markets": {TICKER: {"candlesticks": [None]}}},
     {"markets": {TICKER: {"candlesticks": [], "period_interval": "x"}}}],
)  # fmt: skip
def test_candles_that_cannot_be_told_apart_are_named(document: Any, folder: Path) -> None:
    (folder / "kalshi_candlesticks" / "a.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match=r"a\.json cannot be read"):
        RecordedFolder(folder).candlesticks(TICKER, EVER, NOW, historical=False)


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b"\xff", b"[]", b'{"a": 1e400', b"\x1f\x8b"])
def test_what_is_no_json_is_named(body: bytes, folder: Path) -> None:
    for name in ("a.json", "a.json.gz"):
        (folder / "kalshi_candlesticks" / name).write_bytes(body)
        assert served(folder) is None
        (folder / "kalshi_candlesticks" / name).unlink()
