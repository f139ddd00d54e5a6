"""The state of a game at each action, and the clock that it is counted from."""

from __future__ import annotations

import pytest

from nbapanel.payload import SourceType

STATE = (
    "SELECT point_differential, time_remaining, possession_side, home_score, away_score,"
    " current_winning_team, final_winning_team, period FROM derived.pbp_event_state"
    " ORDER BY order_number"
)
UTA = 1610612762


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        ("PT11M18.00S", 678.0),
        ("PT00M00.00S", 0.0),
        ("PT12M00.00S", 720.0),
        ("PT00M01.50S", 1.5),
        ("PT5M9S", 309.0),
        ("PT11M18.00", None),
        ("11:18", None),
        ("PT11M", None),
        ("", None),
        (None, None),
        ("PT11M18.00S ", None),
        ("xPT11M18.00S", None),
    ],
)
def test_a_clock_is_seconds_or_nothing(connection, clock, seconds):
    (found,) = connection.execute("SELECT derived.parse_clock_seconds(%s)", (clock,)).fetchone()
    assert found == seconds


def test_the_clock_is_read_in_the_query_itself(connection):
    """A call a row would cost more than all the rest of a row's state."""
    plan = connection.execute(
        "EXPLAIN (VERBOSE) SELECT derived.parse_clock_seconds(clock) FROM nba.pbp_events"
    ).fetchall()
    assert "parse_clock_seconds" not in str(plan)


@pytest.fixture
def states(desk, nba, come):
    """The states of a game with these actions; `listed`: as the schedule has it."""

    async def states(*actions, **listed):
        given = {"status": 2} | listed
        await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(**given)))
        await come(SourceType.NBA_PBP, nba.play_by_play(actions))
        return desk.rows(STATE)

    return states


async def test_the_quarters_begin_at_whole_multiples(nba, states):
    """trap D3: the period is that of the action, never guessed from the time left."""
    starts = [nba.action(n, period=n, clock="PT12M00.00S") for n in (1, 2, 3, 4)]
    assert [row[1] for row in await states(*starts)] == [2880, 2160, 1440, 720]


async def test_halves_of_seconds_are_rounded_up(nba, states):
    """trap D5: half-even would give 0 and 2."""
    actions = [
        nba.action(1, period=4, clock="PT00M01.50S"),
        nba.action(2, period=4, clock="PT00M00.50S"),
    ]
    assert [row[1] for row in await states(*actions)] == [2, 1]


async def test_a_running_game_knows_nothing_of_overtime(desk, nba, come, states):
    """trap D4: time left of an unfinished game; the overtime counts once the game is over."""
    played = [
        nba.action(1, period=4, clock="PT02M00.00S", scoreHome="90", scoreAway="91"),
        nba.ending(2, 4, (95, 95)),
        nba.action(3, period=5, clock="PT05M00.00S", scoreHome="95", scoreAway="95"),
    ]
    assert [row[1] for row in await states(*played)] == [120, 0, 300]
    ended = [*played, nba.ending(4, 5, (101, 99)), nba.ending(5, 5, (101, 99), "game")]
    await come(SourceType.NBA_PBP, nba.play_by_play(ended))
    assert [row[1] for row in desk.rows(STATE)] == [420, 300, 300, 0, 0]


async def test_sides_are_home_0_and_away_1(nba, states):
    """trap D12: who has the ball, who leads, who will have won."""
    actions = [
        nba.action(1),
        nba.action(2, possession=UTA, scoreHome="2", scoreAway="3"),
        nba.action(3, possession=0, scoreHome="3", scoreAway="3"),
        nba.ending(4, 4, (90, 91)),
        nba.ending(5, 4, (90, 91), "game"),
    ]
    rows = await states(*actions)
    assert [row[2] for row in rows] == [0, 1, None, None, None]
    assert [row[5] for row in rows] == [0, 1, None, 1, 1]
    assert {row[6] for row in rows} == {1}


async def test_an_unfinished_game_has_no_winner(nba, states):
    """trap D6"""
    assert {row[6] for row in await states(nba.action(1), nba.ending(2, 3, (70, 60)))} == {None}


async def test_the_administration_has_no_score(nba, states):
    """trap D13: 0-0 in a later period than the first."""
    trailing = nba.action(9, period=4, clock="PT00M00.00S", scoreHome="0", scoreAway="0")
    rows = await states(*nba.played((110, 99))[:-1], trailing, status=3, score=(110, 99))
    assert rows[-1][:6] == (None, 0, 0, None, None, None)
    assert rows[-2][0] == 11


async def test_before_the_first_basket_nobody_leads(nba, states):
    (row,) = await states(nba.action(1, scoreHome="0", scoreAway="0"))
    assert (row[0], row[3], row[4], row[5]) == (0, 0, 0, None)


async def test_the_teams_come_after_the_actions(desk, nba, come):
    """Then every state is computed again: sides and winner were unknown until then."""
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played()))
    assert {(row[2], row[6]) for row in desk.rows(STATE)} == {(None, 0)}
    await come(SourceType.NBA_BOXSCORE, nba.box_score())
    assert desk.rows(STATE)[0][2] == 0


async def test_the_view_tells_the_same(desk, nba, states):
    await states(*nba.played((112, 114), periods=6), status=3, score=(112, 114))
    assert (
        desk.rows(
            "SELECT v.event_id FROM derived.game_state_by_event AS v"
            " FULL JOIN derived.pbp_event_state AS s USING (game_id, event_id)"
            " WHERE (floor(v.seconds_remaining_game + 0.5), v.score_diff_home, v.period)"
            " IS DISTINCT FROM (s.time_remaining::double precision, s.point_differential, s.period)"
        )
        == []
    )
    first, last = desk.rows(
        "SELECT seconds_remaining_regulation, seconds_elapsed_game, seconds_remaining_game,"
        " is_overtime FROM derived.game_state_by_event ORDER BY order_number"
    )[:: len(nba.played(periods=6)) - 1]
    assert first == (2878, 2, 3478, False)
    assert last == (0, 3480, 0, True)


async def test_only_changed_games_are_computed(desk, nba, come):
    """trap R8: and a step without anything to do says so."""
    games = ("0022500001", "0022500002")
    for game in games:
        desk.put(SourceType.NBA_PBP, game, nba.play_by_play(nba.played(), game))
    await desk.do("load_nba", "nba_state")
    assert await desk.skip("nba_state") == "no game of the NBA changed since it was last computed"
    done = await come(
        SourceType.NBA_PBP, nba.play_by_play(nba.played((90, 80)), games[1]), games[1]
    )
    changes = done.changes["derived.pbp_event_state"]
    assert changes.inserted == 0
    assert changes.updated + changes.unchanged == len(nba.played())
