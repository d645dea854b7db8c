"""`python -m mendline_bots.standins` runs the stand-ins."""

from mendline_bots.standins import run

run()
