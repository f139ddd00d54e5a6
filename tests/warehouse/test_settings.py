"""Settings: which of several places counts, and what is said of a value of no use."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from nbapanel.errors import UsageError
from nbapanel.settings import Settings
from nbapanel.settings_store import load_settings


@pytest.fixture
def loaded(tmp_path: Path):
    """Settings out of the places given; none of this machine's own are read."""

    def load(toml: str = "", dotenv: str = "", environ=None, **overrides) -> Settings:
        (tmp_path / "settings.toml").write_text(toml, encoding="utf-8")
        (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
        return load_settings(tmp_path, overrides, environ or {}, tmp_path / ".env")

    return load


def test_defaults_where_nothing_is_set(loaded, tmp_path):
    assert loaded() == Settings()
    (tmp_path / "settings.toml").unlink()
    assert load_settings(tmp_path, None, {}, tmp_path / "absent.env") == Settings()


def test_each_place_counts_over_the_one_before_it(loaded):
    places: dict[str, object] = {"toml": "days = 2"}
    assert loaded(**places).days == 2
    places["dotenv"] = "NBAPANEL_DAYS=3"
    assert loaded(**places).days == 3
    places["environ"] = {"NBAPANEL_DAYS": "4"}
    assert loaded(**places).days == 4
    places["days"] = 5
    assert loaded(**places).days == 5
    places["days"] = None
    assert loaded(**places).days == 4, "an option that was not given counts for nothing"


def test_a_place_speaks_for_what_it_names_only(loaded):
    found = loaded(
        toml='kalshi_url = "http://toml"\nkalshi_series = "T"',
        dotenv="NBAPANEL_KALSHI_SERIES=D",
        environ={"NBAPANEL_DAYS": "9", "DAYS": "1", "nbapanel_kalshi_url": "no"},
    )
    assert (found.kalshi_url, found.kalshi_series, found.days) == ("http://toml", "D", 9)


def test_types(loaded):
    found = loaded(
        toml='cache_hooks = ["http://a", "http://b"]\nkeep_raw_in_database = true',
        environ={
            "NBAPANEL_ESPN_REQUESTS_PER_S": "0",
            "NBAPANEL_CACHE_FILES": " a.cache* , b.cache ,,",
        },
    )
    assert found.cache_hooks == ("http://a", "http://b")
    assert found.cache_files == ("a.cache*", "b.cache")
    assert found.keep_raw_in_database is True
    assert found.espn_requests_per_s == 0.0
    assert isinstance(found.espn_requests_per_s, float)
    assert loaded(environ={"NBAPANEL_KEEP_RAW_IN_DATABASE": "false"}).keep_raw_in_database is False
    assert loaded(environ={"NBAPANEL_CACHE_HOOKS": ""}).cache_hooks == ()


def test_the_database_is_named_as_everywhere(loaded):
    url = "postgresql://nba@db.test/house"
    assert loaded(environ={"DATABASE_URL": url}).database_url == url
    assert loaded(dotenv=f"DATABASE_URL={url}").database_url == url
    assert loaded(environ={"NBAPANEL_DATABASE_URL": url}).database_url == ""


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ({"environ": {"NBAPANEL_DAYS": "seven"}}, "NBAPANEL_DAYS in the environment"),
        ({"dotenv": "NBAPANEL_DAYS="}, "NBAPANEL_DAYS in .env"),
        ({"toml": 'days = "seven"'}, "days in "),
        ({"toml": "days = 1.5"}, "days in "),
        ({"toml": "cache_files = 5"}, "cache_files in "),
        ({"environ": {"NBAPANEL_KEEP_RAW_IN_DATABASE": "perhaps"}}, "KEEP_RAW"),
        ({"toml": "dayz = 7"}, "There is no setting 'dayz'"),
        ({"toml": "days = = 7"}, "The settings file cannot be read"),
    ],
)
def test_a_bad_value_is_named_with_its_place(loaded, places, said):
    with pytest.raises(UsageError) as refused:
        loaded(**places)
    assert said in refused.value.title
    assert refused.value.exit_code == 2
    assert refused.value.detail


def test_a_settings_file_that_is_no_text(loaded, tmp_path):
    (tmp_path / "settings.toml").write_bytes(b"days = \xff")
    with pytest.raises(UsageError, match="cannot be read"):
        load_settings(tmp_path, None, {}, tmp_path / ".env")


def test_each_setting_is_described(loaded):
    for setting in fields(Settings):
        assert setting.metadata["described"].endswith((".", ")."))


def test_a_password_is_shown_nowhere(loaded):
    """trap W16: neither in a crash report nor in the complaint about a bad value."""
    found = loaded(environ={"DATABASE_URL": "postgresql://nba:sesame@db.test/house"})
    assert "sesame" in found.database_url
    assert "sesame" not in repr(found)
    with pytest.raises(UsageError) as refused:
        loaded(toml='database_url = ["postgresql://nba:sesame@db.test/house"]')
    assert "sesame" not in str(refused.value)


def test_a_hook_s_token_is_shown_nowhere(loaded):
    """trap W16: the address of a hook is as good as a password."""
    hook = "https://hooks.test/notify?token=sesame"
    for found in (
        loaded(environ={"NBAPANEL_CACHE_HOOKS": hook}),
        loaded(toml=f'cache_hooks = ["{hook}"]'),
    ):
        assert found.cache_hooks == (hook,)
        assert "sesame" not in repr(found)
    for bad in (f'cache_hooks = "{hook}"', f'cache_hooks = [["{hook}"]]'):
        with pytest.raises(UsageError) as refused:
            loaded(toml=bad)
        assert "sesame" not in str(refused.value)
        assert "cache_hooks in " in str(refused.value)
