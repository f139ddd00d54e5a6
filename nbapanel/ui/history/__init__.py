"""The runs that were: a table of them, one in detail, two compared. No game's data here."""
