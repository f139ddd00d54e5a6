"""How the league's feeds are asked, and what an answer speaks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nbapanel.payload import Payload
from nbapanel.rows.models import Parsed, Relation
from nbapanel.source.answers import Absent, NotModified
from nbapanel.steps.loading import Contribution

Ask = Callable[..., Awaitable[Payload | Absent | NotModified]]
"""A request of `source.nba` for one document, which takes `validators`."""


def contribution(relation: Relation, parsed: Parsed) -> Contribution:
    """A list that speaks for its game (or season) says of what it lacks that it is gone."""
    return Contribution(relation, parsed, tuple(parsed.notes.get("speaks_for", ())))
