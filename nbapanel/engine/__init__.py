"""The engine: declared steps, run in order, with state, progress, retry and cancel.

Standard library only. It knows no particular step, no database and no screen.
"""
