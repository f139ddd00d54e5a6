"""Calls to other programs, to tell them that the data they copied is new. No feed is asked here."""

from __future__ import annotations

import asyncio
import hashlib
from urllib.parse import urlsplit

import httpx

from nbapanel.errors import FeedFailed

_TIMEOUT_S, _LONGEST_S = 10.0, 30.0
_MOST_BYTES = 1_000_000
_MARK_CHARS = 6


def shown(url: str) -> str:
    """Where a hook is, fit to be shown: scheme and host, and a mark to tell it from others there.

    Its login, path and query may each be a token. The mark is of the whole address, and too short
    to find that out.
    """
    mark = hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:_MARK_CHARS]
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        host = port = ""
    if not host:
        return f"whose address cannot be read ({mark})"
    return f"{parts.scheme}://{host}{port}/… ({mark})"


async def call_hook(url: str, transport: httpx.AsyncBaseTransport | None = None) -> int:
    """POST to the hook; returns the size of its answer, in bytes, as far as it was read.

    Raises FeedFailed for anything but a 2xx answer, a redirect included, naming the place as
    `shown` does.
    """
    place = shown(url)
    try:
        async with (
            asyncio.timeout(_LONGEST_S),
            httpx.AsyncClient(transport=transport, timeout=_TIMEOUT_S) as client,
            client.stream("POST", url) as answer,
        ):
            size = await _size_of(answer)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as error:
        raise FeedFailed(
            f"The cache hook {place} could not be called: {type(error).__name__}."
        ) from error
    if not answer.is_success:
        raise FeedFailed(f"The cache hook {place} answered {answer.status_code}.")
    return size


async def _size_of(answer: httpx.Response) -> int:
    """Its body is of no interest: it is not kept, not unpacked, and not read for ever."""
    if answer.is_stream_consumed:  # by a transport of a test
        return len(answer.content)
    size = 0
    async for piece in answer.aiter_raw():
        size += len(piece)
        if size > _MOST_BYTES:
            break
    return size
