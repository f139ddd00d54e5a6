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
from nbapanel.rows.refusal import OddValue, PayloadRefused, refuse
from nbapanel.rows.scalars import Count
from nbapanel.size_limits import IF_ITEMS_GREW, holds_too_many_values

_COUNT = msgspec.json.Decoder(Count)

T = TypeVar("T")
Build = Callable[[T, str | None], tuple[Hashable, Row]]
"""An item, and its own JSON text where that is kept, into its key and its row. Raises OddValue."""


class Harvest:
    """Rows by key in payload order, the last of a key standing, and the items set aside.

    All that a payload of `what` gives; `most_items` of them may come, odd ones too.
    """

    __slots__ = ("_most_items", "_what", "bad", "duplicates", "rows")

    def __init__(self, what: str, most_items: int) -> None:
        self.rows: dict[Hashable, Row] = {}
        self.bad: list[BadItem] = []
        self.duplicates = 0
        self._what = what
        self._most_items = most_items

    def admit_body(self, page: int, body: bytes) -> None:
        """Before a page is taken apart. PayloadRefused where that would take all memory."""
        if holds_too_many_values(body, self._most_items):
            raise self._too_many(page)

    def admit_items(self, page: int, count: int) -> None:
        """Before so many more are read. PayloadRefused where these are too many in all."""
        if len(self.rows) + self.duplicates + len(self.bad) + count > self._most_items:
            raise self._too_many(page)

    def _too_many(self, page: int) -> PayloadRefused:
        return PayloadRefused(
            f"This is too much for {self._what}.",
            f"Page {page}: it goes beyond {self._most_items:,} items.",
            f"Nothing of it was loaded and the archive still holds it. {IF_ITEMS_GREW}",
        )

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
        self.what = what
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
            into.admit_body(number, body)
            place = self._field if len(parts) == 1 else f"page {number}, {self._field}"
            whole = None if keep_raw or has_nul(body) else self._whole(body)
            page = whole or split(self._split, body, what=self.what, page=number)
            items = getattr(page, self._field)
            into.admit_items(number, len(items))
            if whole:
                self._read_whole(items, build, into, place)
            else:
                self._items.read(items, build, into, place, keep_raw=keep_raw)
            count = _count_said(page.count)
            announced = announced if count is None else count
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


def _count_said(said: Raw) -> int | None:
    """A number of items; None where the feed gives none, or one that cannot be."""
    try:
        return _COUNT.decode(said) if len(said) else None
    except msgspec.DecodeError:
        return None


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
    return msgspec.defstruct("Page", [listed, ("count", Raw, Raw())], gc=False)
