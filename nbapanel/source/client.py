"""One request of a feed, made politely and patiently. It knows no feed in particular."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from nbapanel.errors import NO_CONNECTION, FeedFailed
from nbapanel.redaction import presentable
from nbapanel.size_limits import IF_BYTES_GREW, IF_ITEMS_GREW
from nbapanel.source.answers import Absent, Answer, NotModified, OnRequest, Origin, Request
from nbapanel.source.checks import TooManyItems, check, markup_of
from nbapanel.source.pacing import Host, Pace, Turns
from nbapanel.source.patience import Patience, retry_after_s
from nbapanel.source.settings import FeedSettings
from nbapanel.source.trouble import BodyRefused, NoConnection, Silence, Trouble
from nbapanel.source.unpacking import Body, TooLarge

_log = logging.getLogger(__name__)
_LENGTH = re.compile(r"[0-9]{1,18}")
_SENDABLE = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,999}")
_RETRIED = frozenset({408, 429, *range(500, 600)})
_RERUN = "Run the same again later; what is already archived stays."
_SILENT_S = 1800.0


@dataclass(slots=True)
class FeedClient:
    """Makes requests over `http`. One per run: what it learns of a host holds until its end.

    `turns`: by which several processes keep each pace together.
    """

    http: httpx.AsyncClient
    settings: FeedSettings
    turns: Turns | None = None
    _paces: dict[str, Pace] = field(default_factory=dict)
    _hosts: dict[tuple[str, str], Host] = field(default_factory=dict)

    def is_of_host_down(self, said: str) -> bool:
        """Whether these words tell of a host that has shut us out, or is not reached.

        One that only keeps silent does not count: it answers few, and the rest is had without it.
        """
        return any(host.is_down_for_good and host.why_down in said for host in self._hosts.values())

    async def get(self, request: Request, counted: OnRequest) -> Answer | Absent | NotModified:
        """Ask until there is an answer, patience runs out (FeedFailed) or the host is FeedDown."""
        host = self._host(request.origin)
        async with host.places:
            host.check()
            deadline_s = asyncio.get_running_loop().time() + self.settings.deadline_s
            what = f"{request.origin.name} {request.path}"
            patience = Patience(what, self.settings, deadline_s, brief=not host.has_answered)
            try:
                async with asyncio.timeout_at(deadline_s):
                    async for attempt in patience.attempts():
                        with attempt:
                            return await self._attempt(request, host, deadline_s, counted)
            except TimeoutError:
                raise self._given_up(request, host, patience.last, late=True) from patience.last
            except NoConnection as trouble:
                raise self._unreachable(request.origin, host, trouble) from trouble
            except Trouble as trouble:
                raise self._given_up(request, host, trouble) from trouble
        raise AssertionError("attempts end in an answer or an error")

    async def _attempt(
        self, request: Request, host: Host, deadline_s: float, counted: OnRequest
    ) -> Answer | Absent | NotModified:
        host.check()  # another call may have found it down meanwhile
        held_s = await host.pace.turn(deadline_s)
        if held_s is not None:
            raise Trouble(_asks_to_wait(held_s), wait_s=held_s)
        asked_at = self.settings.clock.now()
        response, body = await self._exchange(request, host, counted)
        host.has_answered = True
        _log.debug("%s %s: %d", request.origin.name, request.path, response.status_code)
        if response.status_code == 200:
            answer = self._answer(request, response, body, asked_at)
            host.pace.speed_up()
            return answer
        if response.status_code == 304 and request.validators:
            host.pace.speed_up()
            return NotModified(asked_at)
        absent = self._refusal(request, host, response, body)
        return replace(absent, body=body, url=_kept_url(request, response), asked_at=asked_at)

    async def _exchange(
        self, request: Request, host: Host, counted: OnRequest
    ) -> tuple[httpx.Response, bytes]:
        """Send one request and read the whole answer; every known way to fail is a Trouble."""
        response: httpx.Response | None = None
        body = b""
        try:
            async with (
                asyncio.timeout(self.settings.attempt_timeout_s),
                self.http.stream(
                    "GET",
                    request.origin.base_url + request.path,
                    params=dict(request.params),
                    headers={**request.headers, **_conditions(request)},
                    auth=request.origin.login,
                ) as response,
            ):
                body = await self._body(request, response)
                return response, body
        except TimeoutError as error:
            raise Trouble(
                f"did not finish its answer within {self.settings.attempt_timeout_s:g} s"
            ) from error
        except httpx.TransportError as error:
            raise self._transport_trouble(request.origin, host, error) from error
        except httpx.DecodingError as error:
            raise BodyRefused("answered with a body that is not encoded as it says") from error
        finally:
            # A transport of a test may hand over a response that was read before: 0 downloaded.
            counted(1, (response.num_bytes_downloaded if response else 0) or len(body))

    async def _body(self, request: Request, response: httpx.Response) -> bytes:
        if response.is_stream_consumed:  # by a transport of a test, which unpacked it too
            return response.content
        most_bytes = self.settings.most_bytes
        promised = response.headers.get("content-length", "")
        due = int(promised) if _LENGTH.fullmatch(promised) else None
        body = Body(response.headers.get("content-encoding", ""), most_bytes)
        try:
            if due is not None and due > most_bytes:
                raise TooLarge
            async for piece in response.aiter_raw():
                body.take(piece)
        except TooLarge:
            raise too_large(request, most_bytes) from None
        received = response.num_bytes_downloaded
        if due is not None and received and received != due:
            raise BodyRefused(f"sent {received:,} bytes where it had promised {due:,}")
        return body.whole()

    def _answer(
        self, request: Request, response: httpx.Response, body: bytes, asked_at: datetime
    ) -> Answer:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        try:
            top = check(body, request.shape, self.settings.most_items)
        except TooManyItems as error:
            raise _too_many_items(request, self.settings.most_items) from error
        except BodyRefused as error:
            if encoding in ("identity", "gzip"):
                raise
            raise BodyRefused(f"answered in an encoding not asked for ({encoding})") from error
        return Answer(
            url=_kept_url(request, response),
            body=body,
            top=top,
            asked_at=asked_at,
            content_type=response.headers.get("content-type", ""),
            etag=response.headers.get("etag", ""),
            last_modified=response.headers.get("last-modified", ""),
        )

    def _refusal(
        self, request: Request, host: Host, response: httpx.Response, body: bytes
    ) -> Absent:
        """What a status other than 200 means: there is none, try again, or an error for good."""
        status = response.status_code
        name = request.origin.name
        if status == 429 or (status == 403 and markup_of(body) != "an XML document"):
            host.pace.slow_down()
        if status in _RETRIED:
            wait_s = retry_after_s(response.headers)
            if wait_s is not None:
                host.pace.hold(wait_s)
            asked = f" and {_asks_to_wait(wait_s)}" if wait_s else ""
            raise Trouble(f"answered {status}{asked}", wait_s=wait_s)
        if status == 404:
            return Absent(f"{name} has none of this (404)", status)
        if status == 400 and _says(body, request.absent_400):
            return Absent(f"{name} has none of this (400: {_excerpt(body)})", status)
        if status == 403:
            return self._forbidden(request, host, body)
        reason = _excerpt(body) or "no reason given"
        if 300 <= status < 400:
            reason = f"redirected to {_host_of(response.headers.get('location', ''))}"
        raise FeedFailed(
            f"{name} answered {status}.",
            f"{request.origin.host}{request.path}: {reason}.",
            "See whether its address is set right.",
        )

    def _forbidden(self, request: Request, host: Host, body: bytes) -> Absent:
        """403: the storage behind a feed says so in XML of what it lacks; a guard, in HTML."""
        match markup_of(body):
            case "an XML document":
                return Absent(f"{request.origin.name} has no such object (403, XML)", 403)
            case "an HTML page":
                raise host.give_up(
                    f"{request.origin.host} has shut us out (403 with an HTML page).",
                    "No more requests go there in this run.",
                    "Wait an hour before the next run, or set a lower pace or another address.",
                )
            case _:
                raise FeedFailed(
                    f"{request.origin.name} answered 403.",
                    f"{request.origin.host}{request.path}: {_excerpt(body) or 'an empty body'}.",
                    _RERUN,
                )

    def _transport_trouble(
        self, origin: Origin, host: Host, error: httpx.TransportError
    ) -> Exception:
        match error:
            case httpx.ConnectError() if _is_distrust(error):
                return host.give_up(
                    f"The certificate of {origin.host} is not to be trusted.",
                    f"{error}.",
                    "See that the machine's clock is right and that no proxy reads along.",
                )
            case httpx.ConnectError():
                return NoConnection(_why(error))
            case httpx.ConnectTimeout():
                return NoConnection(f"No answer within {self.settings.connect_timeout_s:g} s")
            case httpx.TimeoutException():
                return Silence(f"was silent for {self.settings.silence_timeout_s:g} s")
            case httpx.UnsupportedProtocol():
                return error
            case _:
                return Trouble(f"broke the connection ({error or type(error).__name__})")

    def _unreachable(self, origin: Origin, host: Host, trouble: NoConnection) -> Exception:
        return host.give_up(
            f"{NO_CONNECTION} {origin.host}.",
            f"{trouble.what}.",
            "Check the network, or the address set for this feed, then run the same again.",
        )

    def _given_up(
        self, request: Request, host: Host, trouble: Trouble | None, *, late: bool = False
    ) -> FeedFailed:
        name = request.origin.name
        title = f"{name} {trouble.what}." if trouble else f"{name} did not answer."
        is_silent = isinstance(trouble, Silence) and not host.has_answered
        if is_silent and request.origin.turns_away_silently:
            # Each further call would take its whole deadline.
            return host.give_up(
                title,
                f"{request.origin.host}{request.path}: it has answered nothing so far; this"
                " run leaves it alone for half an hour.",
                "See whether it can be reached from this machine, then run the same again.",
                for_s=_SILENT_S,
            )
        tried = f"given up after {self.settings.deadline_s:g} s" if late else "given up"
        detail = f"{request.origin.host}{request.path}: {tried}."
        return FeedFailed(title, detail, _RERUN, transient=True)

    def _host(self, origin: Origin) -> Host:
        # By group too: one simulator or mirror stands in for feeds that have little in common.
        host = self._hosts.get((origin.group, origin.host))
        if host is None:
            pace = self._paces.setdefault(
                origin.group,
                Pace(origin.group, self.settings.paces.get(origin.group, 0.0), self.turns),
            )
            places = asyncio.Semaphore(self.settings.concurrency)
            host = Host(origin.host, pace, places)
            self._hosts[origin.group, origin.host] = host
        return host


def too_large(request: Request, most_bytes: int) -> FeedFailed:
    """One body, or all pages of a list together; it is not read any further."""
    return FeedFailed(
        f"{request.origin.name} answered with more than {most_bytes:,} bytes.",
        f"{request.origin.host}{request.path}: the rest was not read, and none of it was kept.",
        IF_BYTES_GREW,
    )


def _too_many_items(request: Request, most_items: int) -> FeedFailed:
    return FeedFailed(
        f"{request.origin.name} answered with more than {most_items:,} items.",
        f"{request.origin.host}{request.path}: none of it was kept.",
        IF_ITEMS_GREW,
    )


def unexpected(request: Request, got: Absent | NotModified) -> FeedFailed:
    """The feed says "none", or "as before", where it must have something."""
    reason = got.reason if isinstance(got, Absent) else "not modified (304)"
    return FeedFailed(
        f"{request.origin.name} did not give what was asked for.",
        f"{request.origin.host}{request.path}: {reason}.",
        _RERUN,
    )


def _conditions(request: Request) -> dict[str, str]:
    etag, last_modified = request.validators or ("", "")
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    # What cannot be sent back as it came (a header may hold any byte) is not sent at all.
    return {name: value for name, value in conditions.items() if _SENDABLE.fullmatch(value)}


def _kept_url(request: Request, response: httpx.Response) -> str:
    """What was asked, fit to be kept: the path that was set for the feed may hold a token."""
    url = response.request.url
    base = urlsplit(request.origin.base_url)
    if not base.path:
        return str(url)
    query = f"?{url.query.decode('ascii')}" if url.query else ""
    return f"{base.scheme}://{base.netloc}/…{request.path}{query}"


def _says(body: bytes, wanted: str | None) -> bool:
    return wanted is not None and wanted.encode().lower() in body.lower()


def _excerpt(body: bytes) -> str:
    """The first words of a body, on one line."""
    return presentable(" ".join(body[:2000].decode("utf-8", "replace").split()))[:160]


def _host_of(location: str) -> str:
    """The host alone: the rest of a redirect may carry a secret."""
    try:
        return urlsplit(location).hostname or "the same host"
    except ValueError:
        return "nowhere in particular"


def _asks_to_wait(wait_s: float) -> str:
    return f"asks to wait {wait_s:,.0f} s"


def _why(error: BaseException) -> str:
    """The operating system's own word, from under "All connection attempts failed"."""
    found = ""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "The connection was refused"
        if isinstance(cause, OSError) and cause.strerror:
            found = cause.strerror
        cause = cause.__cause__ or cause.__context__
    return found or str(error) or "It could not be opened"


def _is_distrust(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
