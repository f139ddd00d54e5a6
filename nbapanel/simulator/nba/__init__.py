"""The generated league in the words of the NBA's own feeds. Nothing is played here."""
