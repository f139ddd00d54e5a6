"""The SQL statements of the sql folder, by name. No statement is written here.

A file holds several statements, each opened by a line `-- name: some_name`; the comment lines
that follow describe it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def statements() -> Mapping[str, LiteralString]:
    """Every statement by its name. Raises ValueError for a name that stands twice."""
    found: dict[str, LiteralString] = {}
    for file in sorted(files("nbapanel.warehouse").joinpath("sql").iterdir(), key=str):
        if not file.name.endswith(".sql"):
            continue
        head, *rest = _NAME.split(file.read_text(encoding="utf-8"))
        if _NAME.search(head):
            raise ValueError(f"{file.name}: text before the first name")
        for name, text in zip(rest[::2], rest[1::2], strict=True):
            if name in found:
                raise ValueError(f"{file.name}: {name} stands twice")
            # The files ship with the program: their text is as literal as source code.
            found[name] = cast(LiteralString, text.strip())
    return found


def statement(name: str) -> LiteralString:
    return statements()[name]
