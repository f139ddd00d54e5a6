"""Whether to try again, and how long to wait first. stamina does the counting and the waiting."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import stamina

from nbapanel.source.settings import FeedSettings
from nbapanel.source.trouble import NoConnection, Trouble

_log = logging.getLogger(__name__)
_CONNECTS_WITHOUT_NETWORK = 2
_RECONNECT_S = 1.0
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?")


@dataclass(slots=True)
class Patience:
    """The patience with one call. `brief`: the host has not answered in this run so far.

    A machine without a network should say so in two seconds; one that wakes up in the middle of a
    run should get its connections back.
    """

    what: str
    settings: FeedSettings
    deadline_s: float
    brief: bool
    last: Trouble | None = None
    tried: int = 0

    def attempts(self) -> AsyncIterator[stamina.Attempt]:
        return aiter(
            stamina.retry_context(
                on=self._wait_before_next,
                attempts=self.settings.attempts,
                timeout=None,  # by the loop's clock instead: the deadline bounds attempts too
                wait_initial=self.settings.backoff_s,
                wait_max=self.settings.backoff_max_s,
                wait_jitter=self.settings.backoff_s,
            )
        )

    def _wait_before_next(self, error: Exception) -> bool | float:
        """False: give up. True: after stamina's doubling wait. A number: after so many seconds."""
        if not isinstance(error, Trouble):
            return False
        self.last = error
        self.tried += 1
        _log.info("%s: attempt %d: %s", self.what, self.tried, error.what)
        if isinstance(error, NoConnection) and self.brief:
            return _RECONNECT_S if self.tried < _CONNECTS_WITHOUT_NETWORK else False
        if error.wait_s is None:
            return True
        now_s = asyncio.get_running_loop().time()
        return error.wait_s if now_s + error.wait_s < self.deadline_s else False


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """What a Retry-After header asks for, in seconds; None where there is none to be understood.

    A date counts from the answer's own Date where it has one: our clock may be wrong.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if _SECONDS.fullmatch(value):
        return float(value)
    until = _http_date(value)
    if until is None:
        return None
    since = _http_date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - since).total_seconds())


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
