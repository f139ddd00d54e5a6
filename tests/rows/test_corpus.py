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

from nbapanel.rows import espn, kalshi, nba
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
NBA_GAME: dict[str, Any] = {"game_id": "0022300001", "source_file_id": 7}
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
    "nba_schedule": lambda parts: nba.parse_schedule(parts, source_file_id=7),
    "nba_scoreboard": lambda parts: nba.parse_scoreboard(parts, source_file_id=7),
    "nba_play_by_play": lambda parts: nba.parse_play_by_play(parts, **NBA_GAME),
    "nba_play_by_play_v3": lambda parts: nba.parse_play_by_play_v3(parts, **NBA_GAME),
    # The smallest things first: their columns are those that are looked at.
    "nba_box_score": lambda parts: nba.parse_box_score(parts, **NBA_GAME)[::-1],
    "nba_game_finder": lambda parts: nba.parse_game_finder(parts, source_file_id=7),
    "nba_odds": lambda parts: nba.parse_odds(parts, fetched_at=NOW, source_file_id=7)[::-1],
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
NYK, UTA = 1610612752, 1610612762
TIP_OFF = datetime(2024, 1, 16, 0, 30, tzinfo=UTC)
REFUSED: list[str] = [
    "candlesticks/event_form.json",
    "markets/filter_refused.json",
    "nba_scoreboard/no_day.json",
    "nba_play_by_play/another_game.json",
    "nba_play_by_play/no_list.json",
    "nba_box_score/another_game.json",
    "nba_game_finder/a_row_a_player.json",
    "nba_game_finder/no_table.json",
    "nba_game_finder/columns_missing.json",
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
    # -- the league's schedule: of its times one is true, and some teams are still to be told
    "nba_schedule/teams_to_be_told.json": given(
        home_team_id=[None],
        away_tricode=[None],
        game_date=[date(2023, 12, 4)],
        game_time_utc=[None],
        game_code=[None],
    ),
    "nba_schedule/team_without_tricode.json": given(
        home_team_id=[None], home_tricode=[None], away_team_id=[None], away_tricode=[None]
    ),
    "nba_schedule/eastern_time_called_utc.json": given(
        game_time_utc=[TIP_OFF], game_date=[date(2024, 1, 15)]
    ),
    "nba_schedule/score_0_before_the_game.json": given(home_score=[None], away_score=[None]),
    "nba_schedule/document_of_2023.json": given(game_label=[None], is_neutral=[None]),
    "nba_schedule/postponed.json": given(status=[1], home_score=[None], postponed_status=["Y"]),
    "nba_schedule/days_that_are_none.json": given(
        "Expected `object`",
        "$.games",
        "'17.01.2024' cannot be read",
        game_id=["0022300001", "0022300003"],
    ),
    "nba_schedule/game_on_two_days.json": given(game_date=[date(2024, 1, 18)], duplicates=1),
    "nba_schedule/flags_as_text.json": given(
        "ifNecessary is 'perhaps'", if_necessary=[False, True]
    ),
    "nba_schedule/ids_of_other_leagues.json": given(
        *["not ten digits of an NBA game"] * 4, game_id=["0022300001"]
    ),
    "nba_schedule/team_of_another_league.json": given(away_team_id=[15020], away_tricode=["NZB"]),
    "nba_schedule/times_that_are_none.json": given(
        "is before 1900",
        "cannot be read",
        game_time_utc=[None, TIP_OFF],
        game_date=[date(2024, 1, 15)] * 2,
    ),
    "nba_schedule/all_star_and_cup.json": given(
        season_label=["2023-24", "2023-24", "2023-24", "1999-00"]
    ),
    "nba_schedule/under_another_season.json": given(season_label=["2023-24"]),
    # -- the league's scoreboard
    "nba_scoreboard/final_padded_with_blanks.json": given(status_text=["Final"], home_score=[110]),
    "nba_scoreboard/postponed_keeps_status_1.json": given(
        status=[1], status_text=["PPD"], home_score=[None], game_time_utc=[TIP_OFF]
    ),
    "nba_scoreboard/eastern_time_called_utc.json": given(game_time_utc=[TIP_OFF] * 2),
    "nba_scoreboard/in_play.json": given(game_clock=["PT00M00.00S"], home_score=[0], period=[1]),
    "nba_scoreboard/final_in_words_only.json": given(status=[2], status_text=["Final"]),
    "nba_scoreboard/overtimes.json": given(status_text=["Final/OT2"], period=[6]),
    "nba_scoreboard/scores_as_text.json": given(home_score=[110], away_team_id=[UTA]),
    "nba_scoreboard/no_games.json": given(game_id=[]),
    "nba_scoreboard/a_score_that_is_none.json": given(
        "the score is 'a lot'", "the score is 1000", game_id=["0022300003"]
    ),
    "nba_scoreboard/a_team_that_is_null.json": given(home_team_id=[NYK], away_team_id=[None]),
    # -- the league's play-by-play
    "nba_play_by_play/numbers_not_in_order.json": given(
        action_number=[4, 5, 7], order_number=[20_000, 30_000, 40_000]
    ),
    "nba_play_by_play/blank_scores.json": given(
        score_home=[0, 0, 2, 2, 2], score_away=[0, 0, 0, 0, 3]
    ),
    "nba_play_by_play/blank_from_the_start.json": given(
        score_home=[None, 2], score_away=[None, None]
    ),
    "nba_play_by_play/carried_in_the_order_of_play.json": given(score_home=[2, 4, 4]),
    "nba_play_by_play/zero_zero_after_the_end.json": given(
        score_home=[110, 0], action_type=["period", "stoppage"]
    ),
    "nba_play_by_play/no_possession_and_no_person.json": given(
        possession_team_id=[None, NYK],
        person_id=[None, 203925],
        team_id=[None, None],
        person_ids_filter=[[], [203925]],
    ),
    "nba_play_by_play/blank_sub_type.json": given(
        sub_type=["", None], description=["", None], qualifiers=[["fromturnover"], None]
    ),
    "nba_play_by_play/action_given_again.json": given(
        description=["second", "A. Guard jumper"], duplicates=1
    ),
    "nba_play_by_play/order_number_twice.json": given(
        "its place 20000 in the order is that of action 1", action_number=[1, 3]
    ),
    "nba_play_by_play/clocks.json": given(
        *["the clock shows"] * 2, clock=["PT12M00.00S", None, "11:26", "PT00M00.00S"]
    ),
    "nba_play_by_play/heave.json": given(action_type=["heave"], shot_distance=[61.27]),
    "nba_play_by_play/no_place.json": given(x=[None], y_legacy=[None], is_field_goal=[False]),
    "nba_play_by_play/text_no_table_takes.json": given(
        description=["ab\ufffdc"], qualifiers=[["x"]]
    ),
    "nba_play_by_play/numbers_that_are_none.json": given(
        *["out of range"] * 3, "$.personId", action_number=[1, 5], x=[66.9, 0.0]
    ),
    "nba_play_by_play/blank_times.json": given(time_actual=[None] * 2, edited_at=[None] * 2),
    "nba_play_by_play/times_of_other_years.json": given(
        "not within 1900..2200",
        "cannot be read",
        "timezone",
        time_actual=[datetime(2024, 1, 16, 0, 41, 1, 500_000, tzinfo=UTC)],
    ),
    "nba_play_by_play/scores_that_are_none.json": given(
        "the score is 'two'", "the score is -1", score_home=[7]
    ),
    "nba_play_by_play/no_action_type.json": given(
        "`actionType`", "$.period", "$.period", "$.actionNumber", action_type=[""]
    ),
    "nba_play_by_play/field_misspelt_by_the_league.json": given(person_id=[203925]),
    "nba_play_by_play/no_actions.json": given(action_number=[]),
    # -- the same, of the statistics site
    "nba_play_by_play_v3/a_shot_and_its_block.json": given(
        action_number=[1, 2], action_type=["Missed Shot", ""], score_home=[None, 2]
    ),
    "nba_play_by_play_v3/scores_of_scores_only.json": given(
        score_home=[0, 2, 2, 2], score_away=[0, 0, 0, 3], order_number=[1, 2, 3, 4]
    ),
    "nba_play_by_play_v3/zero_for_nowhere.json": given(
        x_legacy=[None], shot_distance=[None], team_id=[None], person_id=[None], player_name=[None]
    ),
    "nba_play_by_play_v3/a_team_as_the_person.json": given(team_id=[NYK], person_id=[None]),
    "nba_play_by_play_v3/without_action_ids.json": given(action_number=[2, 4]),
    # -- box scores
    "nba_box_score/did_not_play.json": given(
        seconds=[0.0, 0.0, 1265.5],
        played=[False, False, True],
        not_playing_reason=["INACTIVE_INJURY", None, None],
        points=[0, None, 18],
    ),
    "nba_box_score/minutes.json": given(
        *["cannot be read"] * 2, seconds=[1265.5, 1260.0, 0.0, 5.0, 14_400.0, None]
    ),
    "nba_box_score/flags.json": given("starter is '2'", starter=[True, False, None]),
    "nba_box_score/minus_as_it_is.json": given("out of range", plus_minus=[-31.0, 0.0]),
    "nba_box_score/player_listed_twice.json": given(name=["second"], duplicates=1),
    "nba_box_score/player_without_id.json": given(
        "personId is 0", person_id=[203_002, 203_003], place=[2, 3]
    ),
    "nba_box_score/attendance_0_in_play.json": given(attendance=[None], status_text=["Q2 5:12"]),
    "nba_box_score/nobody_in_the_hall.json": given(attendance=[0], is_sellout=[False]),
    "nba_box_score/one_team.json": given(
        "the team is missing", "it is missing", tricode=["NYK"], away_team_id=[None]
    ),
    "nba_box_score/a_team_with_odd_figures.json": given(
        "$.statistics.points", tricode=["NYK"], away_team_id=[UTA], person_id=[203_001]
    ),
    "nba_box_score/a_game_with_odd_figures.json": given(
        "$.attendance", officials=[], tricode=["NYK", "UTA"], person_id=[203_001]
    ),
    # -- the table of team games
    "nba_game_finder/two_rows_a_game.json": given(
        is_home=[True, False], is_winner=[True, False], points=[110, 99], minutes=[240, 239]
    ),
    "nba_game_finder/matchup_of_neutral_ground.json": given(is_home=[True, False]),
    "nba_game_finder/both_away.json": given(is_home=[None, None], is_winner=[True, False]),
    "nba_game_finder/no_free_throws.json": given(is_winner=[None], points=[None]),
    "nba_game_finder/team_twice.json": given(points=[110], duplicates=1),
    "nba_game_finder/rows_that_are_none.json": given(
        "missing required field",
        "Expected `array`",
        "Expected `array`",
        "not ten digits",
        ">= 1",
        "cannot be read",
        "out of range",
        "Expected `int`",
        game_id=["0022300002", "0022300008"],
    ),
    "nba_game_finder/columns_in_another_order.json": given(matchup=["NYK vs. UTA"], points=[110]),
    # -- odds
    "nba_odds/text_and_numbers.json": given(
        odds=[D("1.37"), D("3.22")],
        odds_text=["1.370", "3.220"],
        odds_trend=[None, "down"],
        spread=[D("-6.5"), D("6.5")],
        opening_spread=[D(-8), D("7.25")],
        opening_spread_text=["-8", "7.25"],
        market_key=["4:regular:spread"] * 2,
    ),
    "nba_odds/one_book_in_two_countries.json": given(country_code=["AUS", "AU", ""]),
    "nba_odds/home_and_away_swapped_by_one_book.json": given(
        outcome_type=["home", "away"] * 2, odds=[D("1.37"), D("3.22"), D("3.4"), D("1.35")]
    ),
    "nba_odds/numbers_that_are_none.json": given(
        "odds is 'evens'",
        "odds is '-1', less than 0",
        "out of range",
        "spread is 1e-07",
        "`type`",
        outcome_type=["d", "f"],
        odds=[None, D("1.95")],
    ),
    "nba_odds/items_that_are_none.json": given(
        "Expected `array`",
        "`id`",
        "Expected `array`",
        "`odds_type_id`",
        outcome_type=["home"],
        group_name=["regular"] * 4,
        sportradar_id=["sr:match:52632103"],
        games=[1],
    ),
    "nba_odds/no_games.json": given(games=[0], taken_at=[NOW]),
    "nba_odds/more_places_than_a_column_has.json": given(
        odds=[D("1.234568")], spread=[D(0)], spread_text=["-0.0000001"]
    ),
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
