"""Charts. Nothing is imported here: pyqtgraph is slow to load, and comes after the first paint."""
