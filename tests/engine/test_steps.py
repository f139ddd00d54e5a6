"""The list of steps is checked when it is declared, and cut into slices by name."""

from __future__ import annotations

from typing import Any

import pytest

from nbapanel.engine.steps import Step, StepList
from nbapanel.errors import UsageError


async def _nothing(_: Any) -> str | None:
    return None


def step(key: str, *needs: str, follows: tuple[str, ...] = (), timeout_s: float = 1) -> Step[Any]:
    return Step(key, key.title(), "lane", _nothing, timeout_s, needs=needs, follows=follows)


def panel() -> StepList[Any]:
    """The ten steps' shape, by letter: two feeds that meet in the middle, then one line."""
    return StepList(
        (
            step("a"),
            step("b", follows=("a",)),
            step("c", "b"),
            step("d", follows=("c",)),
            step("k"),
            step("l", "b", "k"),
            step("g", "d"),
            step("s", "l", "g"),
            step("p", "s"),
        )
    )


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ((step("a"), step("a")), "'a' is declared twice"),
        ((step("a", "a"),), "'a' needs itself"),
        ((step("a", follows=("a",)),), "'a' needs itself"),
        ((step("a", "zz"),), "'a' needs 'zz', not declared before it"),
        ((step("a", "b"), step("b")), "'a' needs 'b', not declared before it"),
        ((step("a", follows=("b",)), step("b", "a")), "'a' needs 'b'"),
        ((step("a", timeout_s=0),), "'a' has no time limit"),
    ],
)
def test_a_wrong_declaration_is_refused(steps: tuple[Step[Any], ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        StepList(steps)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, "abcdklgsp"),
        ({"only": ["c"]}, "c"),
        ({"only": ["p", "a"]}, "ap"),
        ({"from_": "a"}, "abcdlgsp"),
        ({"from_": "k"}, "klsp"),
        ({"from_": "p"}, "p"),
        ({"until": "a"}, "a"),
        ({"until": "l"}, "abkl"),
        ({"until": "g"}, "abcdg"),
        ({"until": "p"}, "abcdklgsp"),
        ({"from_": "b", "until": "g"}, "bcdg"),
        ({"from_": "k", "until": "g"}, ""),
        ({"from_": "g", "until": "b"}, ""),
        ({"only": ["a", "g"], "from_": "b"}, "g"),
    ],
)
def test_slices_are_exact_and_in_declared_order(choice: dict[str, Any], expected: str) -> None:
    assert "".join(s.key for s in panel().slice(**choice)) == expected


@pytest.mark.parametrize("choice", [{"only": ["a", "x"]}, {"from_": "x"}, {"until": "x"}])
def test_an_unknown_key_is_refused_with_the_names_there_are(choice: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        panel().slice(**choice)
    assert "'x'" in caught.value.title
    assert caught.value.hint == "Steps: a, b, c, d, k, l, g, s, p."
