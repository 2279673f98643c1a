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


def fields(result):
    return {key: result[key] for key in FIELDS if key in result}


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "results_callback"

    def __init__(self):
        super().__init__()
        self.tasks = []

    def note(self, result, ignored=False, **more):
        task, got = result._task, dict(result._result)
        module = task.action.rsplit(".", 1)[-1]
        if module == "meta":
            return
        record = dict(name=task.get_name(), module=module, ignored=ignored, **dict(fields(got), **more))
        if module == "debug" and "msg" not in got and "var" in task.args:
            record["msg"] = got.get(task.args["var"])
        if "results" in got and task.loop is not None:
            variable = task.loop_control.loop_var if task.loop_control else "item"
            record["items"] = [dict(fields(item), item=item.get(variable))
                               for item in got["results"]]
        self.tasks.append(record)

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
