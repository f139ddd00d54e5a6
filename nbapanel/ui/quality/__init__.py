"""What was checked of the NBA games, and what was found."""
