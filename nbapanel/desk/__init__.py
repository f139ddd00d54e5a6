"""What stands between a screen and the warehouse: reads with their cache, live events, child runs.

Knows no Qt and no terminal; whoever uses it says how its news is delivered.
"""
