"""Calls to other programs, to tell them that the data they copied is new. No feed is asked here."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from nbapanel.errors import FeedFailed

_TIMEOUT_S = 10.0


async def call_hook(url: str, transport: httpx.AsyncBaseTransport | None = None) -> int:
    """POST to the hook; returns the size of its answer, in bytes.

    Raises FeedFailed for anything but a 2xx answer, naming the place but no query (it may hold a
    token).
    """
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    try:
        async with httpx.AsyncClient(transport=transport, timeout=_TIMEOUT_S) as client:
            answer = await client.post(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FeedFailed(
            f"The cache hook {place} could not be called: {type(error).__name__}."
        ) from error
    if not answer.is_success:
        raise FeedFailed(f"The cache hook {place} answered {answer.status_code}.")
    return len(answer.content)
