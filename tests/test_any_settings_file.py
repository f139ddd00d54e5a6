"""settings.toml and .env are typed by hand: they are understood, or it is said what is wrong."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbapanel.declared import trouble
from nbapanel.errors import UsageError
from nbapanel.settings import ENTRIES, Settings
from nbapanel.settings_store import FILE, load_settings, save_settings

MANY_TIMES = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ODD_VALUES: list[Any] = [-1, 0, 1, 10**4, 2**31, 2**63, 10**300, -0.5, 1e308, math.inf, math.nan]
ODD_VALUES += [True, "", "7", "nan", "-1", "1e400", "\t", "x" * 5_000, [], ["x"], [1], {}, {"a": 1}]
PIECES = ["days", "=", " 7", "\n", '"', "'''", "[", "]", "[[", "{", "}", ".", ",", "#", "\\", "\0"]
PIECES += ["1e400", "nan", "-", "0x", "1979-13-40", "25:61", "\ud800", "é", "most_items", "\r", "9"]


def loaded(folder: Path, dotenv: Path | None = None) -> Settings | None:
    try:
        return load_settings(folder, environ={}, dotenv=dotenv or folder / "none")
    except UsageError:
        return None


@MANY_TIMES
@given(
    values=st.dictionaries(
        st.sampled_from(sorted(ENTRIES)), st.sampled_from(ODD_VALUES), min_size=1, max_size=3
    )
)
def test_any_value_is_within_its_bounds_or_refused(values: dict[str, Any], tmp_path: Path) -> None:
    """Out of bounds a number would do harm much later: no attempt at all, a page of no item."""
    (tmp_path / FILE).write_text(tomlkit.dumps(values), "utf-8")
    found = loaded(tmp_path)
    if found is None:
        return
    for name, entry in ENTRIES.items():
        value = getattr(found, name)
        if isinstance(value, int | float) and value != entry.default:
            assert trouble(entry, value) == ""


@MANY_TIMES
@given(text=st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_a_settings_file_or_is_none(text: str, tmp_path: Path) -> None:
    """And saving a setting into it either does that, or says why not and leaves it as it was."""
    path = tmp_path / FILE
    written = text.encode("utf-8", "surrogatepass")
    path.write_bytes(written)
    loaded(tmp_path)
    try:
        save_settings(tmp_path, {"most_pages": 9})
    except UsageError:
        assert path.read_bytes() == written
    else:
        assert tomlkit.parse(path.read_text("utf-8"))["most_pages"] == 9


@pytest.mark.parametrize(
    "content",
    [
        b"days = " + b"9" * 5_000,
        b"x = " + b"[" * 50_000,
        b"x = " + b"{a=" * 50_000,
        b"a." * 300 + b"b=1",
        b"\xff",
        b"\x00",
        b"days = 0",
        b"days = 30001",
        b"most_pages = 0",
        b"request_silence_s = nan",
    ],
)
def test_what_cannot_be_a_setting_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path, environ={}, dotenv=tmp_path / "none")
    assert FILE in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_what_saving_cannot_read_is_said_and_left_alone(tmp_path: Path) -> None:
    """tomlkit is stricter than what reads the file."""
    (tmp_path / FILE).write_bytes(b"a." * 300 + b"b=1\n")
    with pytest.raises(UsageError, match="settings file cannot be read"):
        save_settings(tmp_path, {"days": 9})
    assert (tmp_path / FILE).read_bytes().startswith(b"a.a.")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"NBAPANEL_DAYS=\xe9"])
def test_an_env_file_that_is_no_text_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(UsageError, match=r"\.env cannot be read"):
        load_settings(tmp_path, environ={}, dotenv=tmp_path / ".env")


@pytest.mark.parametrize(
    ("name", "value"), [("DAYS", "0"), ("MOST_ITEMS", "12"), ("DAYS", "9" * 40)]
)
def test_a_variable_beyond_its_bounds_is_named(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"NBAPANEL_{name} in the environment") as caught:
        load_settings(tmp_path, environ={f"NBAPANEL_{name}": value}, dotenv=tmp_path / "none")
    assert "From 1" in caught.value.detail
