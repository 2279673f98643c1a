#!/usr/bin/env python3
"""What Homeostat, and its peers, made of each job of scripts/faults.sh.

usage: results.py judge DIR fault|benign ENDED
                        judges the jobs in DIR/round (a line NAME|KINDS|CAUSE|BEGAN each) by
                        DIR/host.before and .after, those of services by machine.before and .after,
                        and adds a line for each to DIR/results
       results.py known DIR NAME       exit 0 when there is a result of it
       results.py head                 the head of the lines that judge prints
       results.py table DIR [--markdown]

DIR/results is JSON, one object a line; of two with the same name the later counts, but of benign
jobs, which may come again, all do. DIR/peers/alerts has a line "UNIX_TIME PEER NAME" for each alert
at the moment it began to be raised, DIR/peers/names the peers that watched. What a peer says until
the next job begins is of this one, for AFTERMATH seconds at most. They are asked of jobs that were
done while they watched (WITH_PEERS in the environment), and never of the faults of services, which
run in a machine of their own.

On a machine that others use as well they may fill file systems of their own meanwhile. What is about
a mount that was not there at the start (DIR/mounts, one a line) and is none of the campaign's
counts for no job; the sums tell how many were left out.
"""
import datetime
import json
import os
import re
import sys

SURE = 0.8  # a confidence from which on a wrong cause is a lie
AFTERMATH = 150
ROW = "%-20s %-5s %6s %3s %-22s %-26s %-4s %-4s %s"


