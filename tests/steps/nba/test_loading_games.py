"""Play-by-play and box scores in their tables: corrected, completed, and from whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nbapanel.errors import UserFacingError
from nbapanel.payload import SourceType

GAME, OTHER_GAME = "0022500575", "0022500576"
ACTIONS = "SELECT action_number FROM nba.pbp_events ORDER BY order_number"


@pytest.fixture
async def one_game(desk, nba, come):
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(status=2)))


@pytest.mark.usefixtures("one_game")
async def test_an_action_that_vanished_upstream_is_deleted(desk, nba, come):
    """trap L2: and the state of it goes too."""
    await come(SourceType.NBA_PBP, nba.play_by_play([nba.action(n) for n in (1, 2, 3)]))
    done = await come(SourceType.NBA_PBP, nba.play_by_play([nba.action(n) for n in (1, 3)]))
    assert desk.rows(ACTIONS) == [(1,), (3,)]
    assert desk.count("derived.pbp_event_state") == 2
    assert done.changes["derived.pbp_event_state"].deleted == 1
    assert desk.wrong_versions() == []


@pytest.mark.usefixtures("one_game")
async def test_swapped_order_numbers_are_loaded(desk, nba, come):
    """trap L3: between the two updates both actions have the same place."""
    await come(SourceType.NBA_PBP, nba.play_by_play([nba.action(n) for n in (1, 2, 3)]))
    swapped = [nba.action(1), nba.action(2, orderNumber=30_000), nba.action(3, orderNumber=20_000)]
    await come(SourceType.NBA_PBP, nba.play_by_play(swapped))
    assert desk.rows(ACTIONS) == [(1,), (3,), (2,)]


@pytest.mark.usefixtures("one_game")
async def test_the_same_again_changes_nothing(desk, nba, come):
    """trap L8: neither rows nor marks, though the file is another one."""
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played()))
    await come(SourceType.NBA_BOXSCORE, nba.box_score())
    before = desk.rows("SELECT relation, version FROM ops.relation_versions ORDER BY 1")
    desk.clock.moment += timedelta(hours=1)
    desk.put(SourceType.NBA_PBP, GAME, nba.play_by_play(nba.played()) | {"meta": {"code": 1}})
    desk.put(SourceType.NBA_BOXSCORE, GAME, nba.box_score() | {"meta": {"code": 1}})
    loaded = await desk.do("load_nba")
    assert loaded.changes["nba.pbp_events"].unchanged == len(nba.played())
    assert loaded.changes["nba.boxscore_players"].unchanged == 12
    assert desk.marks == {}
    assert desk.rows("SELECT relation, version FROM ops.relation_versions ORDER BY 1") == before


@pytest.mark.usefixtures("one_game")
async def test_one_bad_payload_leaves_the_others_alone(desk, nba):
    """trap L5, trap L6: it is named, and stays to be tried again."""
    desk.put(SourceType.NBA_PBP, OTHER_GAME, b'{"game": {"gameId": "0022500576"}}')
    desk.put(SourceType.NBA_PBP, GAME, nba.play_by_play(nba.played()))
    with pytest.raises(UserFacingError, match="1 of 2 payloads could not be loaded"):
        await desk.do("load_nba")
    assert desk.count("nba.pbp_events") == len(nba.played())
    await desk.do("nba_state")
    assert desk.count("derived.pbp_event_state") == len(nba.played())
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE load_error IS NOT NULL") == 1


@pytest.mark.usefixtures("one_game")
async def test_one_bad_action_leaves_what_is_there(desk, nba, come):
    """A list that could not be read whole does not say what is gone."""
    await come(SourceType.NBA_PBP, nba.play_by_play([nba.action(n) for n in (1, 2, 3)]))
    odd = [nba.action(1), nba.action(2, period="third"), nba.action(4)]
    desk.clock.moment += timedelta(minutes=1)
    desk.put(SourceType.NBA_PBP, GAME, nba.play_by_play(odd))
    loaded = await desk.do("load_nba")
    assert desk.rows(ACTIONS) == [(1,), (2,), (3,), (4,)]
    ((where, _),) = loaded.bad_items
    assert GAME in where


async def test_a_hundred_games_share_their_copies(desk, nba):
    """Hundreds of games in a few transactions: relations are versioned once a transaction."""
    games = [f"00225{number:05d}" for number in range(1, 101)]
    for game in games:
        desk.put(SourceType.NBA_PBP, game, nba.play_by_play(nba.played(), game))
    await desk.do("load_nba", "nba_state")
    assert desk.count("nba.pbp_events") == 100 * len(nba.played())
    versions = dict(desk.rows("SELECT relation, version FROM ops.relation_versions"))
    assert versions["nba.pbp_events"] == 1
    assert desk.wrong_versions() == []


# -- who is heard ----------------------------------------------------------------------------------


def v3(nba, *numbers):
    """The statistics site's list, which numbers the actions in its own way."""
    actions = [
        {
            "actionNumber": number,
            "clock": "PT11M20.00S",
            "period": 1,
            "teamId": 1610612752,
            "personId": 1,
            "scoreHome": str(2 * number),
            "scoreAway": "0",
            "isFieldGoal": 1,
            "description": "by the statistics site",
            "actionType": "Made Shot",
            "subType": "Layup",
            "actionId": number,
        }
        for number in numbers
    ]
    return nba.play_by_play(actions)


@pytest.fixture
def says(desk, nba, come):
    """An answer: the network's list, its "there is none", or the statistics site's list."""

    async def says(what):
        match what:
            case "list":
                await come(SourceType.NBA_PBP, nba.play_by_play([nba.action(n) for n in (1, 2)]))
            case "none":
                await come(SourceType.NBA_PBP, b"<Error/>", http_status=403)
            case _:
                await come(SourceType.NBA_PBP_V3, v3(nba, 1, 2, 3))

    return says


@pytest.mark.usefixtures("one_game")
@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("none", "v3"), 3),
        (("list", "v3"), 2),
        (("v3", "list"), 2),
        (("none", "v3", "list", "v3"), 2),
        (("list", "none", "v3", "list"), 2),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
async def test_the_statistics_site_is_heard_where_the_network_has_none(
    desk, says, as_rebuilt, answers, expected
):
    """And a rebuild, which has all answers in one load, hears whom the runs heard."""
    for what in answers:
        await says(what)
    assert desk.count("nba.pbp_events") == expected
    await as_rebuilt()


@pytest.mark.usefixtures("one_game")
@pytest.mark.parametrize("is_network_first", [True, False])
async def test_a_list_read_in_part_does_not_stand_beside_the_other_ones(
    desk, nba, come, as_rebuilt, is_network_first
):
    """Each numbers the actions in its own way: the same ones would be there twice."""
    ours = nba.play_by_play([nba.action(n) for n in (7, 8)] + [nba.action(9, period="third")])
    theirs = v3(nba, 1, 2, 3)
    theirs["game"]["actions"][2]["period"] = "third"
    if is_network_first:
        await come(SourceType.NBA_PBP, ours)
    await come(SourceType.NBA_PBP, b"<Error/>", http_status=403)
    await come(SourceType.NBA_PBP_V3, theirs)
    assert desk.rows(ACTIONS) == [(1,), (2,)]
    if not is_network_first:
        done = await come(SourceType.NBA_PBP, ours)
        assert desk.rows(ACTIONS) == [(7,), (8,)]
        assert done.changes["derived.pbp_event_state"].deleted == 2
    assert desk.wrong_versions() == []
    await as_rebuilt()
