"""What the games table says of a game, column by column. No widget here."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication

from nbapanel.rows.reads import GameRow
from nbapanel.ui.tables import words
from nbapanel.ui.tables.columns import Column

_WELL_COVERED = 90.0
_OFF = ("STATUS_POSTPONED", "STATUS_CANCELED")


def _tr(text: str) -> str:
    return QCoreApplication.translate("games", text)


def status(game: GameRow) -> tuple[str, str, str]:
    """Glyph, word and colour role of where a game stands."""
    if game.status_name == "STATUS_POSTPONED":
        return "⊘", _tr("Postponed"), "muted"
    if game.status_name == "STATUS_CANCELED":
        return "■", _tr("Cancelled"), "muted"
    match game.status_state:
        case "pre":
            return "○", _tr("Upcoming"), "muted"
        case "in":
            return "▶", _tr("Live"), "active"
        case "post" if game.status_completed:
            return "✓", _tr("Final"), "good"
        case "post":
            return "■", _tr("Ended"), "muted"
    return "?", _tr("Unknown"), "warning"


def status_words(game: GameRow) -> str:
    glyph, word, _ = status(game)
    return f"{glyph} {word}"


def lacks(game: GameRow) -> tuple[str, str, str]:
    """Glyph, words and colour role of what is missing of it."""
    if game.lacks:
        return "!", game.lacks, "warning"
    if game.to_come:
        return "○", game.to_come, "muted"
    if game.status_completed:
        return "✓", _tr("complete"), "good"
    return "○", _tr("nothing so far"), "muted"


def lacks_words(game: GameRow) -> str:
    glyph, said, _ = lacks(game)
    return f"{glyph} {said}"


def nba_lacks(game: GameRow) -> tuple[str, str, str]:
    """The same of what the league's own feeds have of it."""
    if game.status_name in _OFF:
        return "○", _tr("nothing so far"), "muted"
    if game.nba is None:
        return "!", _tr("the game itself"), "warning"
    if game.nba.lacks:
        return "!", game.nba.lacks, "warning"
    if game.nba.to_come:
        return "○", game.nba.to_come, "muted"
    return "✓", _tr("complete"), "good"


def nba_lacks_words(game: GameRow) -> str:
    glyph, said, _ = nba_lacks(game)
    return f"{glyph} {said}"


def score(game: GameRow) -> str:
    if game.home_score is None or game.away_score is None or game.status_state == "pre":
        return ""
    return f"{game.away_score} – {game.home_score}"


def matchup(game: GameRow) -> str:
    return f"{game.away_code or '?'} @ {game.home_code or '?'}"


def markets(game: GameRow) -> int:
    """How many of its two markets have candles."""
    return int(game.home_candles > 0) + int(game.away_candles > 0)


def _tip_off(game: GameRow) -> str:
    listed = _tr("{}, US Eastern day").format(words.day(game.game_date))
    if game.event_date is None:
        return listed
    return f"{listed}\n" + _tr("Tip-off: {}").format(words.exact(game.event_date))


def _candles_tip(game: GameRow) -> str:
    return _tr("{} candles of the home market, {} of the away market").format(
        f"{game.home_candles:,}", f"{game.away_candles:,}"
    )


def _candles_role(game: GameRow) -> str:
    return "" if markets(game) else "muted"


def _coverage_role(game: GameRow) -> str:
    return "good" if (game.coverage_percent or 0.0) >= _WELL_COVERED else "warning"


def _coverage_words(game: GameRow) -> str:
    return "" if game.coverage_percent is None else f"{game.coverage_percent:.1f}"


def _coverage_tip(game: GameRow) -> str:
    if game.coverage_percent is None:
        return _tr("No probabilities, so nothing that a market price could stand beside")
    return _tr("{} % of its probabilities have a market price beside them").format(
        f"{game.coverage_percent:.1f}"
    )


def _nba_tip(game: GameRow) -> str:
    if game.nba is None:
        return _tr("The NBA lane knows no game of these teams on this day")
    return _tr("{} actions of the league's play-by-play of game {}").format(
        f"{game.nba.events:,}", game.nba.game_id
    )


def _fetched_tip(game: GameRow) -> str:
    fetched = game.last_fetched_at
    return _tr("Never fetched") if fetched is None else words.exact(fetched)


def game_columns() -> tuple[Column[GameRow], ...]:
    """In the order in which they stand until somebody moves them."""
    return (
        Column("date", _tr("Date"), lambda g: g.game_date, tip=_tip_off, order="game_date",
               width=130, about=_tr("US Eastern day of the game")),
        Column("away", _tr("Away"), lambda g: g.away_code, tip=lambda g: g.away_team or "",
               order="away", width=60),
        Column("home", _tr("Home"), lambda g: g.home_code, lambda g: f"@ {g.home_code or '?'}",
               tip=lambda g: g.home_team or "", order="home", width=66),
        Column("score", _tr("Score"), score, width=78, about=_tr("Away – home")),
        Column("status", _tr("Status"), lambda g: status(g)[1], status_words,
               tip=lambda g: g.status_name or "", role=lambda g: status(g)[2],
               order="status", width=96),
        Column("lacks", _tr("Lacks"), lambda g: lacks(g)[1], lacks_words, tip=lambda g: lacks(g)[1],
               role=lambda g: lacks(g)[2], width=138,
               about=_tr("What is missing of the game from ESPN and Kalshi")),
        Column("items", _tr("Probs"), lambda g: g.items,
               role=lambda g: "" if g.items else "muted", is_number=True, width=60,
               about=_tr("Probability items of ESPN")),
        Column("plays", _tr("Plays"), lambda g: g.plays,
               role=lambda g: "" if g.plays else "muted", is_number=True, width=58),
        Column("candles", _tr("Candles"), lambda g: g.home_candles + g.away_candles,
               tip=_candles_tip, role=_candles_role, is_number=True, width=74,
               about=_tr("Of both markets")),
        Column("markets", _tr("Markets"), markets, lambda g: f"{markets(g)}/2", tip=_candles_tip,
               role=_candles_role, is_number=True, width=76,
               about=_tr("Markets that have candles, of 2")),
        Column("coverage", _tr("Coverage %"), lambda g: g.coverage_percent, _coverage_words,
               tip=_coverage_tip, role=_coverage_role, is_number=True, order="coverage", width=104,
               share=lambda g: None if g.coverage_percent is None else g.coverage_percent / 100,
               about=_tr("Probabilities that have a market price beside them")),
        Column("nba_events", _tr("NBA plays"), lambda g: g.nba and g.nba.events, tip=_nba_tip,
               role=lambda g: "" if g.nba and g.nba.events else "muted", is_number=True, width=84,
               about=_tr("Actions of the league's own play-by-play")),
        Column("nba_lacks", _tr("NBA lacks"), lambda g: nba_lacks(g)[1], nba_lacks_words,
               tip=lambda g: nba_lacks(g)[1], role=lambda g: nba_lacks(g)[2], width=138,
               about=_tr("What the league's own feeds still lack of the game")),
        Column("fetched", _tr("Fetched"), lambda g: g.last_fetched_at,
               lambda g: words.age(g.last_fetched_at, datetime.now(UTC)), tip=_fetched_tip,
               order="freshness", width=100, about=_tr("When a feed was last asked for it")),
        Column("season", _tr("Season"), lambda g: g.season_label, order="season", width=74),
        Column("game_id", _tr("Game id"), lambda g: g.game_id, width=92),
    )  # fmt: skip
