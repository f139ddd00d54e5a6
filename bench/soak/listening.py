"""What the window, its log and the terminal tell while a soak goes on, taken down as it comes."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.soak import said
from bench.soak.found import Found
from bench.soak.processes import Ended
from nbapanel.desk.growing_file import GrowingFile
from nbapanel.desk.log_tail import Records
from nbapanel.logs import FILE_NAME, KEPT_FILES

_EXPECTED_CODES = (0, 1, 3, 130)
"""Done; a step failed; another run is active, or the database is away; stopped."""

_LAST_WORDS = 500


class Listening:
    """`notes`: what the driven window wrote down, in order."""

    def __init__(self, found: Found, log_folder: Path, notes_file: Path) -> None:
        self._found = found
        self._notes_file = notes_file
        self._notes_read = 0
        self._log = GrowingFile(log_folder / FILE_NAME, KEPT_FILES)
        self._records = Records()
        self.notes: list[dict[str, Any]] = []

    def go_on(self) -> None:
        self._read_log()
        self._read_notes()

    def noted(self, what: str, since: int = 0) -> bool:
        return any(note["what"] == what for note in self.notes[since:])

    def take_command(self, ended: Ended) -> None:
        words = " ".join(ended.words)
        self._found.commands[f"{words} with exit code {ended.code}"] += 1
        bad = said.bad_lines(ended.said)
        if ended.code not in _EXPECTED_CODES or bad:
            told = "; ".join(bad) or ended.said.strip()[-_LAST_WORDS:]
            self._found.unexpected.append(f"nbapanel {words} ended with {ended.code}: {told}")

    def take_stderr(self, who: str, file: Path) -> None:
        text = file.read_text("utf-8", "replace")
        self._found.unexpected += [f"{who}: {line}" for line in said.bad_lines(text)]

    def finish(self) -> None:
        """To the end of the log: its last record is whole once nothing more follows."""
        for _ in range(3):
            self.go_on()

    def _read_log(self) -> None:
        with suppress(OSError):
            self._found.unexpected += said.unexpected(self._records.take(self._log.read_on()))

    def _read_notes(self) -> None:
        """On from where it was left, line by whole line."""
        if not self._notes_file.exists():
            return
        with self._notes_file.open("rb") as file:
            file.seek(self._notes_read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._notes_read += len(line)
                self._take_note(json.loads(line))

    def _take_note(self, note: dict[str, Any]) -> None:
        self.notes.append(note)
        match note["what"]:
            case "ready" | "going on":
                pass
            case "resting":
                self._found.inside.append({name: note[name] for name in ("widgets", "objects")})
            case act:
                self._found.acts[act] += 1
