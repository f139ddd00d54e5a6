"""What a Kalshi ticker says, and what it does not."""

from __future__ import annotations

from datetime import date

import pytest

from nbapanel.rows.kalshi import GameTicker, parse_ticker


@pytest.mark.parametrize(
    ("ticker", "game"),
    [
        ("KXNBAGAME-26JUN13NYKSAS-SAS", GameTicker(date(2026, 6, 13), "NYK", "SAS", "SAS", 0)),
        ("KXNBAGAME-26JUN13NYKSAS-NYK", GameTicker(date(2026, 6, 13), "NYK", "SAS", "NYK", 1)),
        ("KXNBAGAME-25APR15ATLORL-ATL", GameTicker(date(2025, 4, 15), "ATL", "ORL", "ATL", 1)),
        ("KXNBAGAME-24FEB29PHOBRK-BRK", GameTicker(date(2024, 2, 29), "PHX", "BKN", "BKN", 0)),
    ],
)
def test_game_tickers(ticker, game):
    """Trap L10: the aliases of other feeds become the league's codes."""
    assert parse_ticker(ticker) == game


@pytest.mark.parametrize(
    "ticker",
    [
        "",
        "KXNBAGAME-26JUN13NYKSAS",
        "KXNBAGAME-26JUN13NYKSAS-BOS",
        "KXNBAGAME-26JUN13NYKNYK-NYK",
        "KXNBAGAME-26JUN31NYKSAS-SAS",
        "KXNBAGAME-25FEB29NYKSAS-SAS",
        "KXNBAGAME-26JUX13NYKSAS-SAS",
        "KXNBAGAME-26JUN13NYKSAS-SAS\n",
        "KXNBAGAME-٢٦JUN13NYKSAS-SAS",
        "kxnbagame-26jun13nyksas-sas",
        "XKXNBAGAME-26JUN13NYKSAS-SAS",
        "KXMLBGAME-26AUG081610LAAMIA-MIA",
        "KXWNBAGAME-26AUG08NYLLVA-NYL",
        "KXNBASERIES-26NYKSASR4-NYK",
        "KXELONMARS-99",
    ],
)
def test_other_tickers(ticker):
    assert parse_ticker(ticker) is None
