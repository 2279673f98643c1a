#!/usr/bin/env python3
"""Prints the table of scripts/detection_report.sh from the scorers' results.

    detection_table.py WORK_DIR      holds SET.json (score.py --per-series), disk.txt and logs.txt

The standard error of a mean over series is taken from their spread, that of a share from the
number of events (binomial). NAB gives one number for the whole corpus: leave one series out
(jackknife) says about 4 points.
"""
import json
import math
import os
import re
import statistics
import sys

NAB_STANDARD_ERROR = 4.0


class Table:
    def __init__(self):
        self.rows = []

    def add(self, set_name, what, ours, error, goal, peer, more_is_better=True):
        reached = ours >= goal if more_is_better else ours <= goal
        digits = 1 if set_name == "nab" else 3
        self.rows.append((set_name, what, "%.*f" % (digits, ours),
                          "" if error is None else "%.*f" % (digits, error),
                          "%g" % goal, "yes" if reached else "no", peer))

    def print(self):
        print("| set | measure | homeostat | std. error | goal | reached | peers |")
        print("|---|---|---|---|---|---|---|")
        for row in self.rows:
            print("| %s |" % " | ".join(row))
        missed = sum(1 for row in self.rows if row[5] == "no")
        print("\n%d of %d goals reached" % (len(self.rows) - missed, len(self.rows)))
        if any(row[0] == "nab" for row in self.rows):
            print("\nNumenta's benchmark tells its detectors the least and the largest value of a file "
                  "before the first row, and ARTime its length; homeostat starts blind.")


class Result:
    """One set's result, and how sure its numbers are."""

    def __init__(self, data):
        self.data = data

    def ranking(self, name):
        values = [row[name] for row in self.data["per_series"]]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        return self.data["ranking"][name], spread / math.sqrt(len(values))

    def share(self, value):
        return value, math.sqrt(max(value * (1 - value), 0) / self.data["events"])

    def budget(self, name):
        return self.share(self.data["budget"][name]["event_recall"])

    def shipped_recall(self):
        return self.share(self.data["shipped"]["event_recall"])

    def shipped_false(self, days):
        """False incidents per series and so many days; their number is Poisson."""
        per_day = self.data["shipped"]["false_per_day"]
        count = per_day * self.data["days"]
        return days * per_day, days * math.sqrt(count) / self.data["days"]

    def blame(self, name):
        return self.share(self.data["blame"][name])


def add_nab(table, result):
    scores = result.data["nab"]
    for profile, goal, peer in (
            ("standard", 71, "ARTime 77.7, HTM 69.7, CAD OSE 70.0, AWS random cut forest 50.5"),
            ("reward_low_FP_rate", 64, "ARTime 68.3, HTM 63.4, CAD OSE 66.9, AWS 39.5"),
            ("reward_low_FN_rate", 76, "ARTime 83.3, HTM 73.4, CAD OSE 73.6, AWS 59.3")):
        table.add("nab", profile + ", best threshold", scores[profile]["optimised"],
                  NAB_STANDARD_ERROR, goal, peer)
    table.add("nab", "standard, threshold fixed beforehand (onset 0.5)",
              scores["standard"]["at_threshold"], NAB_STANDARD_ERROR, 64, "")


def add_kpi(table, result):
    table.add("kpi", "AUC-PR", *result.ranking("auc_pr"), .62, "hour-of-day MAD .503")
    table.add("kpi", "VUS-PR", *result.ranking("vus_pr"), .59, "hour-of-day MAD .458")
    for name, goal, peer in (("1/day", .97, "DSPOT .92"), ("1/week", .86, "DSPOT .62"),
                             ("1/month", .68, "DSPOT .41")):
        table.add("kpi", "recall at " + name, *result.budget(name), goal, peer)
    table.add("kpi", "shipped: false per series-month", *result.shipped_false(30), 1,
              "DSPOT 1.2, Netdata-like k-means 1.2", False)
    table.add("kpi", "shipped: recall", *result.shipped_recall(), .68,
              "DSPOT .43, Netdata-like k-means .27")


def add_cloud(table, result):
    table.add("cloud", "AUC-PR", *result.ranking("auc_pr"), .62, "static 3 sigma .596")
    table.add("cloud", "recall at 1/week", *result.budget("1/week"), .72,
              "windowed Gaussian .77, hour-of-day MAD .72")


