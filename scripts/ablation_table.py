#!/usr/bin/env python3
"""Prints the table of scripts/ablation.sh from the scorer's results.

    ablation_table.py WORK_DIR INGREDIENT...    holds WITHOUT/SET.json, WITHOUT also "nothing"

The first row is what all ingredients reach together; the others are what leaving one out changes:
a loss is the ingredient's worth. In points of NAB's score, and in thousandths for all the rest.
"""
import json
import os
import sys

MEASURES = (
    ("nab", "std", lambda d: d["nab"]["standard"]["optimised"], 1),
    ("nab", "lowFP", lambda d: d["nab"]["reward_low_FP_rate"]["optimised"], 1),
    ("kpi", "AUC", lambda d: d["ranking"]["auc_pr"], 1000),
    ("kpi", "week", lambda d: d["budget"]["1/week"]["event_recall"], 1000),
    ("cloud", "AUC", lambda d: d["ranking"]["auc_pr"], 1000),
    ("cloud", "week", lambda d: d["budget"]["1/week"]["event_recall"], 1000),
    ("smd", "AUC", lambda d: d["ranking"]["auc_pr"], 1000),
    ("smd", "day", lambda d: d["budget"]["1/day"]["event_recall"], 1000),
    ("smd", "week", lambda d: d["budget"]["1/week"]["event_recall"], 1000),
    ("asd", "AUC", lambda d: d["ranking"]["auc_pr"], 1000),
    ("asd", "week", lambda d: d["budget"]["1/week"]["event_recall"], 1000),
    ("faults", "AUC", lambda d: d["ranking"]["auc_pr"], 1000),
    ("faults", "day", lambda d: d["budget"]["1/day"]["event_recall"], 1000),
    ("faults", "hit@1", lambda d: d["blame"]["hit@1"], 1000),
)


def load(work, without):
    results = {}
    for name in sorted({measure[0] for measure in MEASURES}):
        path = os.path.join(work, without, name + ".json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                results[name] = json.load(file)
    return results


def main():
    work, ingredients = sys.argv[1], sys.argv[2:]
    everything = load(work, "nothing")
    measures = [measure for measure in MEASURES if measure[0] in everything]
    print("| without | %s |" % " | ".join("%s %s" % measure[:2] for measure in measures))
    print("|---|%s" % ("---|" * len(measures)))
    print("| nothing | %s |" % " | ".join(
        ("%.1f" if unit == 1 else "%.3f") % value(everything[name])
        for name, _, value, unit in measures))
    for ingredient in ingredients:
        results = load(work, ingredient)
        print("| %s | %s |" % (ingredient, " | ".join(
            ("%+.1f" if unit == 1 else "%+.0f") % (
                unit * (value(results[name]) - value(everything[name])))
            for name, _, value, unit in measures)))


main()
