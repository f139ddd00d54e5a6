"""Texts without what must not be seen: passwords, tokens, and characters that give orders.

A secret is known by its look (`redact`), or because a setting that was read or a connection that
was made said which it is (`keep_secret`). Standard library only: every room may ask.
"""

from __future__ import annotations

import re
from threading import Lock

HIDDEN = "***"

# Each is tried at every place of a text that may be long: none looks far ahead from there.
_LOGIN = re.compile(r"(?<=://)([^/\s:@]*:)(\S+)")
_LOOKS = (
    re.compile(
        r"(?i)((?:password|passwd|token|secret|api[_-]?key)[\"']?\s*[=:]\s*)"
        r"(?:'[^']*'|\"[^\"]*\"|[^\s&,;'\"}]+)"
    ),
    re.compile(r"(?i)(\bauthorization[\"']?\s*[=:]\s*[\"']?(?:(?:basic|bearer)\s+)?)[^\s,;'\"}]+"),
)
# What a terminal obeys, what turns the direction of reading round, and half characters.
_ORDERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LEAST_CHARS, _LEAST_CHARS_OF_A_WORD = 8, 16

_lock = Lock()
_known: set[str] = set()
_any_known: re.Pattern[str] | None = None


def keep_secret(value: str) -> None:
    """From now on this process shows this value nowhere, however it gets into a text.

    What is short or a plain word is let be: it would be taken out of innocent sentences.
    """
    global _any_known
    least = _LEAST_CHARS_OF_A_WORD if value.isalpha() else _LEAST_CHARS
    if len(value) < least or value in _known:
        return
    with _lock:
        _known.add(value)
        longest_first = sorted(_known, key=len, reverse=True)
        _any_known = re.compile("|".join(map(re.escape, longest_first)))


def redact(text: str) -> str:
    """The text without secrets: known ones, those of URLs and headers, and values named so."""
    text = _LOGIN.sub(_without_password, without_known_secrets(text))
    for look in _LOOKS:
        text = look.sub(rf"\1{HIDDEN}", text)
    return text


def presentable(text: str) -> str:
    """A text that may repeat what somebody else said, fit for a terminal, a log and a table:
    without known secrets, and with a mark for each character that is an order."""
    return _ORDERS.sub("\N{REPLACEMENT CHARACTER}", without_known_secrets(text))


def _without_password(login: re.Match[str]) -> str:
    user, rest = login.groups()
    password, _, host = rest.rpartition("@")  # it may hold one itself
    return f"{user}{HIDDEN}@{host}" if password else login[0]


def without_known_secrets(text: str) -> str:
    """The text with a mark in place of each value that `keep_secret` was told of."""
    return text if _any_known is None else _any_known.sub(HIDDEN, text)
