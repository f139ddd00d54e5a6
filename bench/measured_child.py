"""Runs one command and notes its seconds, exit code and peak memory in a file.

A small process of its own: a child inherits the peak of whoever starts it, and of the benchmark
itself that is more than of what is measured. Imports nothing but the standard library.
"""

from __future__ import annotations

import json
import os
import sys
import time

_BYTES_PER_UNIT = 1 if sys.platform == "darwin" else 1024


def main(noted: str, command: list[str]) -> int:
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    about = {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss * _BYTES_PER_UNIT / 1e6,
    }
    with open(noted, "w", encoding="utf-8") as file:
        json.dump(about, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
