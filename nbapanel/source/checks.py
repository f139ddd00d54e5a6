"""Whether a body with status 200 is an answer at all. What it says in detail is for `rows`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec

from nbapanel.size_limits import MOST_ITEMS, holds_too_many_values
from nbapanel.source.trouble import BodyRefused

Top = Mapping[str, msgspec.Raw]
"""The top level of a JSON object, its values not yet decoded."""

_TOP = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
_Number = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
_WHAT = {b"[": "a JSON array", b"n": "null", b'"': "a JSON string"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What is due at the top level.

    `lists` and `numbers` (whole) must be there, and one of `one_of`; `texts` may be absent or
    null, and must be strings otherwise. `inside`: an object that must be there, and its shape.
    """

    lists: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    inside: tuple[tuple[str, Shape], ...] = ()


class TooManyItems(Exception):
    """The body is no smaller when it is asked for again."""


def check(body: bytes, shape: Shape, most_items: int = MOST_ITEMS) -> Top:
    """The top level of a good body.

    Raises BodyRefused, saying what came instead, or TooManyItems.
    """
    if not body.strip():
        raise BodyRefused("answered with an empty body")
    if (markup := markup_of(body)) is not None:
        raise BodyRefused(f"answered with {markup} where JSON is due")
    if holds_too_many_values(body, most_items):
        raise TooManyItems
    top = _top_level(body)
    _check_shape(top, shape, most_items)
    return top


def markup_of(body: bytes) -> str | None:
    """ "an HTML page", "an XML document", or None. XHTML is HTML, for it is meant for people."""
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start.startswith(b"<"):
        return None
    if b"<html" in start or b"<!doctype html" in start:
        return "an HTML page"
    return "an XML document" if start.startswith((b"<?xml", b"<error")) else "an HTML page"


def whole_number(top: Top, key: str) -> int:
    try:
        return msgspec.json.decode(top[key], type=_Number)
    except msgspec.MsgspecError as error:
        raise BodyRefused(f"answered with a {key!r} that is no whole number") from error


def text(top: Top, key: str) -> str | None:
    """A string, or None where it is absent or null."""
    if key not in top:
        return None
    try:
        return msgspec.json.decode(top[key], type=str | None)
    except msgspec.MsgspecError as error:
        raise BodyRefused(f"answered with a {key!r} that is no string") from error


def _top_level(body: bytes) -> Top:
    try:
        body.decode("utf-8")
        return _TOP.decode(body)
    except UnicodeDecodeError as error:
        raise BodyRefused("answered with bytes that are not UTF-8") from error
    except RecursionError as error:
        raise BodyRefused("answered with JSON that is nested too deeply") from error
    except msgspec.ValidationError as error:
        what = _WHAT.get(body.lstrip()[:1], "JSON of another kind")
        raise BodyRefused(f"answered with {what} where an object is due") from error
    except msgspec.DecodeError as error:
        top = _with_lone_surrogates(body)
        if top is None:
            raise BodyRefused(f"answered with cut or garbled JSON ({error})") from error
        return top


def _with_lone_surrogates(body: bytes) -> Top | None:
    r"""Valid JSON that msgspec declines: a text with half a pair, such as "\ud83d".

    One bad text must not cost the whole game; `rows` sets its item aside.
    """
    try:
        return _TOP.decode(_ESCAPE.sub(_whole_escape, body))
    except (msgspec.DecodeError, RecursionError):
        return None


def _whole_escape(found: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if found["half"] else found[0]


def _is_longer(items: msgspec.Raw, most_items: int) -> bool:
    # An item and its comma are two bytes at least, and most lists too short for too many.
    return len(items) > 2 * most_items and len(_LIST.decode(items)) > most_items


def _check_shape(top: Top, shape: Shape, most_items: int) -> None:
    objects = [key for key, _ in shape.inside]
    missing = [key for key in (*shape.lists, *shape.numbers, *objects) if key not in top]
    if not missing and shape.one_of and not any(key in top for key in shape.one_of):
        missing = [*shape.one_of]
    if missing:
        raise BodyRefused(f"answered with JSON that lacks {' or '.join(map(repr, missing))}")
    for key in shape.lists:
        if bytes(memoryview(top[key])[:1]) != b"[":
            raise BodyRefused(f"answered with a {key!r} that is no list")
    for key in shape.numbers:
        whole_number(top, key)
    for key in shape.texts:
        text(top, key)
    if any(_is_longer(top[key], most_items) for key in shape.lists):
        raise TooManyItems
    for key, inner in shape.inside:
        if bytes(memoryview(top[key])[:1]) != b"{":
            raise BodyRefused(f"answered with a {key!r} that is no object")
        _check_shape(_TOP.decode(top[key]), inner, most_items)
