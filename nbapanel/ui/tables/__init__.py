"""Tables that all rooms of the window share: declared columns, pages, copies. No game, no run."""
