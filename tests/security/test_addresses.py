"""Addresses that are typed: no password on a command line, and no odd one breaks anything."""

from __future__ import annotations

import logging

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbapanel.cli.feeds import identified
from nbapanel.errors import UsageError, UserFacingError
from nbapanel.logs import _Written
from nbapanel.origin import parse_feeds
from nbapanel.redaction import keep_secret, redact
from nbapanel.secrets import hide
from nbapanel.source.answers import origin
from nbapanel.source.hooks import shown

SECRET = "zq7Secret0123456789abc"


@pytest.mark.parametrize(
    "address",
    [
        f"http://feeder:{SECRET}@127.0.0.1:1",
        f"https://{SECRET}@127.0.0.1:1",
        f"http://127.0.0.1:1/{SECRET}",
        f"http://127.0.0.1:1/?token={SECRET}",
        f"http://127.0.0.1:1/#{SECRET}",
        f"postgresql://nba:{SECRET}@127.0.0.1/house",
    ],
)
def test_a_secret_is_not_taken_from_the_command_line(address: str) -> None:
    """Every user of the machine reads it there, and the warehouse would remember it for good."""
    with pytest.raises(UsageError) as refused:
        parse_feeds(address)
    assert SECRET not in str(refused.value)


@given(st.text(max_size=60))
@example("127.0.0.1:abc")
@example("127.0.0.1:99999999999")
@example("[::1")
@example("127.0.0.1:1/\r\nHost: elsewhere")
@example("127.0.0.1:1/\0")
@example("")
def test_an_odd_address_is_refused_or_answers_nothing(text: str) -> None:
    """`identified` asks whoever answers there what it plays: here nobody does."""
    try:
        feeds = parse_feeds(f"http://{text}")
    except UsageError:
        return
    host = feeds.value.partition("://")[2]
    if host.startswith(("127.0.0.1", "localhost", "[::1]")):
        assert identified(feeds) == feeds


@given(st.text(max_size=60))
@example("https://[")
@example("https://host:port/x")
def test_an_odd_setting_is_refused_in_words(text: str) -> None:
    try:
        origin("ESPN", text, "espn")
    except UserFacingError:
        return


@pytest.mark.parametrize(
    "url",
    [
        f"https://hooks.test/services/T01/B02/{SECRET}",
        f"https://hooks.test:8443/x?key={SECRET}",
        f"https://user:{SECRET}@hooks.test/clear",
        f"https://hooks.test/#{SECRET}",
        f"https://[::1/{SECRET}",
    ],
)
def test_of_a_hook_only_its_host_is_shown(url: str) -> None:
    """And a mark, so that two of one host can be told apart."""
    assert SECRET not in shown(url)
    assert shown(url) == shown(url)
    assert shown(url) != shown(url + "2")
    assert "[::1/" in url or "hooks.test" in shown(url)


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://nba:{SECRET}@db.test/house",
        f"postgresql://nba@db.test/house?password={SECRET}",
        f"host=db.test password = '{SECRET}' dbname=house",
        f"https://feeder:{SECRET}@mirror.test/x",
        f"https://{SECRET}@mirror.test/x",
        f"https://mirror.test/{SECRET}/nba",
        f"https://mirror.test/x?a=1&key={SECRET}",
    ],
)
def test_a_secret_that_a_setting_holds_is_shown_nowhere(text: str) -> None:
    """However it gets into a text, and whatever stands around it there."""
    hide(text)
    told = UserFacingError(f"It said: <{SECRET}>", SECRET, f"or {SECRET}?")
    record = logging.LogRecord("x", logging.ERROR, "", 0, "%s", (f"KeyError: {SECRET!r}",), None)
    for shown_text in (str(told), redact(f"ValueError: {SECRET}"), _Written().format(record)):
        assert SECRET not in shown_text


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=7))
def test_a_short_word_is_no_secret_that_could_be_hidden(word: str) -> None:
    """Else a password of "nba" would be taken out of every sentence."""
    keep_secret(word)
    keep_secret("postgres")
    text = f"the {word} of postgres and nbapanel"
    assert redact(text).endswith("of postgres and nbapanel")
