"""`python -m nbapanel.simulator`: the simulator as a process of its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from nbapanel.errors import UserFacingError
from nbapanel.simulator.running import serve


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m nbapanel.simulator", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--league", type=int, metavar="SEED", help="a season that a seed invents")
    what.add_argument("--recorded", metavar="DIR", help="a folder of recorded payloads")
    parser.add_argument("--clock", default="fixed", help="fixed, live, 60x or an ISO time")
    parser.add_argument("--not-before", metavar="ISO", help="the earliest time to start at")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--faults", metavar="FILE", help="JSON rules by which to misbehave")
    parser.add_argument("--announce", action="store_true", help="say in JSON where it listens")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the parent")
    asked = parser.parse_args(argv)
    try:
        serve(**vars(asked))
    except UserFacingError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
