"""ESPN win probabilities, as the core feed pages them, into espn.probabilities_raw_items."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime

from msgspec import Struct

from nbapanel.rows.harvest import Build, Harvest, PageReader
from nbapanel.rows.models import Parsed, Row
from nbapanel.rows.refusal import OddValue
from nbapanel.rows.scalars import integer, optional_moment, optional_share, play_id_of, share
from nbapanel.size_limits import MOST_ITEMS

_SUM_TOLERANCE = 0.02


class Ref(Struct, gc=False, rename={"ref": "$ref"}):
    ref: str | None = None


class ProbabilityItem(Struct, gc=False, rename="camel"):
    sequence_number: str | int
    home_win_percentage: float
    away_win_percentage: float
    tie_percentage: float | None = None
    last_modified: str | None = None
    spread_cover_prob_home: float | None = None
    spread_push_prob: float | None = None
    total_over_prob: float | None = None
    play: Ref | None = None
    home_team: Ref | None = None
    away_team: Ref | None = None
    competition: Ref | None = None


_READER = PageReader(
    ProbabilityItem,
    "items",
    what="a page of ESPN win probabilities",
    name=rb"/(?:plays|probabilities)/([0-9]{1,19})",
)


def parse_probabilities(
    parts: Sequence[bytes],
    *,
    game_id: str,
    season_label: str,
    source_file_id: int,
    keep_raw: bool = False,
    most_items: int = MOST_ITEMS,
) -> Parsed:
    """The pages of one game's probabilities into rows of models.PROBABILITY_ITEMS.

    An item without a (readable) link to its play has event_id NULL and loads all the same.
    notes["announced"]: how many items the feed says the game has. Raises PayloadRefused.
    """
    harvest = Harvest(_READER.what, most_items)
    build = _builder(game_id, season_label, source_file_id)
    announced = _READER.read(parts, build, harvest, keep_raw=keep_raw)
    return harvest.parsed(announced=announced)


def _builder(game_id: str, season_label: str, source_file_id: int) -> Build[ProbabilityItem]:
    def build(item: ProbabilityItem, raw: str | None) -> tuple[Hashable, Row]:
        play, competition = item.play, item.competition
        home_team, away_team = item.home_team, item.away_team
        play_ref = play.ref if play else None
        return probability_row(
            game_id=game_id,
            season_label=season_label,
            sequence_number=integer(item.sequence_number, "sequenceNumber"),
            event_id=play_id_of(play_ref),
            last_modified=optional_moment(item.last_modified),
            home=item.home_win_percentage,
            away=item.away_win_percentage,
            tie=item.tie_percentage,
            extras=(
                optional_share(item.spread_cover_prob_home, "spreadCoverProbHome"),
                optional_share(item.spread_push_prob, "spreadPushProb"),
                optional_share(item.total_over_prob, "totalOverProb"),
                play_ref,
                home_team.ref if home_team else None,
                away_team.ref if away_team else None,
                competition.ref if competition else None,
            ),
            raw=raw,
            source_file_id=source_file_id,
        )

    return build


def probability_row(
    *,
    game_id: str,
    season_label: str,
    sequence_number: int,
    event_id: int | None,
    last_modified: datetime | None,
    home: float,
    away: float,
    tie: float | None,
    extras: tuple[float | str | None, ...],
    raw: str | None,
    source_file_id: int,
) -> tuple[Hashable, Row]:
    """The key and the row of one item; `extras` are the columns from the spread to the links.

    Odd: a percentage outside 0..1, or a sum that is not about 1.
    """
    home = share(home, "homeWinPercentage")
    away = share(away, "awayWinPercentage")
    tie = optional_share(tie, "tiePercentage")
    total = home + away + (tie or 0.0)
    if abs(total - 1.0) > _SUM_TOLERANCE:
        raise OddValue(f"home, away and tie add up to {total:.3f}, not to 1")
    return (sequence_number, event_id), (
        season_label,
        game_id,
        sequence_number,
        event_id,
        last_modified,
        home,
        away,
        tie,
        *extras,
        raw,
        source_file_id,
    )
