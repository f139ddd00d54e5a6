"""Relations and named queries of the warehouse as files for other programs, each with a manifest.

Nothing is written to the database here, and no screen is known.
"""

from __future__ import annotations

from nbapanel.exports.choices import export_choices
from nbapanel.exports.exporting import export
from nbapanel.exports.parquet_there import parquet_trouble

__all__ = ["export", "export_choices", "parquet_trouble"]
