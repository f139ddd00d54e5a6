"""The log pane: lines that somebody else read, filtered and shown. No file is tailed here."""