def add_smd(table, result):
    table.add("smd", "best F1", *result.ranking("f1"), .56, "Mahalanobis .478, PCA .472")
    table.add("smd", "AUC-PR", *result.ranking("auc_pr"), .53, "PCA .412, Mahalanobis .402")
    table.add("smd", "VUS-PR", *result.ranking("vus_pr"), .58, "DSPOT .471, PCA .448")
    table.add("smd", "recall at 1/machine-day", *result.budget("1/day"), .83, "PCA .55")
    table.add("smd", "recall at 1/week", *result.budget("1/week"), .42,
              "Netdata-like k-means .22, PCA .22")
    table.add("smd", "shipped: false per machine-week", *result.shipped_false(7), 1,
              "half-space trees 2.9, isolation forest 4.8", False)
    table.add("smd", "shipped: recall", *result.shipped_recall(), .38,
              "half-space trees .21, isolation forest .23")
    table.add("smd", "blame hit@1", *result.blame("hit@1"), .87, "PCA .89, 3 sigma .87")
    table.add("smd", "blame HitRate@100%", *result.blame("hitrate@100%"), .74,
              "PCA .76, 3 sigma .76")


def add_asd(table, result):
    table.add("asd", "AUC-PR", *result.ranking("auc_pr"), .56, "PCA .390")
    table.add("asd", "VUS-PR", *result.ranking("vus_pr"), .66, "PCA .467")
    table.add("asd", "recall at 1/day", *result.budget("1/day"), .95,
              "Netdata-like k-means .70, isolation forest .70")
    table.add("asd", "recall at 1/week", *result.budget("1/week"), .55,
              "PCA .43, isolation forest .41")


def add_faults(table, result):
    table.add("faults", "AUC-PR", *result.ranking("auc_pr"), .72, "PCA .695, Mahalanobis .686")
    table.add("faults", "recall at 1/day", *result.budget("1/day"), .62, "DSPOT .50, PCA .43")
    found, events = result.data["recall_by_kind_at_1/day"].get("gross", (0, 0))
    if events:
        share = found / events
        table.add("faults", "gross faults at 1/day", share,
                  math.sqrt(share * (1 - share) / events), .92, "range of the first 8 days .87")
    table.add("faults", "blame hit@1", *result.blame("hit@1"), .78, "")


def numbers(path, patterns):
    text = open(path, encoding="utf-8").read()
    return [float(re.search(pattern, text).group(1)) for pattern in patterns]


def add_disk(table, path):
    warned, fills, false, error = numbers(
        path, (r"warned ([0-9.]+)", r"of ([0-9]+) fills", r"false ([0-9.]+)", r"error ([0-9.]+)"))
    table.add("disk", "3 days: warned in time", warned,
              math.sqrt(warned * (1 - warned) / fills), .95,
              "predict_linear 6 h .97, least squares 7 days .75")
    table.add("disk", "false per disk-month", false, None, .18,
              "predict_linear 6 h 1.65, least squares 7 days .16", False)
    table.add("disk", "median error", error, None, .33,
              "predict_linear 6 h .52, least squares 7 days .93", False)


def add_logs(table, path):
    accuracies = [float(x) for x in re.findall(r"^\w+ +GA ([0-9.]+)",
                                               open(path, encoding="utf-8").read(), re.M)]
    accuracies = accuracies[:-1]  # the last line is their mean
    table.add("logs", "mean grouping accuracy", statistics.mean(accuracies),
              statistics.stdev(accuracies) / math.sqrt(len(accuracies)), .88,
              "Drain .714; with a regex per system .852")


def main():
    work = sys.argv[1]
    table = Table()
    for name, add in (("nab", add_nab), ("kpi", add_kpi), ("cloud", add_cloud), ("smd", add_smd),
                      ("asd", add_asd), ("faults", add_faults)):
        path = os.path.join(work, name + ".json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                add(table, Result(json.load(file)))
    for name, add in (("logs", add_logs), ("disk", add_disk)):
        path = os.path.join(work, name + ".txt")
        if os.path.exists(path):
            add(table, path)
    table.print()


main()
