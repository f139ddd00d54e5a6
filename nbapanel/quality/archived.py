"""What the archive says of a game: its play-by-play read again, and whether payloads are there.

Stateless but for what it has seen already; called from several threads at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nbapanel.archive import Archive
from nbapanel.errors import ArchiveDamaged
from nbapanel.payload import SourceType
from nbapanel.quality.actions import Action, PayloadOdd, actions_of, breaks, differences, events_of
from nbapanel.quality.checks import Found

_NO_EVENTS = "[]"

_OF_A_GAME = (SourceType.NBA_PBP, SourceType.NBA_PBP_V3, SourceType.NBA_BOXSCORE)
"""Of these the key is the game's id: no other game's payload may have given its rows."""

_COMES_FROM = {
    "nba.pbp_events": (SourceType.NBA_PBP, SourceType.NBA_PBP_V3),
    "nba.boxscore_games": (SourceType.NBA_BOXSCORE,),
    "nba.boxscore_teams": (SourceType.NBA_BOXSCORE,),
    "nba.boxscore_players": (SourceType.NBA_BOXSCORE,),
    "nba.scoreboard_games": (SourceType.NBA_SCOREBOARD,),
    "nba.schedule_games": (SourceType.NBA_SCHEDULE,),
    "nba.finder_teams": (SourceType.NBA_GAME_FINDER,),
    "nba.odds_snapshots": (SourceType.NBA_ODDS,),
    "nba.odds_games": (SourceType.NBA_ODDS,),
    "nba.odds_markets": (SourceType.NBA_ODDS,),
    "nba.odds_books": (SourceType.NBA_ODDS,),
    "nba.odds_outcomes": (SourceType.NBA_ODDS,),
}
"""The kinds of payload that rows of a relation are read from."""


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
    """A payload that rows of a game name; what is of it is None where ops.source_files has none."""

    game_id: str
    relation: str
    source_file_id: int
    row_count: int
    source_type: str | None
    source_key: str | None
    path: str | None


@dataclass(frozen=True, slots=True)
class Played:
    """What is amiss with a game's events, and with the order of the payload's actions.

    `unread`: why there were no actions to look at; empty: there were.
    """

    events: list[Found]
    order: list[Found]
    unread: str = ""


@dataclass(frozen=True, slots=True)
class ArchiveLook:
    """One look at an archive: a payload that many games share is looked at once."""

    archive: Archive
    _known: dict[tuple[str, int], str] = field(default_factory=dict)

    def play_by_play(self, game_id: str, loaded: LoadedFrom | None, events: str | None) -> Played:
        """A game's events beside the payload that they were loaded from."""
        if loaded is None:
            missing = Found(
                game_id, False, "all events", "a loaded payload", "ops.source_files has none"
            )
            return Played([missing], [], "its play-by-play is not known")
        try:
            actions = self._actions(loaded)
        except (ArchiveDamaged, PayloadOdd) as error:
            said = error.detail if isinstance(error, ArchiveDamaged) else f"{error}"
            odd = Found(game_id, False, loaded.path, "a payload with actions", said)
            return Played([odd], [], "its play-by-play cannot be read")
        made = [
            Found(game_id, False, *difference)
            for difference in differences(actions, events_of(events or _NO_EVENTS))
        ]
        made += _not_loaded(loaded)
        order = [Found(game_id, False, *one) for one in breaks(actions)]
        return Played(made, order, "" if actions else "its play-by-play has no actions")

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
        yield from _of_another(named, where)
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


def _of_another(named: Named, where: str) -> Iterator[Found]:
    """Rows that name a payload of another kind, or of another game."""
    kinds = _COMES_FROM[named.relation]
    is_of_game = named.source_type not in _OF_A_GAME or named.source_key == named.game_id
    if named.source_type not in kinds or not is_of_game:
        due = " or ".join(kinds)
        yield Found(
            named.game_id,
            False,
            where,
            f"{due} of {named.game_id}" if kinds[0] in _OF_A_GAME else due,
            f"{named.source_type} of {named.source_key}",
        )


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
