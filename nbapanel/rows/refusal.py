"""The two ways to say no: to a whole payload, and to one value in it."""

from __future__ import annotations

from nbapanel.errors import UserFacingError

_SHOWN_BYTES = 60


class PayloadRefused(UserFacingError):
    """A payload whose top level is not what is due: an error page, a cut body, an array, null."""


class OddValue(ValueError):
    """A value that no row can hold, in words. It costs its item, and nothing else."""


def refuse(what: str, page: int, body: bytes, reason: str) -> PayloadRefused:
    """The refusal of a payload: `what` was due, `body` is what stands on `page` (from 1)."""
    return PayloadRefused(
        f"This is not {what}.",
        f"Page {page}: {reason.rstrip('.')}. {_beginning(body)}",
        "Nothing of it was loaded and the archive still holds it; fetch it again.",
    )


def _beginning(body: bytes) -> str:
    if not body.strip():
        return "It is empty."
    text = body[:_SHOWN_BYTES].decode("utf-8", "replace")
    shown = "".join(char if char.isprintable() else " " for char in text)
    return f"It begins with: {shown}"
