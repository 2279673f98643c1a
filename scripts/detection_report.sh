#!/usr/bin/env bash
# Prints what the shipped detectors reach on labelled data, beside the goals and the best peers,
# with standard errors.
#
# Usage: scripts/detection_report.sh DATA_DIR [PROGRAM]
#
# DATA_DIR holds one folder per set (nab, kpi, cloud, smd, asd, faults, disk, logs; those missing are
# left out), each with labels.json and SERIES.csv.xz (logs: SYSTEM.log.xz), and the scorers
# score.py, score_disk.py and score_logs.py.
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

# replay_set SET SUFFIX COMMAND...: runs "COMMAND... IN -o OUT" for each file of a set.
replay_set() {
    local set=$1 suffix=$2 file name
    shift 2
    mkdir -p "$work/$set"
    for file in "$data/$set"/*."$suffix.xz"; do
        name=$(basename "$file" ".$suffix.xz")
        xz -dc "$file" | "$@" - -o "$work/$set/$name.csv"
    done
}

for set in nab kpi cloud smd asd faults; do
    [[ -f $data/$set/labels.json ]] || continue
    say "replaying $set"
    replay_set "$set" csv "$program" replay
    options=(--per-series)
    [[ $set != nab ]] || options+=(--threshold 0.5) # where the shipped onset says: notify
    python3 "$data/score.py" "$data/$set" "$work/$set" "${options[@]}" \
        --json "$work/$set.json" >"$work/$set.txt"
done
if [[ -f $data/disk/labels.json ]]; then
    say "forecasting disk"
    replay_set disk csv "$program" forecast --limit 1
    python3 "$data/score_disk.py" "$data/disk" "$work/disk" >"$work/disk.txt"
fi
if [[ -f $data/logs/labels.json ]]; then
    say "reading logs"
    replay_set logs log "$program" templates
    python3 "$data/score_logs.py" "$data/logs" "$work/logs" >"$work/logs.txt"
fi

python3 "$HOMEOSTAT_ROOT/scripts/detection_table.py" "$work"
