"""`python -m feedserver`."""

import sys

from feedserver.cli import main

# Workers are started by loading this module under another name.
if __name__ == "__main__":
    sys.exit(main())
