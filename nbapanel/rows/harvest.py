"""Items of a payload into rows: every row under its key, every odd item set aside.

No feed is known here. A page is decoded in one go into typed structs; only where that fails is it
taken apart and decoded item by item, so that what is wrong with one of them stays with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from nbapanel.rows.mending import has_nul, jsonb_text, mended
from nbapanel.rows.models import BadItem, Parsed, Row
from nbapanel.rows.refusal import OddValue, refuse

T = TypeVar("T")
Build = Callable[[T, str | None], tuple[Hashable, Row]]
"""An item, and its own JSON text where that is kept, into its key and its row. Raises OddValue."""


class Harvest:
    """Rows by key in payload order, the last of a key standing, and the items set aside."""

    __slots__ = ("bad", "duplicates", "rows")

    def __init__(self) -> None:
        self.rows: dict[Hashable, Row] = {}
        self.bad: list[BadItem] = []
        self.duplicates = 0

    def put(self, key: Hashable, row: Row) -> None:
        if key in self.rows:
            self.duplicates += 1
        self.rows[key] = row

    def absorb(self, rows: Mapping[Any, Row], total: int) -> None:
        """Put rows that stand under their keys already, made of `total` items."""
        before = len(self.rows)
        self.rows.update(rows)
        self.duplicates += before + total - len(self.rows)

    def set_aside(self, where: str, reason: str) -> None:
        self.bad.append(BadItem(where, reason))

    def parsed(self, **notes: Any) -> Parsed:
        return Parsed(list(self.rows.values()), tuple(self.bad), self.duplicates, notes)


class ItemReader(Generic[T]):
    """Turns items that stand apart already into rows.

    `name` is a pattern that finds, in an item's own JSON, what a person would call it by.
    """

    def __init__(self, item_type: type[T], name: bytes) -> None:
        self._decoder = msgspec.json.Decoder(item_type)
        self._name = re.compile(name)

    def read(
        self,
        pieces: Sequence[Raw],
        build: Build[T],
        into: Harvest,
        place: str,
        *,
        keep_raw: bool = False,
    ) -> None:
        for index, piece in enumerate(pieces):
            text = bytes(piece)
            try:
                item = self._decoder.decode(text)
                into.put(*build(item, jsonb_text(text) if keep_raw else None))
            except (msgspec.DecodeError, OddValue, RecursionError) as odd:
                self.set_aside(into, place, index, text, str(odd))

    def set_aside(self, into: Harvest, place: str, index: int, item: bytes, reason: str) -> None:
        found = self._name.search(item)
        name = f" {found[1].decode('ascii', 'replace')}" if found else ""
        into.set_aside(f"{place}[{index}]{name}", reason)


class PageReader(Generic[T]):
    """Reads the items that each page lists under `field`; `what` names the payload in a refusal.

    Without `required`, a page may lack the list.
    """

    def __init__(
        self, item_type: type[T], field: str, *, what: str, name: bytes, required: bool = True
    ) -> None:
        self._what = what
        self._field = field
        self._items = ItemReader(item_type, name)
        self._page = msgspec.json.Decoder(_page_type(field, item_type, required))
        self._split = msgspec.json.Decoder(_page_type(field, Raw, required))

    def read(
        self, parts: Sequence[bytes], build: Build[T], into: Harvest, *, keep_raw: bool = False
    ) -> int | None:
        """Put all items of all pages into the harvest; return how many the feed says there are.

        That number is ESPN's `count`, None where it gives none. PayloadRefused if a page is none.
        """
        announced = None
        for number, body in enumerate(parts, 1):
            place = self._field if len(parts) == 1 else f"page {number}, {self._field}"
            page = None if keep_raw or has_nul(body) else self._whole(body)
            if page is not None:
                self._read_whole(getattr(page, self._field), build, into, place)
            else:
                page = split(self._split, body, what=self._what, page=number)
                pieces = getattr(page, self._field)
                self._items.read(pieces, build, into, place, keep_raw=keep_raw)
            count = page.count
            announced = count if type(count) is int else announced
        return announced

    def _whole(self, body: bytes) -> Any:
        """The page with its items; None where an item, or a character, is not as it should be."""
        try:
            return self._page.decode(body)
        except (ValueError, RecursionError):
            return None

    def _read_whole(self, items: Sequence[T], build: Build[T], into: Harvest, place: str) -> None:
        for index, item in enumerate(items):
            try:
                into.put(*build(item, None))
            except OddValue as odd:
                text = msgspec.json.encode(item)
                self._items.set_aside(into, place, index, text, str(odd))


def split(decoder: msgspec.json.Decoder[Any], body: bytes, *, what: str, page: int) -> Any:
    """Decode an envelope whose items are Raw, mending the text where it needs it.

    PayloadRefused where the envelope itself is not as it should be.
    """
    try:
        if has_nul(body) or not _is_utf8(body):
            body = mended(body)
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError as error:
            return _decode_mended(decoder, body, error)
    except RecursionError as error:
        raise refuse(what, page, body, "it is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise refuse(what, page, body, str(error)) from error


def _decode_mended(
    decoder: msgspec.json.Decoder[Any], body: bytes, first: msgspec.DecodeError
) -> Any:
    try:
        return decoder.decode(mended(body))
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        raise first from None  # where the text as it came breaks off


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _page_type(field: str, item_type: Any, required: bool) -> type[Struct]:
    items: Any = list[item_type]
    default: Any = msgspec.NODEFAULT if required else []
    listed = (field, items, msgspec.field(default=default))
    return msgspec.defstruct("Page", [listed, ("count", Any, None)], gc=False)
