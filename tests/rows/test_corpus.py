"""Each oddity that the feeds were seen with, as a file of a few lines: what becomes of it.

The files lie in corpus/, by parser and by what is odd about them. A new oddity is a new file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nbapanel.rows import espn, kalshi
from nbapanel.rows.models import (
    CANDLESTICKS,
    MARKETS,
    PLAYS,
    PROBABILITY_ITEMS,
    SCOREBOARD_GAMES,
    Parsed,
    Relation,
)

CORPUS = Path(__file__).parent / "corpus"
NOW = datetime(2026, 6, 14, 4, 0, tzinfo=UTC)
GAME: dict[str, Any] = {"game_id": "401584793", "season_label": "2023-24", "source_file_id": 7}
Found = Sequence[tuple[Relation, Parsed]]


def parse_summary(parts: Sequence[bytes]) -> Found:
    rows = espn.parse_summary(parts, **GAME)
    return [(PLAYS, rows.plays), (PROBABILITY_ITEMS, rows.probabilities)]


PARSERS: dict[str, Callable[[Sequence[bytes]], Found]] = {
    "scoreboard": lambda parts: [
        (
            SCOREBOARD_GAMES,
            espn.parse_scoreboard(parts, day=date(2026, 1, 15), fetched_at=NOW, source_file_id=7),
        )
    ],
    "probabilities": lambda parts: [(PROBABILITY_ITEMS, espn.parse_probabilities(parts, **GAME))],
    "plays": lambda parts: [(PLAYS, espn.parse_plays(parts, **GAME))],
    "summary": parse_summary,
    "markets": lambda parts: [
        (MARKETS, kalshi.parse_markets(parts, fetched_at=NOW, source_file_id=7))
    ],
    "candlesticks": lambda parts: [
        (CANDLESTICKS, kalshi.parse_candlesticks(parts, source_key="T", source_file_id=7))
    ],
}


class Given(NamedTuple):
    """What a file gives: by column what its rows hold, row by row (columns of the second relation
    of a summary too); the reasons of the items set aside; how many repeated another."""

    columns: dict[str, list[Any]]
    bad: tuple[str, ...] = ()
    duplicates: int = 0


def given(*bad: str, duplicates: int = 0, **columns: list[Any]) -> Given:
    return Given(columns, bad, duplicates)


D = Decimal
STATUSES = ("initialized", "inactive", "active", "closed", "determined", "disputed", "amended")
STATUSES += ("finalized",)
REFUSED: list[str] = [
    "candlesticks/event_form.json",
    "markets/filter_refused.json",
]
EXPECTED: dict[str, Given] = {
    # -- ESPN scoreboard: ids and scores are strings, and only `completed` makes a game final
    "scoreboard/empty_day.json": given(event_id=[]),
    "scoreboard/past_day_without_season.json": given(season_label=["2023-24"], season_type=[None]),
    "scoreboard/scheduled_score_0.json": given(home_score=[None], away_score=[None]),
    "scoreboard/away_listed_first.json": given(home_team_abbrev=["BOS"], home_score=[110]),
    "scoreboard/final_with_a_full_clock.json": given(
        status_completed=[True], status_clock=[720.0], final_seen_at=[NOW]
    ),
    "scoreboard/postponed_is_post.json": given(
        status_state=["post"], status_completed=[False], home_score=[None], final_seen_at=[None]
    ),
    "scoreboard/halftime.json": given(status_period=[2], home_score=[110], home_winner=[None]),
    "scoreboard/end_of_period.json": given(status_name=["STATUS_END_PERIOD"], away_score=[99]),
    "scoreboard/canceled.json": given(status_completed=[False], home_score=[None]),
    "scoreboard/in_progress_with_situation.json": given(status_clock=[53.1], status_period=[4]),
    "scoreboard/neutral_site.json": given(short_name=["MEM VS ORL"], is_neutral_site=[True]),
    "scoreboard/codes_that_differ.json": given(
        home_code=["NYK", "GSW", "UTA"],
        away_code=["SAS", "NOP", "WAS"],
        home_team_abbrev=["NY", "GS", "UTAH"],
    ),
    "scoreboard/two_utc_days.json": given(game_date=[date(2026, 1, 15)] * 2),
    "scoreboard/host_that_leaks.json": given(event_id=["401000001"]),
    "scoreboard/winner_while_running.json": given(home_winner=[None], home_score=[1]),
    # -- ESPN probabilities: 0..1 with noise, ids cut out of links
    "probabilities/binary_noise.json": given(
        home_win_percentage=[0.835], away_win_percentage=[0.16500000000000004]
    ),
    "probabilities/gaps_in_sequence.json": given(sequence_number=[4, 7, 9, 12]),
    "probabilities/modified_out_of_order.json": given(sequence_number=[25, 26]),
    "probabilities/second_page_due.json": given(sequence_number=[4]),
    "probabilities/optional_fields_missing.json": given(
        spread_cover_prob_home=[0.0, None],
        tie_win_percentage=[0.0, None],
        last_modified_utc=[datetime(2023, 11, 9, 4, 10, tzinfo=UTC), None],
    ),
    "probabilities/hundredths.json": given("83.5, not within 0..1", sequence_number=[7]),
    "probabilities/no_play.json": given(event_id=[None, None, 4015847939]),
    "probabilities/football_seconds_left.json": given(event_id=[4015847934]),
    "probabilities/count_that_cannot_be.json": given(sequence_number=[4]),
    # -- ESPN plays
    "plays/nowhere_on_the_floor.json": given(coordinate_x=[None], coordinate_y=[None]),
    "plays/jump_ball.json": given(play_type_text=["Jumpball"], short_text=[None]),
    "plays/end_of_period.json": given(team_id=[None], team_ref=[None]),
    "plays/under_a_minute.json": given(clock_seconds=[53.1, 53.1, 0.0]),
    "plays/team_of_today.json": given(team_id=["8"]),
    "plays/play_given_again.json": given(text=["second"], duplicates=1),
    "plays/period_beyond_reason.json": given("<= 50", sequence_number=[1, 3]),
    "plays/text_no_table_takes.json": given(text=["ab\ufffdc"]),
    # -- ESPN summary: two lists in two orders
    "summary/lists_in_other_orders.json": given(
        play_id=[4015847931, 4015847932, 4015847933],
        event_id=[4015847931, 4015847932, 4015847933],
        home_win_percentage=[0.5, 0.6, 0.993],
        away_win_percentage=[0.5, 0.4, 0.007],
        last_modified_utc=[
            datetime(2023, 11, 9, 1, m, s, tzinfo=UTC) for m, s in ((11, 1), (12, 0), (13, 0))
        ],
    ),
    "summary/clock_as_text_only.json": given(clock_seconds=[53.1], event_id=[]),
    "summary/empty_sections.json": given(play_id=[], event_id=[]),
    "summary/team_named_by_id.json": given(team_id=["8", None]),
    "summary/probability_of_an_unlisted_play.json": given(
        "play 99 is not among the plays", event_id=[40158479317], home_win_percentage=[0.4]
    ),
    "summary/header_alone.json": given(play_id=[], event_id=[]),
    # -- Kalshi markets: three generations and the historical one
    "markets/integer_cents.json": given(
        yes_bid=[D("0.5600")], previous_price=[D("0.5500")], volume=[D(1200)], open_interest=[D(0)]
    ),
    "markets/cents_and_dollars.json": given(
        yes_bid=[D("0.5600")], volume=[D("107.30")], open_interest=[D(5)]
    ),
    "markets/dollars_only.json": given(
        yes_ask=[D("0.5650")], volume=[D("107027102.30")], open_interest=[D(0)]
    ),
    "markets/settled.json": given(
        result=["yes"],
        yes_ask=[D(1)],
        last_price=[D("0.99")],
        settlement_value=[D(1)],
        settlement_time=[datetime(2026, 1, 16, 3, 30, 0, 123456, tzinfo=UTC)],
    ),
    "markets/settled_half_and_half.json": given(result=["scalar"], settlement_value=[D("0.5")]),
    "markets/zero_time_of_go.json": given(settlement_time=[None], close_time=[None]),
    "markets/expires_in_two_years.json": given(
        expiration_time=[datetime(2028, 1, 16, 15, tzinfo=UTC)]
    ),
    "markets/preseason_and_playoffs.json": given(
        game_date=[date(2025, 10, 10), date(2026, 6, 13)], side=[1, 0]
    ),
    "markets/every_status.json": given(
        status=[*STATUSES],
        result=[None] * 8,
    ),
    "markets/one_alone.json": given(yes_sub_title=["San Antonio"], no_sub_title=["San Antonio"]),
    "markets/gone_fields.json": given(status=["active"]),
    "markets/event_of_another_game.json": given(
        "its event is 'KXNBAGAME-26JAN16NYKSAS'", ticker=["KXNBAGAME-26JAN15NYKSAS-NYK"]
    ),
    "markets/names_that_are_none.json": given(
        "$.ticker", "$.ticker", "$.event_ticker", ticker=["KXNBAGAME-26JAN15NYKSAS-SAS"]
    ),
    # -- Kalshi candlesticks, the same
    "candlesticks/integer_cents.json": given(
        yes_bid_close=["0.5500"], price_mean=["0.5600"], volume=["12"], open_interest=["0"]
    ),
    "candlesticks/cents_and_dollars.json": given(price_mean=["0.5598"], volume=["12"]),
    "candlesticks/dollars_only.json": given(price_mean=["0.6498"], volume=["12.50"]),
    "candlesticks/historical.json": given(
        yes_ask_high=["0.5700"], price_close=[None], price_previous=["0.5500"], volume=["0.00"]
    ),
    "candlesticks/minutes_without_trade.json": given(
        price_close=[None] * 3,
        price_previous=["0.5500", "0.5500", None],
        yes_bid_low=["0.5500"] * 3,
    ),
    "candlesticks/batch.json": given(
        ticker=[f"KXNBAGAME-26JAN15NYKSAS-{team}" for team in ("SAS", "NYK")],
        yes_bid_close=["0.0000"] * 2,
        yes_ask_close=["1.0000"] * 2,
    ),
    "candlesticks/milliseconds.json": given("$.end_period_ts", yes_bid_open=[None]),
    "candlesticks/year_5138.json": given("$.end_period_ts", yes_bid_open=[None]),
    "candlesticks/closes_given_as_text.json": given("$.end_period_ts", yes_bid_open=[None]),
    "candlesticks/bid_above_ask.json": given(yes_bid_close=["0.6000"], yes_ask_close=["0.5700"]),
}  # a crossed quote is loaded as it was given: it is the gates that judge it


def test_every_file_of_the_corpus_is_expected() -> None:
    found = {path.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*.json")}
    assert found == {*EXPECTED, *REFUSED}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_becomes_of_it(name: str, fits: Callable[[Relation, Parsed], None]) -> None:
    """Traps L5 to L7, L10, L14 to L18, D11: each of them was seen, or was reported by others."""
    parser, expected = name.partition("/")[0], EXPECTED[name]
    found = PARSERS[parser]([(CORPUS / name).read_bytes()])
    for relation, parsed in found:
        fits(relation, parsed)
    for column, values in expected.columns.items():
        relation, parsed = next(one for one in found if column in one[0].column_names)
        place = relation.column_names.index(column)
        assert [row[place] for row in parsed.rows] == values, column
    bad = [item for _, parsed in found for item in parsed.bad]
    assert len(bad) == len(expected.bad), bad
    for item, reason in zip(bad, expected.bad, strict=True):
        assert reason in item.reason
    assert sum(parsed.duplicates for _, parsed in found) == expected.duplicates


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_another_form_is_refused(name: str) -> None:
    """Trap F8."""
    with pytest.raises(espn.PayloadRefused, match="This is not"):
        PARSERS[name.partition("/")[0]]([(CORPUS / name).read_bytes()])
