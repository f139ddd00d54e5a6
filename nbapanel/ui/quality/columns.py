"""What the tables of the quality panel say, column by column. No widget here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from nbapanel.rows.quality import CheckedGame, CheckTotal, Finding, QualityReport, Verdict
from nbapanel.ui.tables.columns import Column
from nbapanel.wording import counted, took


def _tr(text: str) -> str:
    return QCoreApplication.translate("quality", text)


def look(verdict: Verdict) -> tuple[str, str, str]:
    """Glyph, word and colour role of a verdict."""
    match verdict:
        case "failed":
            return "✗", _tr("Fails"), "bad"
        case "warned":
            return "!", _tr("Warnings"), "warning"
        case "lacking":
            return "○", _tr("Incomplete"), "warning"
        case "passed":
            return "✓", _tr("Passes"), "good"
    return "○", _tr("Not checked"), "muted"


def verdict_words(game: CheckedGame) -> str:
    glyph, word, _ = look(game.verdict)
    return f"{glyph} {word}"


def matchup(game: CheckedGame) -> str:
    return f"{game.away_code or '?'} @ {game.home_code or '?'}"


def unseen_words(game: CheckedGame) -> str:
    """Why some checks had nothing to judge."""
    return "; ".join(game.unseen)


def _unseen_tip(game: CheckedGame) -> str:
    return "\n".join(f"{reason}: {', '.join(names)}" for reason, names in game.unseen.items())


def _status(game: CheckedGame) -> tuple[str, str]:
    match game.status:
        case "final":
            return _tr("✓ Final"), "good"
        case "live":
            return _tr("▶ Live"), "active"
        case "postponed":
            return _tr("⊘ Postponed"), "muted"
    return _tr("○ Upcoming"), "muted"


def _severity(finding: Finding) -> str:
    return _tr("! Warning") if finding.is_warning else _tr("✗ Failure")


def game_columns() -> tuple[Column[CheckedGame], ...]:
    """In the order in which they stand until somebody moves them."""
    return (
        Column("date", _tr("Date"), lambda g: g.game_date, width=126,
               about=_tr("US Eastern day of the game")),
        Column("game", _tr("Game"), matchup, width=104, about=_tr("Away @ home")),
        Column("verdict", _tr("Verdict"), lambda g: g.verdict, verdict_words,
               role=lambda g: look(g.verdict)[2], width=124,
               about=_tr("Incomplete: it is over, and its play-by-play or box score is not held")),
        Column("failed", _tr("Fail"), lambda g: g.failed,
               role=lambda g: "bad" if g.failed else "muted", is_number=True, width=48,
               about=_tr("Checks that fail")),
        Column("warned", _tr("Warn"), lambda g: g.warned,
               role=lambda g: "warning" if g.warned else "muted", is_number=True, width=56,
               about=_tr("Checks with warnings only")),
        Column("passed", _tr("Pass"), lambda g: g.passed, is_number=True, width=54,
               about=_tr("Checks that it passes")),
        Column("status", _tr("Status"), lambda g: g.status, lambda g: _status(g)[0],
               role=lambda g: _status(g)[1], width=98),
        Column("unseen", _tr("Not checked, because"), unseen_words, tip=_unseen_tip,
               role=lambda g: "muted", width=190,
               about=_tr("Why some checks had nothing to judge")),
        Column("id", _tr("NBA id"), lambda g: g.game_id, width=94),
        Column("season", _tr("Season"), lambda g: g.season_label, width=74),
    )  # fmt: skip


def finding_columns() -> tuple[Column[Finding], ...]:
    return (
        Column("severity", _tr("What"), lambda f: "warning" if f.is_warning else "failure",
               _severity, role=lambda f: "warning" if f.is_warning else "bad", width=84),
        Column("game", _tr("NBA id"), lambda f: f.game_id, width=94),
        Column("check", _tr("Check"), lambda f: f.title, tip=lambda f: f"{f.title} ({f.check})",
               width=150),
        Column("where", _tr("Where"), lambda f: f.where, tip=lambda f: f.where, width=110),
        Column("expected", _tr("Due"), lambda f: f.expected, tip=lambda f: f.expected, width=150),
        Column("found", _tr("Found"), lambda f: f.found, tip=lambda f: f.found, width=124),
    )  # fmt: skip


def check_columns() -> tuple[Column[CheckTotal], ...]:
    return (
        Column("check", _tr("Check"), lambda c: c.title, _check_words, tip=lambda c: c.about,
               role=_check_role, width=286),
        Column("failed", _tr("Fail"), lambda c: c.failed,
               role=lambda c: "bad" if c.failed else "muted", is_number=True, width=56,
               about=_tr("Games that fail it")),
        Column("warned", _tr("Warn"), lambda c: c.warned,
               role=lambda c: "warning" if c.warned else "muted", is_number=True, width=56,
               about=_tr("Games with warnings only")),
        Column("passed", _tr("Pass"), lambda c: c.passed, is_number=True, width=56,
               about=_tr("Games that pass it")),
        Column("unseen", _tr("Not checked"), lambda c: c.unseen,
               role=lambda c: "muted", is_number=True, width=108,
               about=_tr("Games of which there was nothing to judge")),
        Column("about", _tr("How it judges"), lambda c: c.about, tip=lambda c: c.about,
               role=lambda c: "muted", width=260),
    )  # fmt: skip


def _check_words(check: CheckTotal) -> str:
    return f"{look(check.verdict)[0]} {check.title}"


def _check_role(check: CheckTotal) -> str:
    return look(check.verdict)[2]


def summary_words(report: QualityReport) -> str:
    """As in "✗ 1,230 games of season 2025-26: 2 fail, 1,228 pass  ·  checked at 14:32 in 9 s"."""
    verdicts = Counter(game.verdict for game in report.games)
    told: dict[Verdict, str] = {
        "failed": _tr("{} fail"),
        "warned": _tr("{} with warnings"),
        "lacking": _tr("{} incomplete"),
        "passed": _tr("{} pass"),
        "unseen": _tr("{} not checked"),
    }
    parts = [words.format(f"{verdicts[one]:,}") for one, words in told.items() if verdicts[one]]
    games = counted(len(report.games), _tr("game"))
    said = _tr("{} of {}: {}").format(games, report.asked, ", ".join(parts))
    at = f"{report.checked_at.astimezone():%H:%M}"
    said = f"{look(report.verdict)[0]} {said}"
    return said + "  ·  " + _tr("checked at {} in {}").format(at, took(report.took_s))


def nothing_found_words(
    chosen: Sequence[CheckedGame], shown: Sequence[CheckedGame]
) -> tuple[str, str]:
    """In place of findings: of the games that are chosen, or of all that are shown."""
    if not chosen:
        if any(game.passed for game in shown):
            return _tr("✓ Nothing amiss in the games that are shown"), ""
        return _tr("○ Nothing to check yet of the games that are shown"), ""
    names = ", ".join(matchup(game) for game in chosen[:3])
    reasons = unseen_words(chosen[0])
    why = _tr("Not checked, because {}.").format(reasons) if reasons else ""
    if not any(game.passed for game in chosen):
        return _tr("○ Nothing to check of {}").format(names), why
    return _tr("✓ Nothing amiss in {}").format(names), why


def finding_words(finding: Finding, game: CheckedGame | None) -> str:
    """All of a finding, for who reads more than a row of it."""
    which = finding.game_id if game is None else f"{finding.game_id}, {matchup(game)}"
    return _tr("{}: {}\n{}: due {}; found {}").format(
        which, finding.title, finding.where, finding.expected, finding.found
    )
