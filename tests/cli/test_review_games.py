"""`--game`: a game that nobody knows is not passed over in silence."""

from __future__ import annotations

from typing import Any


def test_a_game_that_there_is_not_is_named(nbapanel: Any, simulator: Any) -> None:
    asked = ("refetch", "--feeds", simulator.url, "--days", "1", "--game", "999999999")
    done = nbapanel(*asked, "--game", "401810622")
    assert done.code == 1
    assert "No game 999999999 is known" in done.err
    assert "401810622" not in done.err
    as_json = nbapanel(*asked, "--json")
    assert as_json.code == 1
    assert as_json.document["status"] == "done"
    assert "No game 999999999 is known" in as_json.err


def test_games_that_are_known_need_no_word(refetch: Any) -> None:
    done = refetch()
    assert (done.code, done.err) == (0, "")
