"""Hours of a simulated season with the window open and everything going wrong, watched closely."""
