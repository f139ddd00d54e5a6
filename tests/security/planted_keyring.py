"""A keyring of the system, for a process that is tested: one file, named in the environment."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class Keyring(KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write(self._read() | {username: password})

    def delete_password(self, service: str, username: str) -> None:
        self._write({name: value for name, value in self._read().items() if name != username})

    def _read(self) -> dict[str, str]:
        return dict(json.loads(Path(os.environ["PLANTED_KEYRING"]).read_text()))

    def _write(self, kept: dict[str, str]) -> None:
        Path(os.environ["PLANTED_KEYRING"]).write_text(json.dumps(kept))
