"""What is asked of a feed and what it may answer. No request is made here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote, urlsplit

from nbapanel.errors import UsageError
from nbapanel.payload import Payload, SourceType
from nbapanel.source.checks import Shape, Top

OnRequest = Callable[[int, int], None]
"""Told of requests made and bytes received (as they came over the wire), attempt by attempt."""

Validators = tuple[str, str]
"""(ETag, Last-Modified) of what is held; either may be blank."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The feed has none of this, and says so: a normal answer, worth remembering."""

    reason: str
    http_status: int
    body: bytes = field(default=b"", compare=False, repr=False)
    url: str = field(default="", compare=False)
    asked_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NotModified:
    """What is held is still what the feed has, at `checked_at` by the feeds' clock."""

    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked body. `asked_at` is just before the request left, so nothing later is in it."""

    url: str
    body: bytes
    top: Top
    asked_at: datetime
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a feed is served. `group` is paced as one; user and password go in a header only.

    `turns_away_silently`: it is known to leave those unanswered whom it does not want.
    """

    name: str
    base_url: str
    group: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    turns_away_silently: bool = False

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


@dataclass(frozen=True, slots=True)
class Request:
    """`absent_400`: a 400 whose body holds this (any case) says that there is none; "" any 400.

    `headers` come on top of those of every request, or instead of them.
    """

    origin: Origin
    path: str
    params: Mapping[str, str | int]
    shape: Shape
    absent_400: str | None = None
    validators: Validators | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def origin(name: str, url: str, group: str) -> Origin:
    """Read a base URL from the settings. Raises UsageError; never repeats a password."""
    try:
        split = urlsplit(url.strip())
        host, port = split.hostname, split.port
    except ValueError:
        split, host, port = urlsplit(""), None, None
    if split.scheme not in ("http", "https") or not host or split.query or split.fragment:
        raise UsageError(
            f"The address set for {name} cannot be used.",
            "It must look like https://host or http://host:port/path, without ? and #.",
            "Correct the setting, or remove it to use the feed itself.",
        )
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port is None else f"{shown}:{port}"
    login = None
    if "@" in split.netloc:
        login = (unquote(split.username or ""), unquote(split.password or ""))
    base_url = f"{split.scheme}://{netloc}{split.path.rstrip('/')}"
    return Origin(name, base_url, group, login)


def absence_of(source_type: SourceType, source_key: str, absent: Absent) -> Payload:
    """ "There is none", as a payload: kept like any answer, so that it is not asked again."""
    if absent.asked_at is None:
        raise ValueError("an absence that nobody asked for")
    return Payload(
        source_type=source_type,
        source_key=source_key,
        url=absent.url,
        parts=(absent.body,),
        fetched_at=absent.asked_at,
        http_status=absent.http_status,
    )


def payload_of(source_type: SourceType, source_key: str, answers: Sequence[Answer]) -> Payload:
    """All pages of one answer as a payload, described by the first."""
    first = answers[0]
    return Payload(
        source_type=source_type,
        source_key=source_key,
        url=first.url,
        parts=tuple(answer.body for answer in answers),
        fetched_at=first.asked_at,
        content_type=first.content_type,
        etag=first.etag,
        last_modified=first.last_modified,
    )
