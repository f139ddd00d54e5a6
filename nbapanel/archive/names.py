"""How keys and moments become names below the archive's root. No file is touched here."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from nbapanel.errors import UserFacingError
from nbapanel.payload import SourceType

PAYLOAD_SUFFIX = ".json.gz"
MANIFEST_SUFFIX = ".manifest.json"
PENDING = "pending"

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,127}")
_STAMP = re.compile(r"\d{8}T\d{6}\.\d{6}Z")
_DEVICE = re.compile(r"CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9]", re.IGNORECASE)
_SOURCES = ("espn", "kalshi", "nba")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class KeyRefused(UserFacingError):
    """A source key that must not become a path."""


def key_folder(source_key: str) -> str:
    """The folder of a key. Raises KeyRefused: keys come from upstream, and may say anything."""
    folder = source_key.replace(":", "_")
    if (
        _KEY.fullmatch(source_key) is None
        or ".." in source_key
        or folder.endswith(".")  # Windows drops a dot at the end, and two keys would meet
        or _DEVICE.fullmatch(folder.partition(".")[0])
    ):
        shown = ascii(source_key if len(source_key) <= 140 else source_key[:140] + "...")
        raise KeyRefused(
            f"The feed gave {shown} as a name, which cannot be kept in the archive.",
            "A name is 1 to 128 letters, digits and : . _ - and begins with a letter or a digit.",
            "Nothing was written. If the feed really names things so, report it.",
        )
    return folder


def type_folder(source_type: SourceType) -> str:
    """ "espn_scoreboard" -> "espn/scoreboard"; the league's own types mostly name no source."""
    source, _, kind = source_type.value.partition("_")
    return f"{source}/{kind}" if source in _SOURCES else f"nba/{source_type.value}"


def stamp(moment: datetime) -> str:
    """A moment (aware) as it stands in file names: fixed width, so that names sort by time."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def moment(text: str) -> datetime:
    """The reverse of `stamp`. Raises ValueError for anything else."""
    if _STAMP.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a stamp")
    return datetime.fromisoformat(text)


def is_payload_path(path: str) -> bool:
    """Whether this is a path, relative to the root, as the archive itself makes them."""
    pieces = path.split("/")
    if len(pieces) != 4 or not pieces[3].endswith(PAYLOAD_SUFFIX):
        return False
    if _STAMP.fullmatch(pieces[3].removesuffix(PAYLOAD_SUFFIX)) is None:
        return False
    return all(_FOLDER.fullmatch(piece) and ".." not in piece for piece in pieces[:3])


def manifest_path(payload_path: str) -> str:
    return payload_path.removesuffix(PAYLOAD_SUFFIX) + MANIFEST_SUFFIX


def payload_path(manifest: str) -> str:
    return manifest.removesuffix(MANIFEST_SUFFIX) + PAYLOAD_SUFFIX
