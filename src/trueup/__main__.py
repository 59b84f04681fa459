"""Run the command line: `python -m trueup`."""

from trueup.cli import main

main()
