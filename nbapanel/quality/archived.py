"""What the archive says of a game: its play-by-play read again, and whether payloads are there.

Stateless but for what it has seen already; called from several threads at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nbapanel.archive import Archive
from nbapanel.errors import ArchiveDamaged
from nbapanel.quality.actions import Action, PayloadOdd, actions_of, breaks, differences, events_of
from nbapanel.quality.checks import Found

_NO_EVENTS = "[]"


@dataclass(frozen=True, slots=True)
class LoadedFrom:
    """The play-by-play that a game's events were loaded from last.

    `waiting`: the path of a later one that is not loaded; `refusal`: why it could not be.
    """

    game_id: str
    source_type: str
    source_file_id: int
    path: str
    waiting: str | None
    refusal: str


@dataclass(frozen=True, slots=True)
class Named:
    """A payload that rows of a game name; `path`: None where ops.source_files has none."""

    game_id: str
    relation: str
    source_file_id: int
    row_count: int
    path: str | None


@dataclass(frozen=True, slots=True)
class ArchiveLook:
    """One look at an archive: a payload that many games share is looked at once."""

    archive: Archive
    _known: dict[tuple[str, int], str] = field(default_factory=dict)

    def play_by_play(
        self, game_id: str, loaded: LoadedFrom | None, events: str | None
    ) -> tuple[list[Found], list[Found]]:
        """What is amiss with the events, and with the order of the payload's actions."""
        if loaded is None:
            missing = Found(
                game_id, False, "all events", "a loaded payload", "ops.source_files has none"
            )
            return [missing], []
        try:
            actions = self._actions(loaded)
        except (ArchiveDamaged, PayloadOdd) as error:
            said = error.detail if isinstance(error, ArchiveDamaged) else f"{error}"
            odd = Found(game_id, False, loaded.path, "a payload with actions", said)
            return [odd], []
        made = [
            Found(game_id, False, *difference)
            for difference in differences(actions, events_of(events or _NO_EVENTS))
        ]
        made += _not_loaded(loaded)
        return made, [Found(game_id, False, *one) for one in breaks(actions)]

    def provenance(self, named: Named) -> Iterator[Found]:
        """What is amiss with a payload that rows name."""
        where = f"{named.row_count:,} of {named.relation}"
        if named.path is None:
            yield Found(
                named.game_id,
                False,
                where,
                f"source_file_id {named.source_file_id} in ops.source_files",
                "no such payload is known",
            )
            return
        why_not = self._why_not_held(named.path, named.source_file_id)
        if why_not:
            yield Found(named.game_id, False, where, f"{named.path} in the archive", why_not)

    def _actions(self, loaded: LoadedFrom) -> list[Action]:
        payload = self.archive.get(loaded.path)
        return [action for part in payload.parts for action in actions_of(part, loaded.source_type)]

    def _why_not_held(self, path: str, source_file_id: int) -> str:
        known = self._known.get((path, source_file_id))
        if known is None:
            known = self._known[path, source_file_id] = self._looked(path, source_file_id)
        return known

    def _looked(self, path: str, source_file_id: int) -> str:
        """By its manifest and its size; `archive verify` reads every byte."""
        try:
            manifest = self.archive.manifest(path)
            size = (self.archive.root / manifest.path).stat().st_size
        except ArchiveDamaged as error:
            return error.detail
        except OSError as error:
            return f"It is not there: {error.strerror or error}."
        if manifest.source_file_id != source_file_id:
            return "Another payload is in its place."
        if size != manifest.gzip_size:
            return f"It has {size:,} bytes where its manifest says {manifest.gzip_size:,}."
        return ""


def _not_loaded(loaded: LoadedFrom) -> Iterator[Found]:
    """A later payload: refused, or only not loaded yet."""
    if loaded.waiting is not None:
        yield Found(
            loaded.game_id,
            not loaded.refusal,
            loaded.waiting,
            "the last payload that arrived is loaded",
            loaded.refusal or "it waits to be loaded",
        )
