#!/usr/bin/env python3
"""A row of a host through our detectors, and through scikit-learn's IsolationForest.

    isolation_forest.py BENCH_DETECTORS [HOURS]

Both see the same made-up host: 40 metrics, a row a minute, in one run on one core. Ours learns and
judges each row as it comes. The forest, as its tutorials use it on a host, is fitted anew each hour
to the last day (1,440 rows, 100 trees) and judges the hour's rows: all at once, which flatters it,
and one by one as they come. Prints microseconds a row and the ratios (at least 100). Needs numpy
and scikit-learn; exits with 77 without them.
"""
import math
import os
import re
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
try:
    import numpy
    from sklearn.ensemble import IsolationForest
except ImportError as missing:
    print("skipped: %s" % missing)
    sys.exit(77)

SERIES = 40
DAY = 1440


def host_rows(count):
    """Daily curves with noise, from a fixed seed."""
    random = numpy.random.default_rng(1)
    minutes = numpy.arange(count)
    phases = random.uniform(0, 2 * math.pi, SERIES)
    curve = 100 + 30 * numpy.sin(2 * math.pi * minutes[:, None] / DAY + phases)
    return curve + random.normal(0, 3, (count, SERIES))


def ours_us(program, rows):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("timestamp," + ",".join("m%d" % i for i in range(SERIES)) + "\n")
        for i, row in enumerate(rows):
            file.write("%d,%s\n" % (1_500_000_000 + 60 * i, ",".join("%.6f" % x for x in row)))
        file.flush()
        out = subprocess.run([program, "--rows", file.name], check=True, capture_output=True,
                             text=True).stdout
    return float(re.match(r"([0-9.]+) us a row", out).group(1))


def forest_us(rows, hours, one_by_one):
    begin = time.process_time()
    for hour in range(hours):
        now = DAY + 60 * hour
        forest = IsolationForest(n_estimators=100, n_jobs=1, random_state=1)
        forest.fit(rows[now - DAY:now])
        new = rows[now:now + 60]
        if one_by_one:
            for row in new:
                forest.score_samples(row[None, :])
        else:
            forest.score_samples(new)
    return (time.process_time() - begin) * 1e6 / (60 * hours)


def main():
    program = sys.argv[1]
    hours = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    rows = host_rows(DAY + 60 * hours)
    ours = ours_us(program, rows)
    print("homeostat                        %10.1f us a row of %d series" % (ours, SERIES))
    for name, one_by_one in (("forest, an hour's rows at once", False),
                             ("forest, row by row", True)):
        theirs = forest_us(rows, hours if not one_by_one else max(1, hours // 6), one_by_one)
        print("%-32s %10.1f us, %.0f x ours (at least 100)" % (name, theirs, theirs / ours))


main()
