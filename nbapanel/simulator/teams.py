"""The thirty teams as each feed names them; nothing here is drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Venue:
    id: str
    name: str
    city: str
    state: str


@dataclass(frozen=True, slots=True)
class Team:
    """`abbreviation` is ESPN's, `code` the NBA's and Kalshi's, `market_name` Kalshi's words."""

    id: str
    abbreviation: str
    code: str
    location: str
    name: str
    market_name: str
    division: str
    zone: int  # hours behind Eastern
    venue: Venue
    color: str

    @property
    def display_name(self) -> str:
        return f"{self.location} {self.name}"


# ESPN id, abbreviation, code, location, name, division, hours behind Eastern, venue, city, state
_ROWS = """
1|ATL|ATL|Atlanta|Hawks|Southeast|0|1827|State Farm Arena|Atlanta|GA|c8102e
2|BOS|BOS|Boston|Celtics|Atlantic|0|1824|TD Garden|Boston|MA|008348
3|NO|NOP|New Orleans|Pelicans|Southwest|1|985|Smoothie King Center|New Orleans|LA|0a2240
4|CHI|CHI|Chicago|Bulls|Central|1|1847|United Center|Chicago|IL|ce1141
5|CLE|CLE|Cleveland|Cavaliers|Central|0|3417|Rocket Arena|Cleveland|OH|860038
6|DAL|DAL|Dallas|Mavericks|Southwest|1|516|American Airlines Center|Dallas|TX|0064b1
7|DEN|DEN|Denver|Nuggets|Northwest|2|1846|Ball Arena|Denver|CO|0e2240
8|DET|DET|Detroit|Pistons|Central|0|5311|Little Caesars Arena|Detroit|MI|1d428a
9|GS|GSW|Golden State|Warriors|Pacific|3|2465|Chase Center|San Francisco|CA|fdb927
10|HOU|HOU|Houston|Rockets|Southwest|1|1394|Toyota Center|Houston|TX|ce1141
11|IND|IND|Indiana|Pacers|Central|0|2183|Gainbridge Fieldhouse|Indianapolis|IN|0c2340
12|LAC|LAC|LA|Clippers|Pacific|3|8883|Intuit Dome|Inglewood|CA|12173f
13|LAL|LAL|Los Angeles|Lakers|Pacific|3|1841|crypto.com Arena|Los Angeles|CA|552583
14|MIA|MIA|Miami|Heat|Southeast|0|3438|Kaseya Center|Miami|FL|98002e
15|MIL|MIL|Milwaukee|Bucks|Central|1|5312|Fiserv Forum|Milwaukee|WI|00471b
16|MIN|MIN|Minnesota|Timberwolves|Northwest|1|2164|Target Center|Minneapolis|MN|266092
17|BKN|BKN|Brooklyn|Nets|Atlantic|0|3559|Barclays Center|Brooklyn|NY|000000
18|NY|NYK|New York|Knicks|Atlantic|0|1830|Madison Square Garden|New York|NY|1d428a
19|ORL|ORL|Orlando|Magic|Southeast|0|3432|Kia Center|Orlando|FL|0077c0
20|PHI|PHI|Philadelphia|76ers|Atlantic|0|1845|Xfinity Mobile Arena|Philadelphia|PA|1d428a
21|PHX|PHX|Phoenix|Suns|Pacific|2|1843|Mortgage Matchup Center|Phoenix|AZ|29127a
22|POR|POR|Portland|Trail Blazers|Northwest|3|1844|Moda Center|Portland|OR|e03a3e
23|SAC|SAC|Sacramento|Kings|Pacific|3|4750|Golden 1 Center|Sacramento|CA|5a2d81
24|SA|SAS|San Antonio|Spurs|Southwest|1|780|Frost Bank Center|San Antonio|TX|000000
25|OKC|OKC|Oklahoma City|Thunder|Northwest|1|2559|Paycom Center|Oklahoma City|OK|007ac1
26|UTAH|UTA|Utah|Jazz|Northwest|2|3093|Delta Center|Salt Lake City|UT|4e008e
27|WSH|WAS|Washington|Wizards|Southeast|0|1823|Capital One Arena|Washington|DC|e31837
28|TOR|TOR|Toronto|Raptors|Atlantic|0|1838|Scotiabank Arena|Toronto|ON|d91244
29|MEM|MEM|Memphis|Grizzlies|Southwest|1|1392|FedExForum|Memphis|TN|5d76a9
30|CHA|CHA|Charlotte|Hornets|Southeast|0|1893|Spectrum Center|Charlotte|NC|008ca8
"""

EAST = ("Atlantic", "Central", "Southeast")
WEST = ("Northwest", "Pacific", "Southwest")
_MARKET_NAMES = {"LAC": "Los Angeles C", "LAL": "Los Angeles L"}


def _team(row: str) -> Team:
    (
        team_id, short, code, location, name, division,
        zone, venue_id, venue, city, state, color,
    ) = row.split("|")  # fmt: skip
    return Team(
        id=team_id,
        abbreviation=short,
        code=code,
        location=location,
        name=name,
        market_name=_MARKET_NAMES.get(code, location),
        division=division,
        zone=int(zone),
        venue=Venue(venue_id, venue, city, state),
        color=color,
    )


TEAMS: tuple[Team, ...] = tuple(_team(row) for row in _ROWS.strip().splitlines())
NEUTRAL_VENUES: tuple[Venue, ...] = (
    Venue("9211", "Arena CDMX", "Mexico City", ""),
    Venue("9212", "Uber Arena", "Berlin", ""),
    Venue("9213", "The O2", "London", ""),
)
