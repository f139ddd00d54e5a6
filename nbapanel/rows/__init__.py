"""Payload bytes in, typed rows out. Pure: no files, no network, no database, no clock."""
