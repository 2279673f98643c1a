#!/usr/bin/env bash
# Prints what the shipped detectors reach on labelled data, beside the goals and the best peers.
#
# Usage: scripts/detection_report.sh DATA_DIR [PROGRAM]
#
# DATA_DIR holds one folder per set (nab, kpi, cloud, smd, asd, faults, disk; those missing are left
# out), each with labels.json and SERIES.csv.xz, and the scorers score.py and score_disk.py.
# PROGRAM is the released homeostat by default. Needs python3 with numpy, and xz.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 1 || $# == 2)) || die "usage: scripts/detection_report.sh DATA_DIR [PROGRAM]"
data=$(realpath "$1")
program=$(realpath "${2:-$HOMEOSTAT_ROOT/build/release-static/bin/homeostat}")
readonly data program
[[ -f $data/score.py ]] || die "$data/score.py: not found; is this the folder of the data?"
[[ -x $program ]] || die "$program: not found; build it with scripts/build.sh"
python3 -c 'import numpy' 2>/dev/null || die "python3 has no numpy: install python3-numpy"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# replay_set SET COMMAND...: runs "COMMAND... IN -o OUT" for each series of a set.
replay_set() {
    local set=$1 file name
    shift
    mkdir -p "$work/$set"
    for file in "$data/$set"/*.csv.xz; do
        name=$(basename "$file" .csv.xz)
        xz -dc "$file" | "$@" - -o "$work/$set/$name.csv"
    done
}

for set in nab kpi cloud smd asd faults; do
    [[ -f $data/$set/labels.json ]] || continue
    say "replaying $set"
    replay_set "$set" "$program" replay
    options=()
    [[ $set != nab ]] || options=(--threshold 0.5) # where the shipped onset says: notify
    python3 "$data/score.py" "$data/$set" "$work/$set" "${options[@]}" \
        --json "$work/$set.json" >"$work/$set.txt"
done
if [[ -f $data/disk/labels.json ]]; then
    say "forecasting disk"
    replay_set disk "$program" forecast --limit 1
    python3 "$data/score_disk.py" "$data/disk" "$work/disk" >"$work/disk.txt"
fi

python3 - "$work" <<'PYTHON'
import json
import os
import re
import sys

work = sys.argv[1]
rows = []


def load(name):
    path = os.path.join(work, name + ".json")
    return json.load(open(path)) if os.path.exists(path) else None


def add(set_name, what, ours, goal, peer, good_is_more=True):
    reached = ours >= goal if good_is_more else ours <= goal
    rows.append((set_name, what, ours, goal, "yes" if reached else "no", peer))


def budget(result, name):
    return result["budget"][name]["event_recall"]


nab = load("nab")
if nab:
    scores = nab["nab"]
    for profile, goal, peer in (("standard", 71, "ARTime 77.7, HTM 69.7, CAD OSE 70.0"),
                                ("reward_low_FP_rate", 64, "ARTime 68.3, CAD OSE 66.9"),
                                ("reward_low_FN_rate", 76, "ARTime 83.3, CAD OSE 73.6")):
        add("nab", profile + ", best threshold", scores[profile]["optimised"], goal, peer)
    add("nab", "standard, threshold fixed at 0.5", scores["standard"]["at_threshold"], 64, "")

kpi = load("kpi")
if kpi:
    add("kpi", "AUC-PR", kpi["ranking"]["auc_pr"], .62, "hour-of-week MAD .503")
    add("kpi", "VUS-PR", kpi["ranking"]["vus_pr"], .59, "hour-of-week MAD .458")
    for name, goal, peer in (("1/day", .97, "DSPOT .92"), ("1/week", .86, "DSPOT .62"),
                             ("1/month", .68, "DSPOT .41")):
        add("kpi", "recall at " + name, budget(kpi, name), goal, peer)
    add("kpi", "shipped: false per series-month", 30 * kpi["shipped"]["false_per_day"], 1,
        "DSPOT 1.2", False)
    add("kpi", "shipped: recall", kpi["shipped"]["event_recall"], .68, "DSPOT .43")

cloud = load("cloud")
if cloud:
    add("cloud", "AUC-PR", cloud["ranking"]["auc_pr"], .62, "static 3 sigma .596")
    add("cloud", "recall at 1/week", budget(cloud, "1/week"), .72, "windowed Gaussian .77")

smd = load("smd")
if smd:
    add("smd", "best F1", smd["ranking"]["f1"], .56, "Mahalanobis .478")
    add("smd", "AUC-PR", smd["ranking"]["auc_pr"], .53, "PCA .412")
    add("smd", "VUS-PR", smd["ranking"]["vus_pr"], .58, "DSPOT .471")
    add("smd", "recall at 1/machine-day", budget(smd, "1/day"), .83, "PCA .55")
    add("smd", "recall at 1/week", budget(smd, "1/week"), .42, "PCA .22")
    add("smd", "shipped: false per machine-week", 7 * smd["shipped"]["false_per_day"], 1,
        "isolation forest 4.8", False)
    add("smd", "shipped: recall", smd["shipped"]["event_recall"], .38, "isolation forest .23")
    add("smd", "blame hit@1", smd["blame"]["hit@1"], .87, "PCA .89")
    add("smd", "blame HitRate@100%", smd["blame"]["hitrate@100%"], .74, "PCA .76")

asd = load("asd")
if asd:
    add("asd", "AUC-PR", asd["ranking"]["auc_pr"], .56, "PCA .390")
    add("asd", "VUS-PR", asd["ranking"]["vus_pr"], .66, "PCA .467")
    add("asd", "recall at 1/day", budget(asd, "1/day"), .95, "k-means .70")
    add("asd", "recall at 1/week", budget(asd, "1/week"), .55, "PCA .43")

faults = load("faults")
if faults:
    add("faults", "AUC-PR", faults["ranking"]["auc_pr"], .72, "PCA .695")
    add("faults", "recall at 1/day", budget(faults, "1/day"), .62, "DSPOT .50")
    kinds = faults.get("recall_by_kind_at_1/day", {})
    if "gross" in kinds:
        found, events = kinds["gross"]
        add("faults", "gross faults at 1/day", found / events, .92, "")
    add("faults", "blame hit@1", faults["blame"]["hit@1"], .78, "")

disk_path = os.path.join(work, "disk.txt")
if os.path.exists(disk_path):
    head = open(disk_path).readline()
    warned, false, error = (float(re.search(pattern, head).group(1)) for pattern in (
        r"warned ([0-9.]+)", r"false ([0-9.]+)", r"error ([0-9.]+)"))
    add("disk", "warned in time", warned, .95, "least squares, 7 days .75")
    add("disk", "false per disk-month", false, .18, "least squares, 7 days .16", False)
    add("disk", "median error", error, .33, "predict_linear, 6 h .52", False)

print("| set | measure | homeostat | goal | reached | best peers, same data and scorer |")
print("|---|---|---|---|---|---|")
for set_name, what, ours, goal, reached, peer in rows:
    form = "%.1f" if set_name == "nab" else "%.3f"
    print("| %s | %s | %s | %g | %s | %s |" % (set_name, what, form % ours, goal, reached, peer))
print()
print("Standard errors: about 4 NAB points; .05 on smd and asd, .03 on kpi, cloud and faults.")
PYTHON
