"""The front doors: `nbapanel` and `python -m nbapanel`, and a frozen build's own processes."""

import sys


def main() -> None:
    """The command that was typed; in a frozen build also the keeper, which it starts by itself."""
    if sys.argv[1:2] == ["--keeper"]:
        from nbapanel.warehouse.keeper import main as keep

        sys.exit(keep(sys.argv[2:]))
    from nbapanel.cli import main as command

    command()


if __name__ == "__main__":
    main()
