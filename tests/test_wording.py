"""Small words: parts of a message become sentences."""

from __future__ import annotations

import pytest

from nbapanel.wording import sentences


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("It is gone", "Wait."), "It is gone. Wait."),
        (("", "Why?", " "), "Why?"),
        ((), ""),
        (("One moment…", "two"), "One moment… two."),
    ],
)
def test_parts_become_sentences(parts: tuple[str, ...], said: str) -> None:
    assert sentences(*parts) == said
