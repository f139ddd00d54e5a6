"""Calls to other programs, to tell them that the data they copied is new. No feed is asked here."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from nbapanel.errors import FeedFailed

_TIMEOUT_S = 10.0


def shown(url: str) -> str:
    """Where a hook is, fit to be shown: without user, password and query (it may hold a token)."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
    except ValueError:
        return "whose address cannot be read"


async def call_hook(url: str, transport: httpx.AsyncBaseTransport | None = None) -> int:
    """POST to the hook; returns the size of its answer, in bytes.

    Raises FeedFailed for anything but a 2xx answer, naming the place but no query (it may hold a
    token).
    """
    place = shown(url)
    try:
        async with httpx.AsyncClient(transport=transport, timeout=_TIMEOUT_S) as client:
            answer = await client.post(url)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise FeedFailed(
            f"The cache hook {place} could not be called: {type(error).__name__}."
        ) from error
    if not answer.is_success:
        raise FeedFailed(f"The cache hook {place} answered {answer.status_code}.")
    return len(answer.content)
