"""The command line: `make`, `grid`, `edit`, `mix`, `export`, `separate`, `listen` and the playground.

`arguments` says what may be given, `requests` makes of it what rooms understand, `runs` carries it out. Bad input: one
line on standard error, exit 2.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from modules.cli.arguments import build_parser
from modules.cli.runs import COMMANDS
from modules.errors import EarwormError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    try:
        args = build_parser().parse_args(argv)
        return COMMANDS[args.command](args)
    except EarwormError as error:
        print(str(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
