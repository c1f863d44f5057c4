"""``python -m lp_posg``: the command line."""

from lp_posg.cli import main

if __name__ == "__main__":
    main()
