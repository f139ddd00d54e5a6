"""Front door 1: `nbapanel` and `python -m nbapanel`."""

from nbapanel.cli import main

if __name__ == "__main__":
    main()
