"""The parsers of Kalshi's feeds, each in a module of its own. Nothing is parsed here."""

from nbapanel.rows.candlesticks import parse_candlesticks
from nbapanel.rows.markets import parse_markets
from nbapanel.rows.refusal import PayloadRefused
from nbapanel.rows.tickers import GameTicker, parse_ticker

__all__ = [
    "GameTicker",
    "PayloadRefused",
    "parse_candlesticks",
    "parse_markets",
    "parse_ticker",
]
