"""Exporting what the warehouse holds: what is asked first, and how far it is. No row here."""
