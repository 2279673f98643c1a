"""What scripts/faults/results.py makes of incidents: which are new, which is judged, and the sums."""
import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "faults"))
sys.dont_write_bytecode = True
import results  # noqa: E402  (found by the line above)


def incident(kind="cpu_saturation", identity="a", opened="2026-11-21T18:00:07.5Z", **more):
    return {"id": identity, "kind": kind, "subject": {"name": "host"}, "opened": opened, **more}


BEGAN = results.seconds_of("2026-11-21T18:00:00Z")


def judged(new, kinds="cpu_saturation", cause="process:hog", job="fault", name="cpu-hog.1"):
    return results.judge(job, name, kinds, cause, BEGAN, BEGAN + 50, new)


class Judging(unittest.TestCase):
    def test_an_incident_that_came_back_is_new_again(self):
        before = [incident(), incident(identity="b", flaps=1)]
        after = [incident(), incident(identity="b", flaps=2), incident(identity="c")]
        self.assertEqual(["b", "c"], [i["id"] for i in results.fresh(before, after)])

    def test_the_delay_of_one_that_came_back_is_that_of_its_return(self):
        back = incident(opened="2026-11-21T17:00:00Z", flaps=1,
                        timeline=[{"kind": "flap", "at": "2026-11-21T18:00:09Z"}])
        self.assertEqual(9.0, judged([back])["delay"])
        self.assertEqual(7.5, judged([incident()])["delay"])

    def test_a_fault_that_nobody_saw(self):
        entry = judged([])
        self.assertEqual([], entry["incidents"])
        self.assertTrue(entry["asks_cause"])
        self.assertEqual("no", results.cells(entry)[1])

    def test_of_several_the_one_of_a_right_kind_is_judged(self):
        entry = judged([incident("log_flood"), incident(identity="b")])
        self.assertTrue(entry["kind_right"])
        self.assertEqual("cpu_saturation", entry["kind"])
        self.assertIn("+ log_flood host", results.cells(entry)[8])
        self.assertFalse(judged([incident("log_flood")])["kind_right"])

    def test_causes_are_right_sure_and_wrong_or_unknown(self):
        hog, other = {"name": "process:hog", "confidence": 0.9}, {"name": "process:x", "confidence": 0.8}
        right = judged([incident(causes=[hog], considered=[hog, other])])
        self.assertTrue(right["first"] and right["third"])
        wrong = judged([incident(causes=[other, hog], considered=[other, hog])])
        self.assertFalse(wrong["first"])
        self.assertTrue(wrong["third"] and wrong["wrong_and_sure"])
        unknown = judged([incident(considered=[dict(other, confidence=0.3)])])
        self.assertFalse(unknown["first"] or unknown["third"] or unknown["wrong_and_sure"])
        self.assertFalse(judged([incident(causes=[hog])], cause="-")["asks_cause"])


class Together(unittest.TestCase):
    def test_each_has_the_incidents_of_its_kinds_and_the_rest_goes_by_its_culprit(self):
        jobs = [("cpu-hog.1", "cpu_saturation", "process:hog", "0"),
                ("disk-fill.1", "filesystem_space", "process:filler", "0")]
        full, busy = incident("filesystem_space"), incident()
        by_filler = incident("unusual_io", causes=[{"name": "process:filler"}])
        nobodys = incident("clock")
        shares = results.share_out(jobs, [full, busy, by_filler, nobodys])
        self.assertEqual([[busy, nobodys], [full, by_filler]], shares)

    def test_of_two_that_list_a_kind_the_culprit_decides(self):
        jobs = [("a", "process_storm", "process:one", "0"), ("b", "process_storm", "process:two", "0")]
        two = incident("process_storm", considered=[{"name": "process:two", "confidence": 0.4}])
        self.assertEqual([[], [two]], results.share_out(jobs, [two]))

    def test_a_round_is_judged_by_the_watch_of_its_place(self):
        with tempfile.TemporaryDirectory() as directory:
            def write(name, text):
                with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
                    file.write(text)
            write("round", "cpu-hog.1|cpu_saturation|-|%f\nunit-hung.1|service_failed|-|%f\n"
                  % (BEGAN, BEGAN))
            for place, kind in (("host", "cpu_saturation"), ("machine", "service_failed")):
                write(place + ".before", "")
                write(place + ".after", json.dumps(incident(kind)) + "\n")
            with contextlib.redirect_stdout(io.StringIO()):
                results.judge_round(directory, "fault", BEGAN + 50)
            judged_now = results.read_json_lines(os.path.join(directory, "results"))
            self.assertEqual([["cpu-hog.1", 1, True], ["unit-hung.1", 1, True]],
                             [[e["name"], len(e["incidents"]), e["kind_right"]] for e in judged_now])


