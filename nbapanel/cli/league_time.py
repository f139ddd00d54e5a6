"""How far a league that is played has come in a warehouse: from there its clock goes on."""

from __future__ import annotations

from datetime import datetime

from nbapanel import views
from nbapanel.archive import Archive
from nbapanel.place import Place
from nbapanel.warehouse.db import connect


def held_until(place: Place, conninfo: str) -> datetime | None:
    """Up to when the warehouse holds the league, to the second; None for one that is new or live.

    To the second because the archive keeps payloads of one moment apart by microseconds.
    """
    if place.feeds.kind == "live":
        return None
    with connect(conninfo, purpose="look") as connection:
        loaded = views.held_until(connection)
    # What a killed run fetched is loaded by the next one.
    moments = [one.checked_at for one in Archive(place.data_dir.archive).pending()]
    if loaded is not None:
        moments.append(loaded)
    return max(moments).replace(microsecond=0) if moments else None
