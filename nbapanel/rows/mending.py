"""JSON text made fit for a table: characters and tokens that PostgreSQL or JSON itself refuse.

Nothing is read out of the text here.
"""

from __future__ import annotations

import re

# A string up to its end (or to the end of a cut text, so that no position is scanned twice), or
# one of the words that some encoders write for numbers that JSON has no form for.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|-?\b(?:NaN|Infinity)\b', re.DOTALL)
_ESCAPE = re.compile(
    r"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|(?P<nul>\\u0000)"
    r"|(?P<other>\\.)"
    r"|(?P<control>[\x01-\x1f])",
    re.DOTALL,
)
# Numbers that jsonb (numeric) may have no room for; the second pattern passes over strings.
# A row of digits is looked at from its first one only, not from each of ten thousand.
_HUGE_NUMBER = rb"[eE][+-]?[0-9]{4}|(?<![0-9])[0-9]{10000}"
_MAYBE_HUGE = re.compile(_HUGE_NUMBER)
_HUGE = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|(?P<huge>' + _HUGE_NUMBER + rb")", re.DOTALL)
_OUT_OF_RANGE = "1e999"


def has_nul(body: bytes) -> bool:
    """Whether the text may hold U+0000, which JSON allows and no text column can hold."""
    # Most bodies hold no backslash at all, and one character is found ten times as fast as six.
    return b"\\" in body and b"\\u0000" in body


def mended(body: bytes) -> bytes:
    """The same JSON with NUL characters removed and broken characters replaced by U+FFFD.

    Broken are lone surrogates and bytes that are not UTF-8. Bare control characters in strings
    become blanks; NaN and Infinity become a number out of every range, so that the value is
    refused where it stands rather than the document.
    """
    text = body.decode("utf-8-sig", "replace").replace("\x00", "")
    return _TOKEN.sub(_mended_token, text).encode()


def _mended_token(match: re.Match[str]) -> str:
    token = match[0]
    return _ESCAPE.sub(_mended_escape, token) if token[0] == '"' else _OUT_OF_RANGE


def _mended_escape(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "lone":
            return "\\ufffd"
        case "nul":
            return ""
        case "control":
            return " "
        case _:
            return match[0]


def jsonb_text(piece: bytes) -> str | None:
    """The piece as text for a jsonb column; None where it holds a number jsonb has no room for."""
    if _MAYBE_HUGE.search(piece) and any(found["huge"] for found in _HUGE.finditer(piece)):
        return None
    return piece.decode()
