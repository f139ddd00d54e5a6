"""The listening socket of a desk, on loopback only, and what ends when it closes."""

from __future__ import annotations

import asyncio
import contextlib

from nbapanel.errors import UsageError
from nbapanel.simulator.answer import Request
from nbapanel.simulator.desk import Desk, Outgoing
from nbapanel.simulator.wire import Connection

HOST = "127.0.0.1"


class Server:
    """`async with Server(desk, port) as server:` serves until the block is left."""

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self.desk = desk
        self.port = port
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Server:
        try:
            self._server = await asyncio.start_server(self._on_client, HOST, self.port)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"The simulator cannot listen on port {self.port}.",
                str(error),
                "Name another port, or 0 for any that is free.",
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *what: object) -> None:
        assert self._server is not None
        self._server.close()
        for client in tuple(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def _on_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        # Only closing cancels it, and asyncio's own callback would report that as an error.
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await Connection(reader, writer, self._answer).serve()
            finally:
                self._clients.discard(task)

    async def _answer(self, request: Request) -> Outgoing:
        """One that takes long is made bit by bit: nobody else has to wait for it."""
        for _ in self.desk.ahead_of(request):
            await asyncio.sleep(0)
        return self.desk.answer(request)
