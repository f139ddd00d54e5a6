"""Run as a program: keeps a picture of the whole X screen, and says how many colours it has.

An empty screen has one, an empty window a handful; a filled one has hundreds, of its letters.
"""

from __future__ import annotations

import sys

from PySide6.QtGui import QGuiApplication

app = QGuiApplication(sys.argv[:1])
picture = app.primaryScreen().grabWindow(0).toImage()
picture.save(sys.argv[1])
seen = {
    picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)
}
sys.stdout.write(str(len(seen)))
