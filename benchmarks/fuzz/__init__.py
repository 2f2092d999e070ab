"""Odd input for what reads a stranger's text: lines of events, settings and model.json.

- ``corpus/TARGET/*``: small files to begin with. A failing input that was mended belongs there, too.
- ``make fuzz SECONDS=60`` tries mutations of them by time. A seed, which it prints, makes the same ones again.
- An input is written to a file before it is tried, so it is still there after a crash of the process.
"""
