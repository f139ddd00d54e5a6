"""Payloads to keep, and an archive to keep them in."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbapanel.archive import Archive
from nbapanel.payload import Payload, SourceType

EVENING = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)

MakePayload = Callable[..., Payload]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "data" / "archive")


@pytest.fixture
def payload() -> MakePayload:
    def make(
        *parts: bytes,
        key: str = "2026-01-15",
        at: datetime = EVENING,
        source_type: SourceType = SourceType.ESPN_SCOREBOARD,
        **other: str,
    ) -> Payload:
        return Payload(
            source_type=source_type,
            source_key=key,
            url="https://site.api.espn.com/scoreboard?dates=20260115",
            parts=parts or (b'{"events": []}',),
            fetched_at=at,
            content_type="application/json",
            **other,
        )

    return make


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test cuts the power; the calls are still made, and counted by those who count."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
