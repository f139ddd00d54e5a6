"""The kinds of play with ESPN's numbers and words."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """`words` is what a player does, `feet` whether a distance is told, `short` the headline."""

    id: str
    text: str
    words: str = ""
    feet: bool = False
    short: str = ""


JUMP_BALL = Kind("615", "Jumpball", short="Jump Ball")
INSIDE_SHOTS = (
    Kind("110", "Driving Layup Shot", "driving layup"),
    Kind("95", "Layup Shot", "layup", feet=True),
    Kind("141", "Cutting Layup Shot", "cutting layup shot"),
    Kind("109", "Running Layup Shot", "running layup"),
    Kind("96", "Dunk Shot", "dunk", feet=True),
    Kind("115", "Driving Dunk Shot", "driving dunk"),
    Kind("128", "Driving Finger Roll Layup", "driving finger roll layup"),
    Kind("94", "Tip Shot", "tip shot"),
)
MIDRANGE_SHOTS = (
    Kind("92", "Jump Shot", "jumper", feet=True),
    Kind("131", "Pullup Jump Shot", "pullup jump shot", feet=True),
    Kind("144", "Driving Floating Jump Shot", "driving floating jump shot"),
    Kind("130", "Floating Jump Shot", "two point shot", feet=True),
    Kind("93", "Hook Shot", "hook shot", feet=True),
    Kind("137", "Turnaround Fade Away Jump Shot", "turnaround fade away jump shot"),
)
LONG_SHOTS = (
    Kind("92", "Jump Shot", "three point jumper", feet=True),
    Kind("92", "Jump Shot", "three point jumper", feet=True),
    Kind("131", "Pullup Jump Shot", "three point pullup jump shot", feet=True),
    Kind("132", "Step Back Jump Shot", "three point step back jumpshot", feet=True),
    Kind("113", "Running Jump Shot", "running three point jumper"),
)
STEALS = (
    Kind("62", "Bad Pass\nTurnover", "bad pass", short="Turnover"),
    Kind("63", "Lost Ball Turnover", "lost ball turnover", short="Turnover"),
)
LOSSES = (
    Kind("64", "Traveling", "traveling", short="Turnover"),
    Kind("90", "Out of Bounds - Bad Pass Turnover", "out of bounds bad pass turnover",
         short="Turnover"),
    Kind("87", "Out of Bounds - Lost Ball Turnover", "out of bounds lost ball turnover",
         short="Turnover"),
    Kind("67", "3-Second Turnover", "3 second turnover", short="Turnover"),
)  # fmt: skip
SHOT_CLOCK = Kind("70", "Shot Clock Turnover", "shot clock turnover ", short="Turnover")
OFFENSIVE_FOUL = Kind("42", "Offensive Foul", "offensive foul", short="Offensive Foul")
OFFENSIVE_FOUL_TURNOVER = Kind("84", "Offensive Foul Turnover", "turnover", short="Turnover")
SHOOTING_FOUL = Kind("44", "Shooting Foul", "shooting foul", short="Shooting Foul")
PERSONAL_FOUL = Kind("45", "Personal Foul", "personal foul", short="Personal Foul")
LOOSE_BALL_FOUL = Kind("43", "Loose Ball Foul", "loose ball foul", short="Loose Ball Foul")
DEFENSIVE_REBOUND = Kind("155", "Defensive Rebound", "defensive rebound", short="Rebound")
OFFENSIVE_REBOUND = Kind("156", "Offensive Rebound", "offensive rebound", short="Rebound")
SUBSTITUTION = Kind("584", "Substitution", short="Substitution")
TIMEOUT = Kind("16", "Full Timeout", short="Timeout")
END_PERIOD = Kind("412", "End Period")
END_GAME = Kind("402", "End Game", short="End of Game")
FREE_THROWS = {
    (1, 1): Kind("97", "Free Throw - 1 of 1", "free throw 1 of 1"),
    (1, 2): Kind("98", "Free Throw - 1 of 2", "free throw 1 of 2"),
    (2, 2): Kind("99", "Free Throw - 2 of 2", "free throw 2 of 2"),
    (1, 3): Kind("100", "Free Throw - 1 of 3", "free throw 1 of 3"),
    (2, 3): Kind("101", "Free Throw - 2 of 3", "free throw 2 of 3"),
    (3, 3): Kind("102", "Free Throw - 3 of 3", "free throw 3 of 3"),
}
