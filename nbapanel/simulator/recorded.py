"""A folder of recorded payloads as a source: what lies there is served as it was recorded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path

import msgspec

from nbapanel.clock import eastern_date
from nbapanel.errors import UsageError
from nbapanel.simulator.composed import composed_scoreboard, header_tip
from nbapanel.simulator.recorded_files import FILE_TROUBLE, raw_bytes, unreadable
from nbapanel.simulator.recorded_kalshi import RecordedKalshi
from nbapanel.simulator.recorded_nba import PARTS, RecordedNba
from nbapanel.simulator.source import (
    Json,
    Listed,
    Page,
    Window,
    core_refusal,
    espn_refusal,
    not_supported,
)

_DAY = re.compile(r"(\d{8})(?!\d)")
_EVENT = re.compile(r"(\d{6,18})(?!\d)")
_LIVE_PARTS = ("espn_scoreboard", "espn_summary", "espn_probabilities", "espn_plays",
               "kalshi_markets", "kalshi_candlesticks", *PARTS)  # fmt: skip


class _PageHead(msgspec.Struct):
    pageIndex: int = 1


class RecordedFolder:
    """The layout of ../shared/recorded, whatever games it holds. It does not change with time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        if not any((self.folder / part).is_dir() for part in _LIVE_PARTS):
            raise UsageError(
                f"{folder} holds no recorded payloads.",
                "None of the folders " + ", ".join(_LIVE_PARTS) + " is in it.",
                "Name a folder of the layout of ../shared/recorded.",
            )
        self.kalshi = RecordedKalshi(self.folder)
        self.nba = RecordedNba(self.folder)

    @property
    def name(self) -> str:
        return f"recorded:{self.folder.name}"

    def start(self) -> datetime:
        """Noon of the day after the newest thing recorded: all of it is past by then."""
        return self._start

    def changed_at(self, event_id: str | None, day: date | None, now: datetime) -> datetime:
        return now  # a recording does not say

    def scoreboard(self, day: date, limit: int, now: datetime) -> Json | bytes:
        path = self._days.get(day)
        if path is not None:
            return raw_bytes(path)
        summaries = [
            self._summary_object(event_id)
            for event_id, (tip, has_teams) in self._headers.items()
            if has_teams and eastern_date(tip) == day
        ]
        return composed_scoreboard(summaries[:limit])

    def summary(self, event_id: str, now: datetime) -> bytes:
        path = self._summaries.get(event_id)
        if path is None:
            raise espn_refusal(404, f"Failed to get event {event_id}")
        return raw_bytes(path)

    def probabilities(self, event_id: str, competition_id: str, page: Page, now: datetime) -> bytes:
        pages = self._probabilities.get(event_id)
        if pages is None or competition_id != event_id:
            raise not_supported(event_id)
        return _page(pages, page)

    def plays(self, event_id: str, competition_id: str, page: Page, now: datetime) -> bytes:
        pages = self._plays.get(event_id)
        if pages is None or competition_id != event_id:
            raise core_refusal(404, f"No plays for event {event_id}")
        return _page(pages, page)

    def cutoff(self, now: datetime) -> datetime:
        return self.kalshi.cutoff()

    def listed(self, series: str, now: datetime, *, historical: bool) -> Sequence[Listed]:
        return self.kalshi.listed(series, historical=historical)

    def market(self, ticker: str, now: datetime, *, historical: bool) -> Json:
        return self.kalshi.market(ticker, historical=historical)

    def candlesticks(
        self, ticker: str, window: Window, now: datetime, *, historical: bool
    ) -> list[Json]:
        return self.kalshi.candlesticks(ticker, window)

    # What is there: looked up by name, once; the files themselves are read when asked for.

    @cached_property
    def _start(self) -> datetime:
        newest = [datetime.combine(day, time(12), UTC) for day in self._days]
        newest += [tip for tip, _ in self._headers.values()]
        newest += self.kalshi.moments()
        newest += self.nba.moments()
        if not newest:
            return datetime(2026, 1, 1, 12, tzinfo=UTC)
        return datetime.combine(max(newest).date() + timedelta(days=1), time(12), UTC)

    @cached_property
    def _days(self) -> dict[date, Path]:
        days: dict[date, Path] = {}
        for path in self._files("espn_scoreboard"):
            match = _DAY.match(path.name)
            if match is None:
                continue
            try:
                day = datetime.strptime(match[1], "%Y%m%d").date()
            except ValueError:
                continue
            days.setdefault(day, path)
        return days

    @cached_property
    def _summaries(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for path in self._files("espn_summary"):
            match = _EVENT.match(path.name)
            if match is not None:
                found.setdefault(match[1], path)
        return found

    @cached_property
    def _headers(self) -> dict[str, tuple[datetime, bool]]:
        """Tip-off of each recorded summary, and whether its header names the teams."""
        headers: dict[str, tuple[datetime, bool]] = {}
        for event_id in self._summaries:
            tip = header_tip(self._summary_object(event_id))
            if tip is not None:
                headers[event_id] = tip
        return headers

    @cached_property
    def _probabilities(self) -> dict[str, dict[int, Path]]:
        return self._core_pages("espn_probabilities")

    @cached_property
    def _plays(self) -> dict[str, dict[int, Path]]:
        return self._core_pages("espn_plays")

    def _core_pages(self, part: str) -> dict[str, dict[int, Path]]:
        """event -> page number -> file; the number is what the file itself says."""
        found: dict[str, dict[int, Path]] = {}
        for path in self._files(part):
            match = _EVENT.match(path.name)
            if match is None:
                continue
            try:
                number = msgspec.json.decode(raw_bytes(path), type=_PageHead).pageIndex
            except FILE_TROUBLE as error:
                raise unreadable(path, error) from error
            found.setdefault(match[1], {}).setdefault(number, path)
        return found

    def _summary_object(self, event_id: str) -> Json:
        path = self._summaries[event_id]
        try:
            return msgspec.json.decode(raw_bytes(path), type=dict)
        except FILE_TROUBLE as error:
            raise unreadable(path, error) from error

    def _files(self, part: str) -> list[Path]:
        paths = (self.folder / part).glob("*.json*")
        return sorted(
            (path for path in paths if path.suffix in (".json", ".gz")),
            key=lambda path: path.name,
        )


def _page(pages: dict[int, Path], page: Page) -> bytes:
    """A recorded page as it is, whatever size was asked for; others were not recorded."""
    path = pages.get(page.number)
    if path is None:
        raise core_refusal(404, f"page {page.number} was not recorded")
    return raw_bytes(path)
