"""`python -m benchmarks`: see the package's docstring.

Workers that a benchmark starts import this module again, so it imports nothing itself.
"""

import sys

if __name__ == "__main__":
    from benchmarks.command import main

    sys.exit(main())
