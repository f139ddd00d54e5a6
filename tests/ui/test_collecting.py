"""What the window throws away is not kept, and goes in the window's own thread.

Each in a process of its own: how garbage is collected is a matter of the whole process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

_CLOSED_WINDOWS = """
import gc, json, weakref
from collections import deque
from PySide6.QtCore import QCoreApplication
from nbapanel.app.collecting import Collecting

class Window: ...

app = QCoreApplication([])
stays = [[] for _ in range(120_000)]  # as many objects as a window has when it is complete
collecting = Collecting(app)
collecting.start(0)
app.processEvents()
still_open, closed, most = deque(), [], 0
for _ in range(150):
    window = Window()
    window.parts = [[window] for _ in range(1_000)]  # as the charts tie up what they draw
    still_open.append(window)
    if len(still_open) > 15:  # it is old by then, in the eyes of the collector
        closed.append(weakref.ref(still_open.popleft()))
    del window
    collecting.look()
    most = max(most, sum(one() is not None for one in closed))
print(json.dumps({"most": most, "frozen": gc.get_freeze_count()}))
"""

_TWO_THREADS = """
import json, threading, time
from PySide6.QtCore import QCoreApplication, QObject, QTimer
from nbapanel.app.collecting import Collecting

class Ticking(QObject):
    def __init__(self):
        super().__init__()
        self.itself = self
        self.timer = QTimer(self)
        self.timer.timeout.connect(lambda: None)
        self.timer.start(1)
        self.destroyed.connect(lambda: gone.append(threading.get_ident()))

def read():
    while not is_over:
        rows.append([[number] for number in range(2_000)])
        del rows[:-5]

app = QCoreApplication([])
rows, gone, is_over = [], [], False
Collecting(app).start(0)
reader = threading.Thread(target=read)
reader.start()
made = 0
while made < 600:
    for _ in range(20):
        Ticking()
    made += 20
    app.processEvents()
    time.sleep(0.001)
is_over = True
reader.join()
print(json.dumps({"made": made, "gone": len(gone),
                  "elsewhere": sum(one != threading.get_ident() for one in gone)}))
"""


def _run(program: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "LC_ALL": "C.UTF-8"},  # Qt warns where it is no UTF-8
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_closed_windows_do_not_lie_about() -> None:
    """bug: after the freeze the next whole look came after 70,000 objects, and 60 windows of games
    with half a megabyte each were there by then."""
    found = _run(_CLOSED_WINDOWS)
    assert found["frozen"] > 120_000, "what stays is not looked through"
    assert found["most"] <= 30, "and what is thrown away is soon found"


def test_garbage_goes_in_the_windows_own_thread() -> None:
    """bug: a thread that made an object too many collected what had timers in the window's; the
    next tick of one of them was a segmentation fault."""
    found = _run(_TWO_THREADS)
    assert found["gone"] > found["made"] / 2
    assert found["elsewhere"] == 0
