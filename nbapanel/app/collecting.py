"""When the window's garbage is collected, and what is not looked through for it."""

from __future__ import annotations

import gc

_NEW, _YOUNG, _OLD = 700, 5, 1
"""So many new objects, looks at the new ones, and looks at the young ones until the next stage."""


def set_aside_what_stays() -> None:
    """What is there by now stays to the end, and the collector never looks through it again.

    The rest is little, so all of it is looked through often: every 7,000 objects and not every
    70,000. pyqtgraph ties what it draws up in cycles, a thousand objects and half a megabyte a
    window, and sixty closed windows used to lie about. The look that comes last here counts what
    the next ones are weighed against; before the freeze it would count what is frozen too.
    """
    gc.freeze()
    gc.set_threshold(_NEW, _YOUNG, _OLD)
    gc.collect()
