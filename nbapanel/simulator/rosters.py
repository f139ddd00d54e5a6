"""Invented players, thirteen a team; no name here is meant to be that of a real one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from nbapanel.simulator.draws import draws

ROSTER_SIZE = 13

_FIRST_NAMES = (
    "Abel Anton Basil Bram Caleb Casper Cyrus Dario Desmond Edgar Elias Emmett Ezra Felix Finn "
    "Gideon Gustav Hank Hugo Ivo Jarrett Jonas Julius Kasimir Kelvin Lars Leander Lionel Lorenz "
    "Magnus Marlon Milo Nestor Nico Olaf Orson Otto Percy Quentin Ramon Rasmus Rufus Silas Stellan "
    "Tobias Ulric Vance Viktor Wendel Xavi Yannick Zeno"
)
_LAST_NAMES = (
    "Abernathy Arkwright Barrow Bellweather Birch Blackwood Bonham Brandt Calloway Castellan Crane "
    "Dalgaard Devereux Draper Eastwood Ellery Falk Fenwick Garrick Greaves Hale Harker Holloway "
    "Ibsen Ingram Jespersen Kestrel Kingsley Lachance Lindqvist Loxley Marchetti Merrick Moreau "
    "Nightingale Norwood Okonjo Osei Pemberton Prescott Quill Radcliffe Ravenel Rook Sandoval "
    "Sorrel Sterling Tamsin Thackeray Underhill Valdis Vossberg Wainwright Whitlock Yarrow Zimmer"
)


@dataclass(frozen=True, slots=True)
class Player:
    id: str
    name: str
    short_name: str


@lru_cache(maxsize=64)
def roster(seed: int, team_id: str) -> tuple[Player, ...]:
    stream = draws(seed, "roster", team_id)
    firsts, lasts = stream.shuffled(_FIRST_NAMES.split()), stream.shuffled(_LAST_NAMES.split())
    return tuple(
        Player(
            id=str(4_700_000 + int(team_id) * 100 + number),
            name=f"{firsts[number]} {lasts[number]}",
            short_name=f"{firsts[number][0]}. {lasts[number]}",
        )
        for number in range(ROSTER_SIZE)
    )
