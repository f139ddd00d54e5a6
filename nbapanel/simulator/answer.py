"""A request as the simulator sees it, and its answer before it goes out on the wire."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl


class Feed(StrEnum):
    ESPN = "espn"
    KALSHI = "kalshi"
    NBA = "nba"


_CONTENT_TYPES = {
    Feed.ESPN: "application/json;charset=UTF-8",
    Feed.KALSHI: "application/json",
    Feed.NBA: "application/json",
}


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` by lower-case name."""

    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def accepts_gzip(self) -> bool:
        return "gzip" in self.headers.get("accept-encoding", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is not yet packed for the way. `headers` come on top of those that HTTP needs."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def json_answer(feed: Feed, status: int, body: bytes) -> Answer:
    return Answer(status, body, _CONTENT_TYPES[feed])


def etag_of(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
