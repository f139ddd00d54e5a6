"""Every known trap has a test that names it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_TESTS = Path(__file__).parent
_NAMED = re.compile(r"\b[tT]raps?\s+((?:[FLDRW]\d{1,2}(?:\s*(?:,|and|or|,\s*trap)\s*)?)+)")
_CODE = re.compile(r"[FLDRW]\d{1,2}")

_COUNTS = {"F": 16, "L": 18, "D": 14, "R": 10, "W": 16}
_TRAPS = [
    f"{letter}{number}" for letter, count in _COUNTS.items() for number in range(1, count + 1)
]


def _docstrings_of_tests() -> Iterator[tuple[str, str]]:
    """(file and function, docstring) of every test function, and of its class or module."""
    for path in sorted(_TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        about = ast.get_docstring(tree) or ""
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if node.name.startswith("test_"):
                    yield f"{path.name}::{node.name}", f"{ast.get_docstring(node) or ''}\n{about}"
            elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
                yield f"{path.name}::{node.name}", ast.get_docstring(node) or ""


def _named_in(docstring: str) -> set[str]:
    return {code for found in _NAMED.findall(docstring) for code in _CODE.findall(found)}


@pytest.fixture(scope="module")
def tests_by_trap() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, docstring in _docstrings_of_tests():
        for trap in _named_in(docstring):
            found.setdefault(trap, []).append(name)
    return found


def test_docstrings_are_read_as_they_are_written() -> None:
    assert _named_in("trap F6: Retry-After, with more") == {"F6"}
    assert _named_in("trap F1, trap F2: again") == {"F1", "F2"}
    assert _named_in("Trap W3 and\n    D14") == {"W3", "D14"}
    assert _named_in("traps L5, L6 and L7: one") == {"L5", "L6", "L7"}
    assert _named_in("no trap at all, as in F6") == set()


@pytest.mark.parametrize("trap", _TRAPS)
def test_a_test_names_the_trap(trap: str, tests_by_trap: dict[str, list[str]]) -> None:
    assert tests_by_trap.get(trap), f"no test names trap {trap}"


def test_no_test_names_a_trap_that_there_is_not(tests_by_trap: dict[str, list[str]]) -> None:
    assert set(tests_by_trap) <= set(_TRAPS)
