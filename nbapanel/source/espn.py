"""ESPN's requests: scoreboard, probabilities, plays, summary. What is in them is not read here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from nbapanel.errors import FeedFailed
from nbapanel.payload import Payload, SourceType
from nbapanel.size_limits import IF_PAGES_GREW
from nbapanel.source.answers import (
    Absent,
    Answer,
    NotModified,
    OnRequest,
    Origin,
    Request,
    Validators,
    payload_of,
)
from nbapanel.source.checks import Shape, whole_number
from nbapanel.source.client import FeedClient, unexpected
from nbapanel.source.pages import Pages

_SITE = "/apis/site/v2/sports/basketball/nba"
_CORE = "/v2/sports/basketball/leagues/nba"
_LIMIT = 1000

_SCOREBOARD = Shape(lists=("events",))
_SUMMARY = Shape(one_of=("header", "plays"))
_PAGE = Shape(lists=("items",), numbers=("pageCount", "pageIndex"))
_ID = re.compile(r"[0-9]{1,18}")
_NONE_HERE = "not supported"


@dataclass(frozen=True, slots=True)
class Espn:
    client: FeedClient
    site: Origin
    core: Origin
    counted: OnRequest

    async def scoreboard(
        self, day: date, *, validators: Validators | None = None
    ) -> Payload | NotModified:
        """The games of one US Eastern day; a day without games is an answer too."""
        request = Request(
            self.site,
            f"{_SITE}/scoreboard",
            {"dates": f"{day:%Y%m%d}", "limit": _LIMIT},
            _SCOREBOARD,
            validators=validators,
        )
        got = await self.client.get(request, self.counted)
        match got:
            case Answer():
                return payload_of(SourceType.ESPN_SCOREBOARD, day.isoformat(), [got])
            case NotModified() if validators:
                return got
            case _:
                raise unexpected(request, got)

    async def summary(
        self, event_id: str, *, validators: Validators | None = None
    ) -> Payload | Absent | NotModified:
        """Plays and win probabilities of a whole game in one answer."""
        request = Request(
            self.site,
            f"{_SITE}/summary",
            {"event": _checked(event_id)},
            _SUMMARY,
            absent_400=_NONE_HERE,
            validators=validators,
        )
        got = await self.client.get(request, self.counted)
        if isinstance(got, Answer):
            return payload_of(SourceType.ESPN_SUMMARY, event_id, [got])
        return got

    async def probabilities(self, event_id: str, competition_id: str) -> Payload | Absent:
        return await self._pages(
            SourceType.ESPN_PROBABILITIES, "probabilities", event_id, competition_id
        )

    async def plays(self, event_id: str, competition_id: str) -> Payload | Absent:
        return await self._pages(SourceType.ESPN_PLAYS, "plays", event_id, competition_id)

    async def _pages(
        self, source_type: SourceType, what: str, event_id: str, competition_id: str
    ) -> Payload | Absent:
        """Every page there is. `pageCount` is read anew on each: a live game grows meanwhile."""
        event, competition = _checked(event_id), _checked(competition_id)
        pages = Pages(self.client.settings.most_bytes)
        page_count = 1
        while len(pages) < page_count:
            request = Request(
                self.core,
                f"{_CORE}/events/{event}/competitions/{competition}/{what}",
                {"limit": _LIMIT, "page": len(pages) + 1},
                _PAGE,
                absent_400=_NONE_HERE,
            )
            got = await self.client.get(request, self.counted)
            match got:
                case Answer():
                    pages.add(request, got)
                case Absent() if not pages:
                    return got
                case _:  # a page is missing that the one before it counted
                    raise unexpected(request, got)
            page_count = _page_count(got, what, event, page=len(pages))
            if page_count > self.client.settings.most_pages:
                raise _unfit(what, f"Event {event}: it claims {page_count:,} pages.", IF_PAGES_GREW)
        return payload_of(source_type, f"{event}:{competition}", pages.answers)


def _page_count(answer: Answer, what: str, event: str, page: int) -> int:
    """How many pages there are by the latest one, which must be the one that was asked for."""
    page_count = whole_number(answer.top, "pageCount")
    page_index = whole_number(answer.top, "pageIndex")
    if page > 1 and page_index != page:
        raise _unfit(
            what,
            f"Event {event}: asked for page {page}, given page {page_index} of {page_count:,}.",
            "Run the same again later.",
        )
    return page_count


def _unfit(what: str, detail: str, hint: str) -> FeedFailed:
    title = f"ESPN gave pages of {what} that do not fit together."
    return FeedFailed(title, f"{detail} None of it was kept.", hint)


def _checked(espn_id: str) -> str:
    """An id that may stand in a URL and in a key."""
    if _ID.fullmatch(espn_id) is None:
        raise FeedFailed(
            f"ESPN names a game {espn_id[:40]!a}, which is no id of ESPN's.",
            "An id is a row of digits.",
        )
    return espn_id
