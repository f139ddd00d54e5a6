"""The games of the warehouse: a table of all, and a window for one. No run's history here."""
