"""A command whose answer is waited for: what it says, and what becomes of one that does not end."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from nbapanel.desk.child_answer import ChildAnswer
from nbapanel.errors import UserFacingError
from nbapanel.place import Place

Make = Callable[..., ChildAnswer]


@pytest.fixture
def child(place: Place, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A child that does this Python code."""

    def make(code: str, longest_s: float = 60.0) -> ChildAnswer:
        monkeypatch.setattr(
            "nbapanel.desk.child_answer.command", lambda *_: [sys.executable, "-c", code]
        )
        return ChildAnswer(place, (), "The answer", longest_s)

    return make


def test_all_of_it_is_the_answer(child: Make) -> None:
    assert child("print('one'); print('two'); exit(3)").wait() == ("one\ntwo\n", "", 3)


def test_lines_before_the_answer_are_heard(child: Make) -> None:
    heard: list[str] = []
    answer = child("print('one'); print('two'); print('three')").wait(heard.append)
    assert (answer, heard) == (("three\n", "", 0), ["one\n", "two\n"])


def test_who_says_nothing_gives_no_answer(child: Make) -> None:
    heard: list[str] = []
    assert child("exit('it broke')").wait(heard.append) == ("", "it broke\n", 1)
    assert heard == []


def test_much_on_stderr_does_not_hold_it_up(child: Make) -> None:
    """More than a pipe takes, while nobody reads it."""
    out, err, code = child("import sys; sys.stderr.write('x' * 500_000); print('done')").wait(print)
    assert (out, len(err), code) == ("done\n", 500_000, 0)


def test_one_that_takes_too_long_is_ended(child: Make) -> None:
    """Also one that has closed its stdout, and so can say no more."""
    for code in ("import time; time.sleep(600)",
                 "import os, time; os.close(1); time.sleep(600)"):  # fmt: skip
        with pytest.raises(UserFacingError, match="The answer takes too long"):
            child(code, longest_s=0.5).wait()
