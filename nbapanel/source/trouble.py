"""What can go wrong with a request.

FeedFailed             this call gave nothing; another may
└── FeedDown           the host is not reached, or has shut us out: further calls fail at once
Trouble                of one attempt; worth another one (never leaves the room)
├── NoConnection       refused, no such host, no route
├── Silence            connected, and then nothing came
└── BodyRefused        status 200, and yet not an answer
"""

from __future__ import annotations

from nbapanel.errors import FeedFailed


class FeedDown(FeedFailed):
    """Nothing more is to be had from this host in this run."""


class Trouble(Exception):
    """One attempt failed: `what` completes "ESPN ...". `wait_s` is what the feed asked for."""

    def __init__(self, what: str, *, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.wait_s = wait_s


class NoConnection(Trouble):
    pass


class Silence(Trouble):
    pass


class BodyRefused(Trouble):
    pass
