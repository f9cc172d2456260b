"""A process that answers, by a name that its parent has without the modules of the answers."""

from __future__ import annotations

from typing import Any


def run(*arguments: Any) -> None:
    """Be the process, as `answering.run` says."""
    # What answers is a third of all modules, and the parent would only import it.
    from feedserver.serving import answering

    answering.run(*arguments)
