"""The pages of one list, gathered until it ends. No request is made here."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbapanel.source.answers import Answer, Request
from nbapanel.source.client import too_large


@dataclass(slots=True)
class Pages:
    """Answers in order, no more than `most_bytes` of them together: each one by itself may be."""

    most_bytes: int
    answers: list[Answer] = field(default_factory=list)
    _size: int = 0

    def add(self, request: Request, answer: Answer) -> None:
        """Raises FeedFailed where the list has become too large."""
        self._size += len(answer.body)
        if self._size > self.most_bytes:
            raise too_large(request, self.most_bytes)
        self.answers.append(answer)

    def __len__(self) -> int:
        return len(self.answers)
