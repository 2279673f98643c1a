"""A callback plugin of Ansible: writes what `homeostat playbook --json` prints, to RESULTS_OUT."""
import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: results_callback
    type: stdout
    short_description: results as JSON
    description: [results of every task as JSON]
"""
FIELDS = ("changed", "failed", "skipped", "rc", "stdout", "attempts", "msg")


def fields(task, result):
    """What of one result, of a task or of an item, is compared."""
    found = {key: result[key] for key in FIELDS if key in result}
    if "censored" in result:
        found["msg"] = "censored"
    elif task.action.endswith("debug") and "msg" not in result:
        found["msg"] = result.get(task.args.get("var"), result.get("skipped_reason"))
    return found


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "results_callback"

    def __init__(self):
        super().__init__()
        self.tasks = []
        self.looping = {}  # by the id of a task, until its loop is over

    def record_of(self, result):
        """The record of a task. A name is what it is when the first item has ended."""
        task = result._task
        if task._uuid not in self.looping:
            self.looping[task._uuid] = dict(name=task.get_name(),
                                            module=task.action.rsplit(".", 1)[-1])
        return self.looping[task._uuid]

    def note_item(self, result, **more):
        got = dict(result._result)
        item = None if "censored" in got else got.get(got.get("ansible_loop_var", "item"))
        items = self.record_of(result).setdefault("items", [])
        items.append(dict(fields(result._task, got), item=item, **more))

    def note(self, result, ignored=False, **more):
        record = self.record_of(result)
        del self.looping[result._task._uuid]
        if record["module"] != "meta":
            record.update(fields(result._task, dict(result._result)), ignored=ignored, **more)
            self.tasks.append(record)

    def v2_runner_item_on_ok(self, result):
        self.note_item(result)

    def v2_runner_item_on_failed(self, result):
        self.note_item(result, failed=True)

    def v2_runner_item_on_skipped(self, result):
        self.note_item(result, skipped=True)

    def v2_runner_on_ok(self, result, **_):
        self.note(result)

    def v2_runner_on_failed(self, result, ignore_errors=False, **_):
        self.note(result, ignored=bool(ignore_errors), failed=True)

    def v2_runner_on_skipped(self, result, **_):
        self.note(result, skipped=True)

    def v2_playbook_on_stats(self, stats):
        summary = stats.summarize("localhost")
        with open(os.environ["RESULTS_OUT"], "w", encoding="utf-8") as out:
            json.dump({"tasks": self.tasks, "stats": summary}, out, default=str)
