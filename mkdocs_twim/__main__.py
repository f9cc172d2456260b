"""`python -m mkdocs_twim`."""

from __future__ import annotations

import sys

from mkdocs_twim.cli import main

if __name__ == "__main__":
    sys.exit(main())
