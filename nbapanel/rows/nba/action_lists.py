"""A game's list of actions, in either form of play-by-play, into rows in the order of play.

No action's fields are known here but those of its row that the others of the game bear on: its
place in the order, and the score.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Raw

from nbapanel.rows.harvest import Build, Harvest, ItemReader, split
from nbapanel.rows.mending import has_nul
from nbapanel.rows.models import BadItem, Parsed, Row
from nbapanel.rows.nba.relations import PBP_EVENTS
from nbapanel.rows.refusal import OddValue, refuse
from nbapanel.rows.scalars import shown

_NAME = rb'"actionNumber"\s*:\s*([0-9]{1,9})'
_PLACE = "actions"
_ACTION, _ORDER, _HOME, _AWAY = map(
    PBP_EVENTS.column_names.index, ("action_number", "order_number", "score_home", "score_away")
)

T = TypeVar("T")


class ActionReader(Generic[T]):
    """Reads the actions of {"game": {"gameId", "actions": []}}; `what` names it in a refusal.

    `item` is the type they are decoded into where all of them are sound, `lenient_item` the one
    for the others: the same but for values that a builder can make something of, too.
    """

    def __init__(self, item: Any, lenient_item: Any, *, what: str) -> None:
        self.what = what
        self._whole = msgspec.json.Decoder(_page_type(item))
        self._split = msgspec.json.Decoder(_page_type(Raw))
        self._items: ItemReader[T] = ItemReader(lenient_item, _NAME)

    def read(
        self,
        parts: Sequence[bytes],
        build: Build[T],
        *,
        game_id: str,
        keep_raw: bool,
        most_items: int,
    ) -> Parsed:
        """The rows by order_number. PayloadRefused for what is no such list, or another game's.

        notes["speaks_for"]: the game, if the list is the whole truth about it.
        """
        harvest = Harvest(self.what, most_items)
        for number, body in enumerate(parts, 1):
            harvest.admit_body(number, body)
            whole = None if keep_raw or has_nul(body) else self._decode(body)
            game = (whole or split(self._split, body, what=self.what, page=number)).game
            if game.game_id != game_id:
                raise refuse(self.what, number, body, f"it is of game {shown(game.game_id)}")
            harvest.admit_items(number, len(game.actions))
            if whole:
                self._read_whole(game.actions, build, harvest)
            else:
                self._items.read(game.actions, build, harvest, _PLACE, keep_raw=keep_raw)
        return _in_order(harvest.parsed(), game_id)

    def _decode(self, body: bytes) -> Any:
        """The page with its actions; None where one of them, or a character, is odd."""
        try:
            return self._whole.decode(body)
        except (ValueError, RecursionError):
            return None

    def _read_whole(self, actions: Sequence[T], build: Build[T], into: Harvest) -> None:
        for index, action in enumerate(actions):
            try:
                key, row = build(action, None)
            except OddValue as odd:
                text = msgspec.json.encode(action)
                self._items.set_aside(into, _PLACE, index, text, str(odd))
            else:
                into.put(key, row)


def _page_type(item: Any) -> type[msgspec.Struct]:
    game: Any = msgspec.defstruct(
        "Game", [("game_id", str), ("actions", list[item])], rename="camel", gc=False
    )
    return msgspec.defstruct("Page", [("game", game)], gc=False)


def _in_order(parsed: Parsed, game_id: str) -> Parsed:
    rows, clashes = _one_an_order_number(parsed.rows)
    rows.sort(key=lambda row: row[_ORDER])
    bad = parsed.bad + clashes
    whole = bool(rows) and not bad
    notes = {"speaks_for": (game_id,) if whole else ()}
    return Parsed(_scores_carried_forward(rows), bad, parsed.duplicates, notes)


def _one_an_order_number(rows: Sequence[Row]) -> tuple[list[Row], tuple[BadItem, ...]]:
    """The rows but those whose order number an action listed before has; unique in the table."""
    owners: dict[int, Row] = {}
    clashes: list[BadItem] = []
    for row in rows:
        owner = owners.setdefault(row[_ORDER], row)
        if owner is not row:
            reason = f"its place {row[_ORDER]} in the order is that of action {owner[_ACTION]}"
            clashes.append(BadItem(f"{_PLACE}, action {row[_ACTION]}", reason))
    return list(owners.values()), tuple(clashes)


def _scores_carried_forward(rows: Iterable[Row]) -> list[Row]:
    """The same; a score that the feed leaves blank is the last one given before."""
    carried = []
    last_home = last_away = None
    for row in rows:
        home, away = row[_HOME], row[_AWAY]
        if home is None or away is None:
            home = last_home if home is None else home
            away = last_away if away is None else away
            row = (*row[:_HOME], home, away, *row[_AWAY + 1 :])
        last_home, last_away = home, away
        carried.append(row)
    return carried
