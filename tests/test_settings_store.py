"""What the window saves of the settings: the file stays as it was else, secrets go elsewhere."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked

from nbapanel import secrets, settings_file
from nbapanel.declared import trouble
from nbapanel.errors import UsageError
from nbapanel.settings import ENTRIES, Settings
from nbapanel.settings_store import load_settings, save_settings, sources

URL = "postgresql://nba:sesame@db.test/house"


class Drawer(KeyringBackend):
    """A keyring in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Locked(Drawer):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")


class Odd(Drawer):
    def get_password(self, service: str, username: str) -> str | None:
        raise ConnectionError(f"bus says no to {URL}")


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    before, made = keyring.get_keyring(), Drawer()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def loaded(data_dir: Path) -> Settings:
    return load_settings(data_dir, None, {}, data_dir / "absent.env")


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    save_settings(
        tmp_path, {"days": 9, "espn_requests_per_s": 2.5, "cache_files": ("a*", "b"),
                   "keep_raw_in_database": True, "kalshi_url": "http://mirror.test:80"}
    )  # fmt: skip
    found = loaded(tmp_path)
    assert (found.days, found.espn_requests_per_s, found.cache_files) == (9, 2.5, ("a*", "b"))
    assert found.keep_raw_in_database is True
    assert found.kalshi_url == "http://mirror.test:80"


def test_comments_order_and_what_was_not_changed_stay(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('# mine\nkalshi_series = "X"  # why\n\ndays = 3 # few\n# end\n', "utf-8")
    save_settings(tmp_path, {"days": 4, "request_attempts": 2})
    text = file.read_text("utf-8")
    assert text.startswith('# mine\nkalshi_series = "X"  # why\n\ndays = 4 # few\n# end\n')
    assert "request_attempts = 2" in text


def test_a_default_leaves_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("days = 3\nrequest_attempts = 2\n", "utf-8")
    save_settings(tmp_path, {"days": None, "request_attempts": Settings().request_attempts})
    assert file.read_text("utf-8").strip() == ""
    assert loaded(tmp_path) == Settings()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_the_file_is_its_owners_alone_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("days = 3\n", "utf-8")
    real.chmod(0o644)
    (tmp_path / "settings.toml").symlink_to(real)
    save_settings(tmp_path, {"days": 5})
    assert (tmp_path / "settings.toml").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert loaded(tmp_path).days == 5


def test_a_new_data_directory_is_made(tmp_path: Path) -> None:
    save_settings(tmp_path / "new", {"days": 2})
    assert loaded(tmp_path / "new").days == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"days": 0}, "From 1 to 30,000 days"),
        ({"days": 30_001}, "From 1 to 30,000 days"),
        ({"days": "many"}, "Expected `int`"),
        ({"dayz": 1}, "no setting 'dayz'"),
        ({"kalshi_url": "ftp://x"}, "web address"),
        ({"kalshi_url": "https://x:port"}, "web address"),
        ({"cache_hooks": ("https://good.test", "bad")}, "web address"),
        ({"cache_folder": "/no/such/folder"}, "no such folder"),
        ({"cache_folder": "relative"}, "whole path"),
        ({"database_url": "mysql://x"}, "postgresql://"),
        ({"database_url": "postgresql://"}, "names no server"),
        ({"publish_row_drop_percent": float("nan")}, "From 0 to 100 %"),
    ],
)
def test_a_bad_value_is_refused_and_nothing_is_written(tmp_path, changes, said) -> None:
    with pytest.raises(UsageError) as refused:
        save_settings(tmp_path, {"request_attempts": 2} | changes)
    assert said in str(refused.value)
    assert not (tmp_path / "settings.toml").exists()


@pytest.mark.parametrize("url", [URL, "host=db.test dbname=nba", "postgres:///nba?host=/tmp"])
def test_addresses_of_databases(url: str) -> None:
    assert trouble(ENTRIES["database_url"], url) == ""


def test_the_file_cannot_be_written(tmp_path: Path, monkeypatch, drawer: Drawer) -> None:
    """trap W14: what was set before stays in force, in the keyring too."""
    save_settings(tmp_path, {"days": 3, "database_url": URL})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "settings.toml")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(UsageError, match="cannot be saved"):
        save_settings(tmp_path, {"days": 4, "database_url": URL.replace("house", "shed")})
    assert loaded(tmp_path).days == 3
    assert loaded(tmp_path).database_url == URL
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]


def test_a_file_that_is_no_toml_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("days = = 3", "utf-8")
    with pytest.raises(UsageError, match="cannot be read"):
        save_settings(tmp_path, {"days": 4})
    assert (tmp_path / "settings.toml").read_text("utf-8") == "days = = 3"


