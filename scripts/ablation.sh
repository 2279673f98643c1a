#!/usr/bin/env bash
# Says what each ingredient of the learned models is worth: replays labelled data with all of them,
# then with each one left out in turn, and prints what that gains or loses.
#
# Usage: scripts/ablation.sh DATA_DIR [SET...]      all sets that score.py knows, by default
#        INGREDIENTS="week jobs" scripts/ablation.sh DATA_DIR     only these are left out
#
# DATA_DIR is laid out as for scripts/detection_report.sh. Takes some minutes for each ingredient.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help_if_asked "$0" "$@"
(($# >= 1)) || die "usage: scripts/ablation.sh DATA_DIR [SET...]"
data=$(realpath "$1")
shift
sets=("$@")
((${#sets[@]} > 0)) || sets=(nab kpi cloud smd asd faults)
[[ -f $data/score.py ]] || die "$data/score.py: not found; is this the folder of the data?"
python3 -c 'import numpy' 2>/dev/null || die "python3 has no numpy: install python3-numpy"

cd "$HOMEOSTAT_ROOT"
launcher=()
cmake_launcher_args launcher
cmake -S . -B build/ablation -G Ninja -DCMAKE_BUILD_TYPE=Release -DHOMEOSTAT_BENCH=ON \
    -DBUILD_TESTING=OFF "${launcher[@]}" >/dev/null
ninja -C build/ablation -j "$(build_jobs)" ablation_probe >/dev/null
probe=$(find build/ablation -type f -name ablation_probe)
read -r -a ingredients <<<"${INGREDIENTS:-$("$probe" --list)}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for without in nothing "${ingredients[@]}"; do
    for set in "${sets[@]}"; do
        [[ -f $data/$set/labels.json ]] || continue
        say "$set without $without"
        mkdir -p "$work/$without/$set"
        for file in "$data/$set"/*.csv.xz; do
            xz -dc "$file" | HOMEOSTAT_WITHOUT=$without "$probe" \
                >"$work/$without/$set/$(basename "$file" .csv.xz).csv"
        done
        python3 "$data/score.py" "$data/$set" "$work/$without/$set" --threshold 0.5 \
            --json "$work/$without/$set.json" >/dev/null
        rm -r "${work:?}/$without/$set"
    done
done
python3 scripts/ablation_table.py "$work" "${ingredients[@]}"
