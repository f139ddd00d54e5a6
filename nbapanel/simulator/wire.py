"""HTTP on the socket: h11 reads what comes; what goes out is written by hand, as it may lie."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import unquote

import h11

from nbapanel.simulator.answer import Request
from nbapanel.simulator.desk import Outgoing
from nbapanel.simulator.flood import grown, packed
from nbapanel.simulator.spoiling import Manner

log = logging.getLogger(__name__)

_READ_BYTES = 64 * 1024
_MOST_BODY_BYTES = 4 * 1024 * 1024


class Connection:
    """One client, request after request, until either side has had enough."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answer: Callable[[Request], Awaitable[Outgoing]],
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.answer = answer
        self._unread = b""

    async def serve(self) -> None:
        try:
            while await self._one():
                pass
        except (ConnectionError, TimeoutError) as error:
            log.debug("the client went away: %s", error)
        finally:
            await self._close()

    async def _close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, TimeoutError) as error:
            log.debug("the connection did not close cleanly: %s", error)

    async def _one(self) -> bool:
        """Answers one request; whether another may follow."""
        try:
            request = await self._request()
        except h11.RemoteProtocolError as error:
            status = error.error_status_hint
            self.writer.write(_head(status, (("Connection", "close"), ("Content-Length", "0"))))
            return False
        if request is None:
            return False
        stays = request.headers.get("connection", "").lower() != "close"
        return await self._deliver(request, await self.answer(request)) and stays

    async def _request(self) -> Request | None:
        """None when the client has closed. Each request has a parser of its own.

        h11 would refuse to go on after an answer that it did not write itself.
        """
        http = h11.Connection(h11.SERVER)
        if self._unread:  # nothing at all would mean the end
            http.receive_data(self._unread)
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = http.next_event()
            match event:
                case h11.NEED_DATA:
                    http.receive_data(await self.reader.read(_READ_BYTES))
                case h11.Request():
                    head = event
                case h11.Data():
                    body += event.data
                    if len(body) > _MOST_BODY_BYTES:
                        raise h11.RemoteProtocolError("too much", error_status_hint=413)
                case h11.EndOfMessage() if head is not None:
                    self._unread = http.trailing_data[0]
                    return _request(head, bytes(body))
                case _:
                    return None

    async def _deliver(self, request: Request, outgoing: Outgoing) -> bool:
        """Writes the answer, well or badly; whether the connection can be used again."""
        amount, body = outgoing.delivery.amount, outgoing.body
        match outgoing.delivery.manner:
            case Manner.WHOLE:
                body = b"" if request.method == "HEAD" else body
                await self._send(outgoing, len(outgoing.body), body)
                return True
            case Manner.SILENT:
                while await self.reader.read(_READ_BYTES):
                    pass
            case Manner.RESET:
                self.writer.transport.abort()
            case Manner.CUT:
                await self._send(outgoing, len(body), body[: int(len(body) * amount)])
            case Manner.SHORT_LENGTH:
                # Said, or another request of the client's may meet what is left over here.
                last = replace(outgoing, headers=(*outgoing.headers, ("Connection", "close")))
                await self._send(last, max(0, len(body) - int(amount)), body)
            case Manner.DRIP:
                await self._drip(outgoing)
                return True
            case Manner.FLOOD | Manner.PACKED_FLOOD:
                await self._flood(outgoing)
                return True
        return False

    async def _send(self, outgoing: Outgoing, length: int, body: bytes) -> None:
        self.writer.write(_head_of(outgoing, length) + body)
        await self.writer.drain()

    async def _drip(self, outgoing: Outgoing) -> None:
        step = max(1, int(outgoing.delivery.amount))
        await self._send(outgoing, len(outgoing.body), b"")
        for start in range(0, len(outgoing.body), step):
            self.writer.write(outgoing.body[start : start + step])
            await self.writer.drain()
            await asyncio.sleep(outgoing.delivery.pause_s)

    async def _flood(self, outgoing: Outgoing) -> None:
        """In chunks: how much is to come is not told beforehand."""
        pieces = grown(outgoing.body, int(outgoing.delivery.amount))
        if outgoing.encoding:
            pieces = packed(pieces)
        self.writer.write(_head_of(outgoing, None))
        for piece in pieces:
            self.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await self.writer.drain()
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()


def _request(head: h11.Request, body: bytes) -> Request:
    path, _, query_string = head.target.decode("ascii", "replace").partition("?")
    return Request(
        method=head.method.decode("ascii"),
        path=unquote(path),
        query_string=query_string,
        headers={name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
        body=body,
    )


def _head_of(outgoing: Outgoing, length: int | None) -> bytes:
    """`length` None: the body comes in chunks."""
    headers = outgoing.headers
    if outgoing.encoding:
        headers = (*headers, ("Content-Encoding", outgoing.encoding))
    if length is None:
        headers = (*headers, ("Transfer-Encoding", "chunked"))
    elif outgoing.status != HTTPStatus.NOT_MODIFIED:
        headers = (*headers, ("Content-Length", str(length)))
    return _head(outgoing.status, headers)


def _head(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
