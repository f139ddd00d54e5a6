"""A log may hold anything, by mistake or because something else wrote into it: it is read all the
same, in pieces of any size, and no line of it costs more than its length."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbapanel.desk.log_tail import Records
from nbapanel.logs import read_header
from nbapanel.redaction import presentable, redact
from nbapanel.rows.reads import LogLine

HEADER = "2026-01-16T03:30:00.000+00:00 INFO    12 nbapanel.steps [run 7 load_games]: "
MANY_TIMES = settings(max_examples=300)
PIECES = [HEADER, HEADER[:30], "\n", "\r\n", "\r", "  ", "x", "[run ", "9" * 30, "]: ", "٣", "\0"]
PIECES += ["2026-13-99T99:99:99.999+99:99 INFO 1 a: ", "0000", "é", "\u2028", ": ", "0" * 5_000]
LONG = 2_000_000


@MANY_TIMES
@given(
    text=st.lists(st.sampled_from(PIECES), max_size=12).map(lambda found: "".join(found).encode())
    | st.binary(max_size=60),
    cuts=st.lists(st.integers(0, 400), max_size=4),
)
def test_any_bytes_give_records(text: bytes, cuts: list[int]) -> None:
    """However they come in pieces: the same records."""

    def read(places: list[int]) -> list[LogLine]:
        records, found = Records(), []
        for start, end in zip([0, *places], [*places, len(text)], strict=True):
            if start < end:
                found += records.take(text[start:end])
        return [*found, *records.take(b"\n"), *records.take(b"")]

    whole = read([])
    assert read(sorted(min(cut, len(text)) for cut in cuts)) == whole
    for line in whole:
        assert line.run_id is None or 0 <= line.run_id < 10**18


@pytest.mark.parametrize(
    "line",
    [HEADER.replace("7", "9" * 5_000), HEADER.replace("2026", "0000"), HEADER.replace("+00", "+99"),
     HEADER.replace(":30", ":99"), "", "\0"],
)  # fmt: skip
def test_a_header_that_cannot_be_is_none(line: str) -> None:
    """A run of 5,000 digits is more than Python makes a number of."""
    assert read_header(line + "x") is None


def test_a_line_without_end_is_kept_as_far_as_it_is_shown() -> None:
    """200 MB of it, in pieces as they are read: its beginning is kept, and nothing is copied more
    than once."""
    records = Records()
    piece = b"x" * 2_000_000
    records.take(HEADER.encode())
    tracemalloc.start()
    try:
        for _ in range(100):
            assert records.take(piece) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(piece)
    (line,) = [*records.take(b"\n"), *records.take(b"")]
    assert line.run_id == 7
    assert len(line.message) == 20_000


SLOW = {
    "a word": "x" * LONG,
    "words of secrets": "authorization" * (LONG // 13),
    "names with a dash": "a-" * (LONG // 2),
    "logins without a host": "://a:" * (LONG // 5),
    "logins": "://a:b@" * (LONG // 7),
    "an open quote": "token='" * (LONG // 7),
    "both quotes": "token=\"token='" * (LONG // 14),
    "a name and blanks": "password" + " " * LONG,
    "a header and blanks": "authorization: bearer" + " " * LONG,
    "orders": "\x1b" * LONG,
}


@pytest.mark.parametrize("text", SLOW)
def test_no_text_is_looked_at_again_and_again(text: str) -> None:
    """What a feed said stands in errors, and each goes through here. A pattern that tried each
    place of a long word to its end would take minutes, and the test's time limit."""
    assert redact(SLOW[text])
    assert presentable(SLOW[text])
    assert read_header(HEADER + SLOW[text]) is not None
    assert read_header(SLOW[text]) is None, "no line of ours"
