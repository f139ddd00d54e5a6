"""Which set of feeds is asked, and the rule that a warehouse belongs to just one of them.

Invented data never meets real data: a data directory and a database remember whose data they hold.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from nbapanel.errors import UsageError, WrongOrigin
from nbapanel.paths import DataDir, expanded, unusable
from nbapanel.redaction import redact
from nbapanel.secrets import carries_secret

DEMO_LEAGUE = 7
_FORMS = "live, demo, recorded:DIR or http://HOST:PORT"


def has_days_of_its_own(identity: str) -> bool:
    """Whether its games are of a simulated league or a recording: then today means nothing."""
    return identity.partition(":")[0] in ("demo", "recorded")


@dataclass(frozen=True, slots=True)
class FeedSet:
    """`kind`: live, demo, recorded or http; `value`: league number, folder or base URL.

    `known_as`: the identity that a simulator behind a URL gave itself.
    """

    kind: str
    value: str = ""
    known_as: str = ""

    @property
    def identity(self) -> str:
        """What a warehouse remembers. Recorded games are real, whichever folder they lie in."""
        if self.kind == "demo":
            return f"demo:{self.value}"
        if self.kind == "http":
            return self.known_as or self.value
        return self.kind

    @property
    def flavour(self) -> str:
        """Which default data directory goes with it."""
        if self.kind == "http":
            return self.known_as.partition(":")[0] or "mirror"
        return self.kind

    @property
    def text(self) -> str:
        """As --feeds takes it."""
        if self.kind == "http":
            return self.value
        default = self.kind == "live" or self.identity == f"demo:{DEMO_LEAGUE}"
        return self.kind if default else f"{self.kind}:{self.value}"

    @property
    def is_simulated(self) -> bool:
        return self.kind in ("demo", "recorded")

    def __str__(self) -> str:
        if self.kind == "demo":
            return "the demo league"
        if self.kind == "recorded":
            return "recorded payloads"
        return "the live feeds" if self.kind == "live" else self.value


def parse_feeds(text: str) -> FeedSet:
    """What stands behind --feeds. Raises UsageError naming the forms there are."""
    kind, _, value = text.partition(":")
    if kind == "live" and not value:
        return FeedSet("live")
    if kind == "demo":
        if value and not (value.isdecimal() and value.isascii() and len(value) <= 18):
            raise UsageError(f"{value!r} is not a league number.", hint="Example: demo:7")
        return FeedSet("demo", value or str(DEMO_LEAGUE))
    if kind == "recorded" and value:
        folder = expanded(value).resolve()
        if not folder.is_dir():
            raise UsageError(f"There is no folder {folder}.", hint="Give one after recorded:")
        return FeedSet("recorded", str(folder))
    if kind in ("http", "https") and value.startswith("//"):
        if carries_secret(text):
            raise UsageError(
                "An address with a login or a token is not taken as --feeds.",
                "Others can read a command line, and the warehouse would remember it.",
                "Set it for each feed (NBAPANEL_ESPN_SITE_URL and so on), or in the settings.",
            )
        return FeedSet("http", text.rstrip("/"))
    raise UsageError(f"{redact(text)!r} is not a set of feeds.", hint=f"Known: {_FORMS}.")


def remembered(data_dir: DataDir) -> FeedSet | None:
    """The feeds that this data directory belongs to; None for one that is new."""
    try:
        found = json.loads(data_dir.origin.read_text(encoding="utf-8"))
        return FeedSet(str(found["kind"]), str(found["value"]), str(found.get("known_as", "")))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unusable(data_dir.root, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise WrongOrigin(
            "It cannot be told whose data this directory holds.",
            f"{data_dir.origin} is damaged.",
            'Write {"kind": "live", "value": ""} into it if it holds live data.',
        ) from error


def check(data_dir: DataDir, feeds: FeedSet) -> bool:
    """Refuse a data directory that has other feeds; False for one that has none so far."""
    have = remembered(data_dir)
    if have is not None and have.identity != feeds.identity:
        raise refusal(f"The data directory {data_dir.root}", have.identity, feeds.identity)
    return have is not None


def claim(data_dir: DataDir, feeds: FeedSet) -> None:
    """Remember the feeds in a new data directory; refuse a directory that has others.

    For whoever is about to put their data there. A look around claims nothing.
    """
    if check(data_dir, feeds):
        return
    data_dir.make()
    data_dir.put(data_dir.origin, json.dumps(asdict(feeds)).encode() + b"\n")


def refusal(place: str, have: str, wanted: str, another: str = "--data-dir") -> WrongOrigin:
    """`another`: what to change to have another place."""
    return WrongOrigin(
        f"{place} belongs to the feeds {have!r}, not {wanted!r}.",
        "Data of different origins never meets in one warehouse.",
        f"Use --feeds {have}, or another {another}.",
    )
