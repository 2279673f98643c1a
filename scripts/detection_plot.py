#!/usr/bin/env python3
"""Draws docs/images/detection.svg from what `homeostat replay` prints for an invented series.

    scripts/detection_plot.py PROGRAM [OUT.svg]

Four weeks of requests a second, one value a minute: a daily curve with noise. In the last week a
spike, a level shift of six hours, and half an hour without traffic. Shown is that week. No library
is needed; the same program gives the same picture.
"""
import csv
import math
import os
import random
import subprocess
import sys
import tempfile

MINUTES = 28 * 1440
SHOWN_FROM = 21 * 1440
WIDTH, HEIGHT, MARGIN = 900, 360, 46


def invented_series():
    """(timestamp, value) rows; the faults lie on days 22, 24 and 26."""
    rng = random.Random(1)
    for minute in range(MINUTES):
        value = 100 + 45 * math.sin(2 * math.pi * (minute % 1440 - 480) / 1440) + rng.gauss(0, 4)
        day, of_day = divmod(minute, 1440)
        if day == 22 and 600 <= of_day < 604:
            value += 90
        if day == 24 and 120 <= of_day < 480:
            value += 40
        if day == 26 and 840 <= of_day < 870:
            value = rng.random()
        yield 1_700_006_400 + 60 * minute, max(value, 0)


def replay(program, rows):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "in.csv")
        with open(path, "w", encoding="ascii") as file:
            file.write("timestamp,requests\n")
            file.writelines("%d,%.3f\n" % row for row in rows)
        out = os.path.join(folder, "out.csv")
        subprocess.run([program, "replay", path, "-o", out], check=True)
        with open(out, newline="", encoding="ascii") as file:
            return [(float(r["score"]), r["flag"] == "1") for r in csv.DictReader(file)]


def path_of(values, low, high, top, bottom):
    """A line through the least and the greatest value of every eight rows: peaks stay visible."""
    points = []
    kept = []
    for begin in range(0, len(values), 8):
        rows = range(begin, min(begin + 8, len(values)))
        kept += sorted({min(rows, key=values.__getitem__), max(rows, key=values.__getitem__)})
    for i in kept:
        value = values[i]
        x = MARGIN + i * (WIDTH - 2 * MARGIN) / (len(values) - 1)
        y = bottom - (value - low) / (high - low) * (bottom - top)
        points.append("%.1f %.1f" % (x, y))
    return "M" + " L".join(points)


def draw(rows, results):
    values = [value for _, value in rows][SHOWN_FROM:]
    scores = [score for score, _ in results][SHOWN_FROM:]
    flags = [flag for _, flag in results][SHOWN_FROM:]
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    top, middle, bottom = 30, 230, 330
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
             'font-family="sans-serif" font-size="12">' % (WIDTH, HEIGHT),
             '<rect width="100%" height="100%" fill="white"/>']
    start = None
    for i, flag in enumerate(flags + [False]):
        if flag and start is None:
            start = i
        if not flag and start is not None:
            parts.append('<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="#f4b6a6"/>'
                         % (MARGIN + start * step, top, max((i - start) * step, 1.5),
                            bottom - top))
            start = None
    parts.append('<path d="%s" fill="none" stroke="#1f4e79" stroke-width="0.7"/>'
                 % path_of(values, 0, 250, top, middle))
    parts.append('<path d="%s" fill="none" stroke="#444" stroke-width="0.7"/>'
                 % path_of(scores, 0, 1, middle + 20, bottom))
    for text, x, y in (("requests a second", MARGIN, top - 10),
                       ("score, 0 to 1", MARGIN, middle + 14),
                       ("flagged rows are shaded", WIDTH - MARGIN - 140, top - 10)):
        parts.append('<text x="%d" y="%d">%s</text>' % (x, y, text))
    for day in range(8):
        x = MARGIN + day * (WIDTH - 2 * MARGIN) / 7
        parts.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ccc"/>'
                     % (x, top, x, bottom))
        if day < 7:
            parts.append('<text x="%.1f" y="%d">day %d</text>' % (x + 4, bottom + 16, 22 + day))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__.strip())
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    out = sys.argv[2] if len(sys.argv) == 3 else os.path.join(folder, "docs/images/detection.svg")
    rows = list(invented_series())
    results = replay(sys.argv[1], rows)
    with open(out, "w", encoding="ascii") as file:
        file.write(draw(rows, results))


main()
