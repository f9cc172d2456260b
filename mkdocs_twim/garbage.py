"""Python's search for garbage, which finds none in what a build makes and keeps to its end."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def none_is_made() -> Iterator[None]:
    """Let nobody look for garbage in what is made meanwhile: a build needs it to its end.

    Python would look through all of it again and again, a tenth of a build.
    """
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if looked:
            gc.enable()


def build_ended(*, goes_on: bool) -> None:
    """Look for garbage as before, if the process goes on.

    Else it ends soon; until it has, Python would look through all of it twice more.
    """
    if goes_on:
        gc.unfreeze()
    else:
        gc.freeze()
