"""Whether Parquet can be written here: pyarrow is an extra, which the executable does not carry."""

from __future__ import annotations

from importlib.util import find_spec

from nbapanel.errors import UserFacingError
from nbapanel.installation import is_frozen

_INSTALL = "pip install 'nbapanel[parquet]'"


def parquet_trouble() -> UserFacingError | None:
    """Why there is no Parquet here, and what to do; None where there is. Nothing is imported."""
    if find_spec("pyarrow") is not None:
        return None
    title = "Parquet needs pyarrow, which is not installed."
    if not is_frozen():
        return UserFacingError(title, "CSV can be written without it.", _INSTALL)
    return UserFacingError(
        "This executable does not carry pyarrow, which Parquet needs.",
        "CSV can be written without it.",
        "For Parquet, use nbapanel from its checkout (README, Start).",
    )


def require_parquet() -> None:
    trouble = parquet_trouble()
    if trouble is not None:
        raise trouble
