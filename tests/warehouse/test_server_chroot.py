"""A chroot has no root mount to make private: the way past closed folders must not leave it."""

from __future__ import annotations

import builtins
import errno
import io
from pathlib import Path
from typing import Any

import pytest

from nbapanel.warehouse import linux_privileges


def test_in_a_chroot_no_namespace_is_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = builtins.open

    def mounts(path: Any, *args: Any, **kwargs: Any) -> Any:
        if path == "/proc/self/mountinfo":
            return io.StringIO("30 25 0:26 / /proc rw,relatime shared:7 - proc proc rw\n")
        return opened(path, *args, **kwargs)

    def called(*_: Any) -> int:
        raise AssertionError("unshare was called")

    monkeypatch.setattr(builtins, "open", mounts)
    monkeypatch.setattr(linux_privileges, "_call", called)
    with pytest.raises(OSError, match="no mount") as refused:
        linux_privileges._enter_private_view((Path("/root/x"),), (Path("/root"),))
    assert refused.value.errno == errno.EINVAL
