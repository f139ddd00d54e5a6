"""The dock of the backfills: start, pause, resume; how far each is, and what was not to be had."""
