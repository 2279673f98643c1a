#!/usr/bin/env python3
"""Prints the table of scripts/ablation.sh from the scorer's results.

    ablation_table.py WORK_DIR INGREDIENT...    holds WITHOUT/SET.json, WITHOUT also "nothing"

The first row is what all ingredients reach together; the others are what leaving one out changes:
a loss is the ingredient's worth. In points of NAB's score, and in thousandths for all the rest.
"""
import json
import os
import sys


def nab(profile):
    return lambda result: result["nab"][profile]["optimised"]


def ranking(result):
    return result["ranking"]["auc_pr"]


def recall(budget):
    return lambda result: result["budget"][budget]["event_recall"]


def first_blamed(result):
    return result["blame"]["hit@1"]


DAY, WEEK = recall("1/day"), recall("1/week")
# Of each set: what the columns are called, and the measures in them.
SETS = {
    "nab": {"std": nab("standard"), "low FP": nab("reward_low_FP_rate")},
    "kpi": {"AUC": ranking, "day": DAY, "week": WEEK},
    "cloud": {"AUC": ranking, "week": WEEK},
    "smd": {"AUC": ranking, "day": DAY, "week": WEEK},
    "asd": {"AUC": ranking, "day": DAY, "week": WEEK},
    "faults": {"AUC": ranking, "day": DAY, "hit@1": first_blamed},
}


def load(work, without):
    """What was reached without this ingredient, by column."""
    values = {}
    for name, measures in SETS.items():
        path = os.path.join(work, without, name + ".json")
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        for column, measure in measures.items():
            unit = 1 if name == "nab" else 1000
            values[name + " " + column] = unit * measure(result)
    return values


def change(column, difference):
    text = ("%+.1f" if column.startswith("nab") else "%+.0f") % difference
    return "0" if float(text) == 0 else text


def main():
    work, ingredients = sys.argv[1], sys.argv[2:]
    everything = load(work, "nothing")
    print("| without | %s |" % " | ".join(everything))
    print("|---|%s" % ("---|" * len(everything)))
    print("| nothing | %s |" % " | ".join(
        "%.1f" % value if column.startswith("nab") else "%.3f" % (value / 1000)
        for column, value in everything.items()))
    for ingredient in ingredients:
        without = load(work, ingredient)
        print("| %s | %s |" % (ingredient, " | ".join(
            change(column, without[column] - value) for column, value in everything.items())))


main()
