"""nbapanel keeps an NBA and prediction-market warehouse in PostgreSQL complete and fresh."""

__version__ = "0.1.0"
