"""Is what the warehouse holds of an NBA game right? Reads it and the archive; changes neither."""
