"""ESPN's summary of a game, the fallback for the core feed: its plays and its win probabilities."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter

import msgspec
from msgspec import Raw, Struct

from nbapanel.rows.harvest import Build, Harvest, PageReader, split
from nbapanel.rows.models import PLAYS, PROBABILITY_ITEMS, Parsed, Relation, Row
from nbapanel.rows.plays import Play, play_builder
from nbapanel.rows.probabilities import probability_row
from nbapanel.rows.refusal import OddValue, refuse
from nbapanel.rows.scalars import MAX_INT8, integer
from nbapanel.size_limits import MOST_ITEMS

_WHAT = "an ESPN summary"
_PLACES = 12  # the feed gives three or four; the rest of 1 - home is binary noise


@dataclass(frozen=True, slots=True)
class SummaryRows:
    """Rows of models.PLAYS and of models.PROBABILITY_ITEMS, both by sequence number."""

    plays: Parsed
    probabilities: Parsed


class WinProbability(Struct, gc=False, rename="camel"):
    play_id: str | int
    home_win_percentage: float
    tie_percentage: float | None = None


class _Envelope(Struct):
    """One of these sections at least makes a summary of what came."""

    header: Raw = Raw()
    plays: Raw = Raw()
    winprobability: Raw = Raw()


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_PLAY_NAME = rb'"id"\s*:\s*"?([0-9]{1,19})'
_PLAYS_READER = PageReader(Play, "plays", what=_WHAT, name=_PLAY_NAME, required=False)
_PROBABILITIES_READER = PageReader(
    WinProbability,
    "winprobability",
    what=_WHAT,
    name=rb'"playId"\s*:\s*"?([0-9]{1,19})',
    required=False,
)


def parse_summary(
    parts: Sequence[bytes],
    *,
    game_id: str,
    season_label: str,
    source_file_id: int,
    keep_raw: bool = False,
    most_items: int = MOST_ITEMS,
) -> SummaryRows:
    """One game's summary into the rows that the core feed would have given.

    The two lists come in different orders, so they are joined by play id. The feed gives no away
    percentage (1 - home - tie) and no time of an item: last_modified_utc is its play's wallclock,
    NULL where the play is not in the list. Links are NULL. Raises PayloadRefused.
    """
    plays, items = Harvest(_WHAT, most_items), Harvest(_WHAT, most_items)
    for page, body in enumerate(parts, 1):
        plays.admit_body(page, body)
        _check(body, page)
    build_play = play_builder(game_id, season_label, source_file_id)
    _PLAYS_READER.read(parts, build_play, plays, keep_raw=keep_raw)
    build_item = _item_builder(game_id, season_label, source_file_id, plays)
    _PROBABILITIES_READER.read(parts, build_item, items, keep_raw=keep_raw)
    return SummaryRows(
        plays=_sorted(plays, PLAYS, "play_id"),
        probabilities=_sorted(items, PROBABILITY_ITEMS, "event_id"),
    )


def _check(body: bytes, page: int) -> None:
    envelope = split(_ENVELOPE, body, what=_WHAT, page=page)
    if not (len(envelope.header) or len(envelope.plays) or len(envelope.winprobability)):
        raise refuse(_WHAT, page, body, "it has no header, no plays and no probabilities")


def _item_builder(
    game_id: str, season_label: str, source_file_id: int, plays: Harvest
) -> Build[WinProbability]:
    sequence_at = PLAYS.column_names.index("sequence_number")
    wallclock_at = PLAYS.column_names.index("wallclock")

    def build(item: WinProbability, raw: str | None) -> tuple[Hashable, Row]:
        play_id = integer(item.play_id, "playId", high=MAX_INT8)
        play = plays.rows.get(play_id)
        sequence: int = play[sequence_at] if play else _tail(play_id, game_id)
        wallclock: datetime | None = play[wallclock_at] if play else None
        home, tie = item.home_win_percentage, item.tie_percentage
        return probability_row(
            game_id=game_id,
            season_label=season_label,
            sequence_number=sequence,
            event_id=play_id,
            last_modified=wallclock,
            home=home,
            away=round(1.0 - home - (tie or 0.0), _PLACES),
            tie=tie,
            extras=(None,) * 7,
            raw=raw,
            source_file_id=source_file_id,
        )

    return build


def _tail(play_id: int, game_id: str) -> int:
    """The sequence number in a play's id, which is the game's id followed by it."""
    text = str(play_id)
    tail = text.removeprefix(game_id)
    if tail in ("", text):
        raise OddValue(f"play {play_id} is not among the plays, nor is it one of game {game_id}")
    return integer(tail, "the sequence number in playId")


def _sorted(harvest: Harvest, relation: Relation, id_column: str) -> Parsed:
    names = relation.column_names
    order = itemgetter(names.index("sequence_number"), names.index(id_column))
    parsed = harvest.parsed()
    return replace(parsed, rows=sorted(parsed.rows, key=order))