class Table(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        os.mkdir(os.path.join(self.directory, "peers"))

    def write(self, path, text):
        with open(os.path.join(self.directory, path), "w", encoding="utf-8") as file:
            file.write(text)

    def test_a_mount_that_others_made_meanwhile_counts_for_no_job(self):
        def full(identity, mount):
            return incident("filesystem_space", identity,
                            subject={"kind": "mount", "name": mount})
        self.write("mounts", "/\n/srv\n")
        self.write("round", "disk-fill.1|filesystem_space|-|%f\n" % BEGAN)
        self.write("host.before", "")
        mine = self.directory + "/small1"
        found = [full("a", mine), full("b", "/srv"), full("c", "/tmp/theirs")]
        self.write("host.after", "".join(json.dumps(i) + "\n" for i in found))
        with contextlib.redirect_stdout(io.StringIO()):
            results.judge_round(self.directory, "fault", BEGAN + 50)
        text = "\n".join(results.table(self.directory, False))
        self.assertRegex(text, r"disk-fill.1 +yes +8 s +2 ")
        self.assertIn("left out: 1 incidents of mounts that others made meanwhile", text)

    def test_a_later_result_counts_and_peers_are_asked_until_the_next_job(self):
        hog = {"name": "process:hog", "confidence": 0.9}
        again = judged([incident(causes=[hog])])
        benign = judged([incident("log_flood")], job="benign", name="compile")
        benign["began"], benign["ended"] = BEGAN + 60, BEGAN + 120
        again["began"], again["ended"] = BEGAN + 200, BEGAN + 250
        benign["peers"] = again["peers"] = True
        entries = [judged([]), benign, again]
        self.write("results", "".join(json.dumps(e) + "\n" for e in entries))
        self.write("peers/names", "netdata\nnetdata\nprometheus\n")
        self.write("peers/alerts", "%d netdata late\n%d netdata false\n%d netdata right\n"
                   % (BEGAN + 55, BEGAN + 70, BEGAN + 230))
        text = "\n".join(results.table(self.directory, False))
        self.assertEqual(1, text.count("cpu-hog.1"))
        self.assertIn("benign compile: false log_flood host", text)
        self.assertRegex(text, r"seen +1 of 1 +100 %")
        self.assertIn("1 false incidents: 1440.0 in 24 h", text)
        self.assertIn("netdata: 1 of 1 faults seen, median delay 30 s, 1.0 alerts for each that was "
                      "seen, 1 false alerts in benign work", text)
        self.assertIn("prometheus: 0 of 1 faults seen", text)
        # Of what they did not watch they are not asked.
        again["peers"] = False
        self.write("results", json.dumps(again) + "\n")
        unasked = "\n".join(results.table(self.directory, False))
        self.assertIn("netdata: 0 of 0 faults seen", unasked)
        self.assertIn("not asked", unasked)
        marked = list(results.table(self.directory, True))
        self.assertEqual(13 - 1, marked[0].count("|"))

    def test_no_false_one_says_what_that_is_worth(self):
        calm = judged([], job="benign", name="idle")
        calm["ended"] = calm["began"] + 3600
        self.write("results", json.dumps(calm) + "\n")
        self.assertIn("0 false incidents: below 72 in 24 h, surely (95 %)",
                      "\n".join(results.table(self.directory, False)))


if __name__ == "__main__":
    unittest.main()