def test_a_password_goes_to_the_keyring(tmp_path: Path, drawer: Drawer) -> None:
    """trap W16"""
    hooks = ("https://hooks.test/refresh", "https://hooks.test/a?key=sesame")
    save_settings(tmp_path, {"database_url": URL, "cache_hooks": hooks, "days": 3})
    text = (tmp_path / "settings.toml").read_text("utf-8")
    assert "sesame" not in text
    assert 'database_url = "keyring"' in text
    assert set(drawer.kept) == {
        (f"nbapanel:{tmp_path}", "database_url"),
        (f"nbapanel:{tmp_path}", "cache_hooks"),
    }
    found = loaded(tmp_path)
    assert (found.database_url, found.cache_hooks, found.days) == (URL, hooks, 3)
    assert "sesame" not in repr(found)
    assert sources(tmp_path, {}, tmp_path / "absent")["database_url"].place == "keyring"


def test_what_is_no_secret_any_more_leaves_the_keyring(tmp_path: Path, drawer: Drawer) -> None:
    save_settings(tmp_path, {"database_url": URL})
    save_settings(tmp_path, {"database_url": "postgresql://db.test/house"})
    assert drawer.kept == {}
    assert loaded(tmp_path).database_url == "postgresql://db.test/house"
    save_settings(tmp_path, {"database_url": URL})
    save_settings(tmp_path, {"database_url": ""})
    assert drawer.kept == {}
    assert loaded(tmp_path).database_url == ""


@pytest.mark.parametrize(
    ("text", "is_secret"),
    [
        ("postgresql://db.test/house", False),
        (URL, True),
        ("host=db password=sesame", True),
        ("https://cache.test/clear", False),
        ("https://nba:sesame@cache.test/", True),
        ("https://nba@cache.test/", True),
        ("https://cache.test/?k=1", True),
        ("https://hooks.test/services/T0AB/aB3dE5fG7hI9jK1lM3nO5p", True),
    ],
)
def test_what_counts_as_a_secret(text: str, is_secret: bool) -> None:
    assert secrets.carries_secret(text) is is_secret


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        (fail.Keyring, "has no keyring"),
        (null.Keyring, "did not keep"),
        (Locked, "is locked"),
        (Odd, "cannot be used"),
    ],
)
def test_without_a_keyring_the_environment_is_named(tmp_path, drawer, ring, said) -> None:
    keyring.set_keyring(ring())
    with pytest.raises(secrets.KeyringTrouble) as refused:
        save_settings(tmp_path, {"database_url": URL, "days": 3})
    assert said in refused.value.title
    assert "DATABASE_URL" in refused.value.hint
    assert ".env" in refused.value.hint
    assert "sesame" not in str(refused.value)
    assert not (tmp_path / "settings.toml").exists()


def test_no_keyring_is_asked_for_what_another_place_says(tmp_path, drawer) -> None:
    keyring.set_keyring(fail.Keyring())
    (tmp_path / "settings.toml").write_text('database_url = "keyring"\n', "utf-8")
    found = load_settings(tmp_path, None, {"DATABASE_URL": "postgresql://x/y"}, tmp_path / "none")
    assert found.database_url == "postgresql://x/y"
    with pytest.raises(secrets.KeyringTrouble):
        loaded(tmp_path)


def test_a_value_that_is_gone_from_the_keyring(tmp_path: Path, drawer: Drawer) -> None:
    (tmp_path / "settings.toml").write_text('database_url = "keyring"\n', "utf-8")
    with pytest.raises(UsageError, match="keyring has no value"):
        loaded(tmp_path)


def test_where_each_value_comes_from(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("days = 3\nrequest_attempts = 2\n", "utf-8")
    (tmp_path / ".env").write_text("NBAPANEL_REQUEST_ATTEMPTS=3\nDATABASE_URL=x\n", "utf-8")
    found = sources(tmp_path, {"DATABASE_URL": "y"}, tmp_path / ".env")
    assert set(found) == set(ENTRIES)
    places = {name: source.place for name, source in found.items()}
    assert places["days"] == "file"
    assert places["request_attempts"] == ".env"
    assert places["database_url"] == "environment"
    assert places["kalshi_url"] == "default"
    assert found["database_url"].is_fixed
    assert found["request_attempts"].is_fixed
    assert not found["days"].is_fixed
    assert found["database_url"].variable == "DATABASE_URL"


def test_nobody_imports_the_keyring_for_nothing(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys, pathlib; from nbapanel.settings_store import load_settings;"
        f"load_settings(pathlib.Path({str(tmp_path)!r}));"
        "assert not {'keyring', 'tomlkit'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_each_setting_has_a_group_and_a_label() -> None:
    for entry in ENTRIES.values():
        assert entry.label
        assert entry.group
        assert trouble(entry, entry.default) == ""


def test_reading_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        settings_file.read(tmp_path / "settings.toml")
