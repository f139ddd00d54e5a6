"""What a column of a table is: its title, and what a row's cell says there. No Qt model here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from nbapanel.ui.tables import words

R = TypeVar("R")

_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """`value` is what is exported, `text` what is shown (None: the value, in words).

    `role` is a colour role, `share` (0..1) is painted as a small bar beside the text. `order` is
    what a question calls this column when it sorts by it; empty: the question cannot.
    """

    key: str
    title: str
    value: Callable[[R], Any]
    text: Callable[[R], str] | None = None
    tip: Callable[[R], str] | None = None
    role: Callable[[R], str] | None = None
    share: Callable[[R], float | None] | None = None
    is_number: bool = False
    order: str = ""
    width: int = 100
    about: str = ""

    def shown(self, row: R) -> str:
        """The text of the cell."""
        return in_words(self.value(row)) if self.text is None else self.text(row)


def in_words(value: Any) -> str:
    """A value as a cell shows it: thousands separated, times local; empty for None."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}"
        case datetime():
            return words.local(value)
        case date():
            return words.day(value)
        case _:
            return str(value)


def exported(value: Any) -> str:
    """A value as a file has it: plain numbers, ISO times with their offset; empty for None.

    A text that a spreadsheet would take for a formula, and carry out, has an apostrophe before it.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value)
        case datetime() | date():
            return value.isoformat()
        case int():
            return str(value)
        case _:
            # Python before 3.13 leaves a carriage return without quotes: a row would end there.
            text = str(value).replace("\r\n", "\n").replace("\r", "\n")
            return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
