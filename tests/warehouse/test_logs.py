"""The log: bounded, in the data directory, and without a secret in it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from unittest.mock import Mock

import pytest

from nbapanel.logs import log_to
from nbapanel.redaction import redact

SECRET = "s3same"


@pytest.fixture
def written(tmp_path: Path):
    """Log as the program does; gives back what then stands in the file."""
    root, ours = logging.getLogger(), logging.getLogger("nbapanel")
    before = root.level, root.handlers[:], ours.level
    root.handlers.clear()  # those of pytest are not closed

    def read() -> str:
        return (tmp_path / "logs" / "nbapanel.log").read_text(encoding="utf-8")

    def start(*, verbose: bool = False):
        log_to(tmp_path / "logs", verbose=verbose)
        return read

    yield start
    for handler in root.handlers:
        handler.close()
    root.level, ours.level = before[0], before[2]
    root.handlers[:] = before[1]
    logging.getLogger("x").manager._clear_cache()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://nba:{SECRET}@db.test:5432/house",
        f"postgresql://nba:a{SECRET}/b@db.test/house",
        f"http://:{SECRET}@mirror.test/",
        f"host=db user=nba password={SECRET} dbname=house",
        f"host=db password='{SECRET} two words' dbname=house",
        f"PGPASSWORD={SECRET}",
        f"NBAPANEL_TOKEN={SECRET}",
        f"https://x.test/clear?token={SECRET}&a=b",
        f"api_key: {SECRET}",
        f"apikey={SECRET}, api-key={SECRET}",
        json.dumps({"password": SECRET, "host": "db"}),
        repr({"password": SECRET, "host": "db"}),
        f"client_secret = {SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"authorization: Basic {SECRET}",
    ],
)
def test_a_secret_is_taken_out(text):
    """trap W16: the password in a log, a crash report."""
    assert SECRET not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://site.api.espn.com/apis/site/v2/sports?dates=20260115",
        "The database refused the password. Check DATABASE_URL.",
        "KXNBAGAME-26JAN15UTANYK-NYK: 12:30 a.m.",
        "at 2026-01-16 03:30:00, item 3: odd",
        "mail to somebody@house.test: done",
    ],
)
def test_the_rest_stays_as_it_is(text):
    assert redact(text) == text


def test_what_is_around_a_secret_stays():
    told = redact(f"postgresql://nba:{SECRET}@db.test/house and password={SECRET} dbname=house")
    assert told == "postgresql://nba:***@db.test/house and password=*** dbname=house"


@pytest.mark.warns_in_log
def test_a_traceback_has_no_secret(written):
    """trap W16: the message of an error, and the arguments of a log call."""
    read = written()
    log = logging.getLogger("nbapanel.test")
    log.info("opening %s", f"postgresql://nba:{SECRET}@db/house", extra={"run": 7, "step": "load"})
    try:
        raise ValueError(f"password={SECRET}")
    except ValueError:
        log.exception("broken")
    text = read()
    assert SECRET not in text
    assert "[run 7 load]" in text
    assert "ValueError: password=***" in text


def test_how_much_is_told(written, capsys):
    read = written()
    logging.getLogger("nbapanel.test").debug("a detail")
    logging.getLogger("nbapanel.test").info("a note")
    logging.getLogger("httpx").info("HTTP Request: GET")
    assert "a note" in read()
    assert "a detail" not in read()
    assert "HTTP Request" not in read()
    assert capsys.readouterr().err == ""


def test_verbose_tells_more_and_on_the_screen_too(written, capsys):
    read = written(verbose=True)
    logging.getLogger("nbapanel.test").debug("a detail of token=%s", SECRET)
    assert "a detail of token=***" in read()
    assert "a detail of token=***" in capsys.readouterr().err


def test_what_is_set_up_already_stays_open(written, tmp_path):
    """A window opens its warehouse again after every loss of it."""
    written()
    root = logging.getLogger()
    (handler,) = root.handlers
    written()
    assert root.handlers == [handler]
    written(verbose=True)
    assert handler not in root.handlers
    assert len(root.handlers) == 2
    both = root.handlers[:]
    written(verbose=True)
    assert root.handlers == both
    log_to(tmp_path / "elsewhere", verbose=True)
    assert root.handlers[0] is not both[0]


def test_the_log_is_bounded(written, tmp_path):
    written()
    (handler,) = logging.getLogger().handlers
    assert handler.maxBytes > 0
    assert handler.backupCount > 0
    handler.maxBytes = 2_000
    for number in range(300):
        logging.getLogger("nbapanel.test").info("line %d of many", number)
    files = list((tmp_path / "logs").glob("nbapanel.log*"))
    assert len(files) == handler.backupCount + 1
    assert sum(path.stat().st_size for path in files) < 10_000


@pytest.mark.parametrize(
    ("trouble", "is_told"), [(OSError(28, "No space left on device"), False), (KeyError("x"), True)]
)
def test_a_full_disk_costs_the_line_and_nothing_else(
    written, capsys, monkeypatch, trouble, is_told
):
    """trap W14: no traceback of the log's own for each line; of a bug there is one."""
    read = written()
    logging.getLogger("nbapanel.test").info("before")
    (handler,) = logging.getLogger().handlers
    with monkeypatch.context() as patched:
        patched.setattr(handler, "flush", Mock(side_effect=trouble))
        logging.getLogger("nbapanel.test").info("meanwhile")
    logging.getLogger("nbapanel.test").info("after")
    assert "before" in read()
    assert "after" in read()
    assert ("Traceback" in capsys.readouterr().err) is is_told
