"""``python -m salesdiag``."""

import sys

from salesdiag.cli import main

if __name__ == "__main__":
    sys.exit(main())
