"""A kill between any two system calls leaves nothing, or a whole pair that proves itself."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta

import pytest

from nbapanel.archive import Archive, ArchiveUnwritable, FindingKind, files
from nbapanel.payload import SourceType

EVENING = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
LATER = EVENING + timedelta(minutes=5)
KEY = SourceType.ESPN_SCOREBOARD, "2026-01-15"
CALLS = ("open", "write", "fsync", "close", "replace", "mkdir", "unlink")


class Killed(BaseException):
    """Stands for SIGKILL: nothing of the process runs after it."""


class FailingOs:
    """`os`, of which the nth call fails: for good (a kill) or once (a full disk)."""

    def __init__(self, nth: int, failure: BaseException | None) -> None:
        self.nth = nth
        self.failure = failure
        self.made = 0
        self.dead = False

    def __getattr__(self, name):
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*arguments):
            if self.dead:
                raise Killed
            self.made += 1
            if self.made != self.nth:
                return real(*arguments)
            if name == "write":  # some of it still got there
                real(arguments[0], arguments[1][: len(arguments[1]) // 2])
            if name == "close":
                real(*arguments)
            self.dead = isinstance(self.failure, Killed)
            raise self.failure

        return call


def _first(archive, payload):
    archive.put(payload(b"first " * 100))


def _changed(archive, payload):
    archive.put(payload(b"second " * 100, b"page two", at=LATER))


def _same_again(archive, payload):
    archive.put(payload(b"before " * 100, at=LATER))


def _touched(archive, payload):
    archive.touch(*KEY, LATER)


def _healed(archive, payload):
    (archive.root / archive.newest(*KEY).path).write_bytes(b"damaged")
    archive.put(payload(b"before " * 100, at=LATER))


ACTIONS = {
    "first put": (_first, False),
    "changed put": (_changed, True),
    "same put": (_same_again, True),
    "touch": (_touched, True),
    "healing put": (_healed, True),
}


def _archives(tmp_path, payload, has_before):
    """A fresh archive for each n, settled, with or without a payload in it."""
    for nth in range(1, 200):
        archive = Archive(tmp_path / str(nth))
        if has_before:
            archive.settle([archive.put(payload(b"before " * 100)).manifest])
        yield nth, archive


def _check_whole(archive, *, may_be_damaged=False):
    kinds = {finding.kind for finding in archive.verify()}
    assert kinds <= {FindingKind.ORPHAN} | ({FindingKind.DAMAGED} if may_be_damaged else set())
    for manifest in archive.all():
        if not may_be_damaged:
            assert archive.get(manifest)
    archive.settle(archive.pending())
    assert archive.pending() == []


@pytest.mark.parametrize(("action", "has_before"), ACTIONS.values(), ids=ACTIONS.keys())
def test_killed_between_any_two_calls(tmp_path, payload, monkeypatch, action, has_before):
    """trap F15"""
    kills = 0
    for nth, archive in _archives(tmp_path, payload, has_before):
        known = {m: m.checked_at for m in archive.all()}
        failing = FailingOs(nth, Killed())
        with monkeypatch.context() as patch:
            patch.setattr(files, "os", failing)
            try:
                action(archive, payload)
            except Killed:
                kills += 1
        told = archive.pending()
        for manifest in archive.all():
            # Whatever is there and differs from what the database knows must be told to it.
            if known.get(manifest) != manifest.checked_at:
                assert manifest in told
        _check_whole(archive, may_be_damaged=action is _healed)
        action(archive, payload)  # the next run
        _check_whole(archive)
        if not failing.dead:
            break
    assert kills >= 8


@pytest.mark.parametrize(("action", "has_before"), ACTIONS.values(), ids=ACTIONS.keys())
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_full_disk_is_told_and_leaves_no_half_file(
    tmp_path, payload, monkeypatch, action, has_before, code
):
    """trap W14"""
    errors = []
    for nth, archive in _archives(tmp_path, payload, has_before):
        failing = FailingOs(nth, OSError(code, os.strerror(code)))
        with monkeypatch.context() as patch:
            patch.setattr(files, "os", failing)
            try:
                action(archive, payload)
            except ArchiveUnwritable as error:
                errors.append(error)
        if action is not _healed:
            assert list(archive.verify()) == []
        action(archive, payload)
        assert list(archive.verify()) == []
        if failing.made < nth:
            break
    assert len(errors) >= 8
    for error in errors:
        assert str(tmp_path) in error.detail
        assert ("disk is full" in error.title) == (code == errno.ENOSPC)
        assert error.hint


CHILD = """
    import os, sys
    from datetime import UTC, datetime, timedelta
    from pathlib import Path
    from nbapanel.archive import Archive
    from nbapanel.payload import Payload, SourceType

    root, name, puts, same_key = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    archive = Archive(root)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(puts):
        body = f'{{"by": "{name}", "n": {number}}}'.encode()
        archive.put(Payload(
            SourceType.ESPN_PLAYS, "k" if same_key == "same" else f"k{number % 7}", "https://x/",
            (body, os.urandom(20_000)) if same_key != "same" else (body,),
            datetime(2026, 1, 16, tzinfo=UTC),
        ))
"""


def _child(root, name, puts, keys):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(root), name, str(puts), keys],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"ready\n"
    return process


def _go(process):
    process.stdin.write(b"\n")
    process.stdin.flush()


def test_killed_twenty_times_for_real(archive):
    """trap F15"""
    chance = random.Random(15)
    for _ in range(20):
        with _child(archive.root, "child", 1_000_000, "many") as process:
            _go(process)
            time.sleep(chance.uniform(0.001, 0.04))  # not a wait: when the kill falls
            process.kill()
    manifests = list(archive.all())
    assert manifests
    assert {finding.kind for finding in archive.verify()} <= {FindingKind.ORPHAN}
    assert {m.path for m in archive.pending()} == {m.path for m in manifests}
    for place in archive.root.rglob("*"):
        if place.is_file():
            os.utime(place, (1, 1))
    archive.sweep()
    assert list(archive.verify()) == []
    assert list(archive.all()) == manifests


def test_two_processes_put_the_same_key_at_once(archive):
    """trap F15: forty different payloads of one key and one moment, none lost, none mixed up."""
    with (
        _child(archive.root, "one", 20, "same") as one,
        _child(archive.root, "two", 20, "same") as two,
    ):
        _go(one)
        _go(two)
        assert (one.wait(60), two.wait(60)) == (0, 0)
    assert list(archive.verify()) == []
    manifests = list(archive.all())
    assert len({archive.get(m).parts for m in manifests}) == len(manifests) == 40
    assert archive.pending() == manifests