def read_json_lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def append(directory, entry):
    with open(os.path.join(directory, "results"), "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def fresh(before, after):
    """Incidents that are new, or came back since."""
    old = {(i["id"], i.get("flaps", 0)) for i in before}
    return [i for i in after if (i["id"], i.get("flaps", 0)) not in old]


def opened_at(incident):
    """An incident that came back began again when it did."""
    again = [n["at"] for n in incident.get("timeline", []) if n.get("kind") == "flap"]
    return max(seconds_of(at) for at in again + [incident["opened"]])


def judge(kind, name, kinds, cause, began, ended, new):
    entry = {"job": kind, "name": name, "began": began, "ended": ended,
             "incidents": [{"kind": i["kind"], "subject": i["subject"].get("name", "")}
                           for i in new]}
    if kind == "benign" or not new:
        entry["asks_cause"] = kind == "fault" and cause != "-"
        return entry
    right = [i for i in new if i["kind"] in kinds.split()]
    first = (right or new)[0]
    causes = first.get("causes") or []
    considered = (first.get("considered") or [])[:3]
    top = causes[0] if causes else {}
    asks = cause != "-"
    is_first = bool(asks and re.search(cause, top.get("name", "")))
    is_third = bool(asks and any(re.search(cause, c["name"]) for c in considered))
    entry.update({
        "delay": round(opened_at(first) - began, 1), "kind": first["kind"],
        "kind_right": bool(right), "asks_cause": asks, "cause": top.get("name", ""),
        "confidence": top.get("confidence", 0), "first": is_first, "third": is_third or is_first,
        "wrong_and_sure": bool(asks and not is_first and top.get("confidence", 0) >= SURE),
        "considered": [[c["name"], c.get("confidence", 0)] for c in considered],
        "rule": first.get("remedy") or ""})
    return entry


def is_of_others(directory, incident):
    subject = incident["subject"]
    if subject.get("kind") != "mount" or subject.get("name", "").startswith(directory + "/"):
        return False
    path = os.path.join(directory, "mounts")
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8") as file:
        return subject["name"] not in file.read().splitlines()


def names_culprit(incident, cause):
    causes = (incident.get("causes") or [])[:1] + (incident.get("considered") or [])[:1]
    return cause != "-" and any(re.search(cause, c["name"]) for c in causes)


def share_out(jobs, new):
    """Which of the incidents belong to which of the jobs that were done together. A job is (name,
    kinds, cause, began)."""
    shares = [[] for _ in jobs]
    for incident in new:
        fitting = [i for i, job in enumerate(jobs) if incident["kind"] in job[1].split()]
        named = [i for i, job in enumerate(jobs) if names_culprit(incident, job[2])]
        both = [i for i in fitting if i in named]
        shares[(both or fitting or named or [0])[0]].append(incident)
    return shares


def yes(value):
    return "yes" if value else "no"


def cells(entry):
    """The columns of one fault, without the peers'."""
    new = entry["incidents"]
    if not new:
        return [entry["name"], "no", "-", "0", "-", "-", "-", "-", "-"]
    kind = entry["kind"] + ("" if entry["kind_right"] else " (wrong)")
    others = [f"+ {i['kind']} {i['subject']}".strip() for i in new if i["kind"] != entry["kind"]]
    cause = f"{entry['cause']} {entry['confidence']:.2f}" if entry["cause"] else "unknown"
    asked = entry["asks_cause"]
    rule = entry["rule"] or "-"
    return [entry["name"], "yes", f"{entry['delay']:.0f} s", str(len(new)), kind, cause,
            yes(entry["first"]) if asked else "-", yes(entry["third"]) if asked else "-",
            "; ".join([rule] + others)]


HEAD = ["FAULT", "SEEN", "DELAY", "N", "KIND", "FIRST CAUSE", "TOP1", "TOP3", "STOCK RULE"]


def merged(entries):
    """The results that count, in the order of their first line; each has "until"."""
    jobs = [entry for entry in entries if entry["job"] != "others"]
    for entry, later in zip(jobs, jobs[1:] + [None]):
        entry["until"] = entry["ended"] + AFTERMATH
        if later is not None and later["began"] >= entry["ended"]:
            entry["until"] = min(entry["until"], later["began"])
    faults = {}  # a name keeps its first place
    for entry in entries:
        if entry["job"] == "fault":
            faults[entry["name"]] = entry
    return (list(faults.values()), [entry for entry in entries if entry["job"] == "benign"],
            [entry for entry in entries if entry["job"] == "others"])


class Peers:
    def __init__(self, directory):
        path = os.path.join(directory, "peers", "alerts")
        self.alerts = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.alerts = [line.split(maxsplit=2) for line in file]
        path = os.path.join(directory, "peers", "names")
        self.names = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.names = sorted(set(file.read().split()))

    def during(self, name, entry):
        """After how many seconds each of its alerts of this job came."""
        return [int(at) - entry["began"] for at, peer, _ in self.alerts
                if peer == name and entry["began"] <= int(at) <= entry["until"]]

    @staticmethod
    def is_asked(entry):
        return entry.get("peers", False)

    def cell(self, name, entry):
        if not self.is_asked(entry):
            return "not asked"
        delays = self.during(name, entry)
        return f"{min(delays):.0f} s, {len(delays)}" if delays else "-"


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None


def goal(text, count, of, limit):
    share = f"{100 * count / of:.0f} %" if of else "-"
    return f"{text:<28} {count:4} of {of:<4} {share:>6}   goal {limit} %"


def benign_line(benign):
    spent = sum(b["ended"] - b["began"] for b in benign)
    false = sum(len(b["incidents"]) for b in benign)
    text = f"benign jobs {len(benign)} in {spent / 60:.0f} min: {false} false incidents"
    if spent > 0:
        # With none seen, the rule of three: 95 % sure that it is not more.
        day = 86400 / spent
        rate = f"{false * day:.1f} in 24 h" if false else f"below {3 * day:.0f} in 24 h, surely (95 %)"
        text += f": {rate}"
    return text + "; goal <= 1 in 24 h"


def sums(faults, benign, others, peers):
    seen = [f for f in faults if f["incidents"]]
    asked = [f for f in faults if f["asks_cause"]]
    delay = median([f["delay"] for f in seen])
    lines = [
        goal("seen", len(seen), len(faults), ">= 95"),
        goal("as exactly one incident", sum(len(f["incidents"]) == 1 for f in faults), len(faults),
             ">= 95"),
        goal("kind right", sum(bool(f.get("kind_right")) for f in faults), len(faults), ">= 95"),
        goal("cause right, the first", sum(bool(f.get("first")) for f in asked), len(asked), ">= 85"),
        goal("cause right, of three", sum(bool(f.get("third")) for f in asked), len(asked), ">= 95"),
        goal("sure of a wrong cause", sum(bool(f.get("wrong_and_sure")) for f in asked), len(asked),
             "<= 2"),
        f"median delay {'-' if delay is None else round(delay)} s, goal <= 15 s",
        benign_line(benign),
    ]
    if others:
        count = sum(len(o["incidents"]) for o in others)
        lines.append(f"left out: {count} incidents of mounts that others made meanwhile")
    watched = [f for f in faults if peers.is_asked(f)]
    for name in peers.names:
        told = [peers.during(name, f) for f in watched]
        heard = [min(t) for t in told if t]
        each = f"{sum(map(len, told)) / len(heard):.1f}" if heard else "-"
        false = sum(len(peers.during(name, b)) for b in benign if peers.is_asked(b))
        wait = f"{median(heard):.0f} s" if heard else "-"
        lines.append(f"{name}: {len(heard)} of {len(watched)} faults seen, median delay {wait}, "
                     f"{each} alerts for each that was seen, {false} false alerts in benign work")
    return lines


def table(directory, markdown):
    faults, benign, others = merged(read_json_lines(os.path.join(directory, "results")))
    peers = Peers(directory)
    head = HEAD + [name.upper() for name in peers.names]
    rows = [cells(f) + [peers.cell(name, f) for name in peers.names] for f in faults]
    if markdown:
        yield "| " + " | ".join(word.lower() for word in head) + " |"
        yield "|" + "---|" * len(head)
        for row in rows:
            yield "| " + " | ".join(row) + " |"
    else:
        widths = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
        for row in [head] + rows:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
    yield ""
    if markdown:
        yield "```"
    for entry in benign:
        if entry["incidents"]:
            names = ", ".join(f"{i['kind']} {i['subject']}".strip() for i in entry["incidents"])
            yield f"benign {entry['name']}: false {names}"
    yield from sums(faults, benign, others, peers)
    if markdown:
        yield "```"


def judge_round(directory, job, ended):
    with open(os.path.join(directory, "round"), encoding="utf-8") as file:
        jobs = [line.rstrip("\n").split("|") for line in file]
    for place in ("host", "machine"):
        here = [j for j in jobs if (j[0].startswith("unit-")) == (place == "machine")]
        if not here:
            continue
        new = fresh(*(read_json_lines(os.path.join(directory, f"{place}.{when}"))
                      for when in ("before", "after")))
        others = [i for i in new if is_of_others(directory, i)]
        new = [i for i in new if i not in others]
        if others:
            append(directory, {"job": "others", "name": "others", "began": float(here[0][3]),
                               "ended": ended, "incidents": [
                                   {"kind": i["kind"], "subject": i["subject"]["name"]}
                                   for i in others]})
        for (name, kinds, cause, began), share in zip(here, share_out(here, new)):
            entry = judge(job, name, kinds, cause, float(began), ended, share)
            entry["peers"] = bool(os.environ.get("WITH_PEERS")) and place == "host"
            append(directory, entry)
            if job == "fault":
                print(ROW % tuple(cells(entry)), flush=True)
            elif share:
                print(f"{name:<20} benign, {len(share)} false:", *[i["kind"] for i in share],
                      flush=True)


def main(arguments):
    match arguments:
        case ["head"]:
            print(ROW % tuple(HEAD), flush=True)
        case ["judge", directory, job, ended]:
            judge_round(directory, job, float(ended))
        case ["known", directory, name]:
            entries = read_json_lines(os.path.join(directory, "results"))
            return 0 if any(e["name"] == name for e in entries) else 1
        case ["table", directory]:
            print("\n".join(table(directory, False)))
        case ["table", directory, "--markdown"]:
            print("\n".join(table(directory, True)))
        case _:
            sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
