"""Whole seasons, in units that any number of workers share: a day, a game, a market's event.

The queue of jobs is Procrastinate's; what a unit is and how it stands is in `ops`. No screen here.
"""
