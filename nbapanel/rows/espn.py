"""The parsers of ESPN's feeds, each in a module of its own. Nothing is parsed here."""

from nbapanel.rows.plays import parse_plays
from nbapanel.rows.probabilities import parse_probabilities
from nbapanel.rows.refusal import PayloadRefused
from nbapanel.rows.scoreboard import parse_scoreboard, season_label
from nbapanel.rows.summary import SummaryRows, parse_summary

__all__ = [
    "PayloadRefused",
    "SummaryRows",
    "parse_plays",
    "parse_probabilities",
    "parse_scoreboard",
    "parse_summary",
    "season_label",
]
