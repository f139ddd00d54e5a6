"""Trouble that a person can do something about. Anything else that is raised is a bug.

UserFacingError
├── UsageError            what was typed cannot be done                    exit code 2
├── DatabaseUnavailable   no database to work with, and which kind of no   exit code 3
├── RunActive             another run holds the lock                       exit code 3
├── WrongOrigin           another set of feeds than the warehouse's own    exit code 2
├── ArchiveDamaged        an archived payload is not what its manifest says
├── FeedFailed            a feed did not give what was asked of it
└── GateFailed            the data is not fit to be published
"""

from __future__ import annotations

from nbapanel.redaction import presentable

NO_CONNECTION = "No connection to"
"""How the title begins of trouble with a feed that could not be reached at all."""


class UserFacingError(Exception):
    """What happened (`title`), where and why (`detail`), and what to do (`hint`).

    Each may repeat what a feed or a server said: secrets and control characters are taken out.
    `transient` says that the same call may succeed if it is simply made again.
    """

    exit_code = 1

    def __init__(
        self, title: str, detail: str = "", hint: str = "", *, transient: bool = False
    ) -> None:
        self.title, self.detail, self.hint = map(presentable, (title, detail, hint))
        super().__init__(self.title)
        self.transient = transient

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.detail, self.hint) if part)


class UsageError(UserFacingError):
    exit_code = 2


class WrongOrigin(UserFacingError):
    exit_code = 2


class DatabaseUnavailable(UserFacingError):
    exit_code = 3


class RunActive(UserFacingError):
    exit_code = 3


class ArchiveDamaged(UserFacingError):
    pass


class FeedFailed(UserFacingError):
    pass


class GateFailed(UserFacingError):
    pass
