#!/usr/bin/env python3
"""What a playbook may not say: each is refused before the first task, with its place, and nothing of
the file is done. Names and values are those that Ansible knows and this program does not, and those
that nobody knows."""
import os
import re

import harness

PLAY = "- hosts: localhost\n  gather_facts: no\n"

PLAY_KEYS = """vars_files vars_prompt roles pre_tasks post_tasks collections strategy force_handlers
gather_subset gather_timeout remote_user port order ignore_errors ignore_unreachable no_log run_once
check_mode diff timeout throttle module_defaults become_method become_flags debugger when fact_path
no_such_key""".split()

TASK_KEYS = """async poll local_action action module_defaults throttle diff debugger with_dict
with_fileglob with_sequence with_nested with_together with_subelements with_lines connection port
remote_user become_method become_flags any_errors_fatal ignore_unreachable collections hosts static
no_such_key""".split()

MODULES = """template lineinfile blockinfile reboot apt dnf yum package cron user group get_url unarchive
script raw include include_tasks import_tasks include_role import_role import_playbook include_vars
slurp fetch synchronize replace tempfile hostname git pip mount sysctl service_facts package_facts
setup gather_facts add_host group_by ping wait_for_connection set_stats async_status expect known_hosts
iptables getent community.general.ufw ansible.posix.mount ansible.legacy.command
ansible.builtin.no_such Debug""".split()

# A task that is right, and parameters of Ansible's that it cannot have.
PARAMETERS = {
    "command: {cmd: echo x": "warn foo _raw_params _uses_shell",
    "shell: {cmd: echo x": "argv warn",
    "service: {name: x, state: started": "pattern sleep runlevel arguments use daemon_reload",
    "systemd: {name: x, state: started": "scope masked force no_block daemon_reexec user",
    "file: {path: /srv/x, state: touch": "src recurse force follow attributes selevel unsafe_writes",
    "copy: {content: x, dest: /srv/x": "src backup remote_src validate directory_mode follow checksum",
    "find: {paths: /srv": "contains read_whole_file get_checksum use_regex follow limit mode",
    "stat: {path: /srv": "get_checksum get_mime get_attributes checksum_algorithm checksum mime",
    "uri: {url: 'http://127.0.0.1/'": "user password dest creates removes src follow_redirects "
                                      "unix_socket client_cert force_basic_auth http_agent use_proxy",
    "wait_for: {path: /srv/x": "active_connection_states exclude_hosts drained",
    "assert: {that: 1 == 1": "fail success verbosity",
    "fail: {msg: x": "message",
    "debug: {msg: x": "text",
    "set_fact: {a: 1": "cacheable",
    "pause: {seconds: 1": "prompt echo hours",
}

VALUES = {
    "file: {path: /srv/x": ["state: link", "state: hard", "mode: 644", "mode: u+x", "mode: '0999'",
                            "mode: '07777777'", "mode: 1.5"],
    "service: {name: x": ["state: running", "enabled: perhaps"],
    "systemd: {name: x": ["state: no_such", "enabled: 5x", "daemon_reload: perhaps"],
    "find: {paths: /srv": ["file_type: fifo", "age_stamp: btime", "age: soon", "size: big",
                           "recurse: perhaps", "depth: x"],
    "uri: {url: 'http://127.0.0.1/'": ["method: DELETE", "method: PUT",
                                       "body_format: form-urlencoded", "status_code: x",
                                       "timeout: x"],
    "wait_for: {path: /srv/x": ["state: drained", "timeout: x", "port: 99999", "port: 5"],
    "copy: {content: x, dest: /srv/x": ["mode: 644", "mode: preserve", "force: perhaps"],
    "stat: {path: /srv": ["follow: perhaps"],
    "debug: {msg: x": ["verbosity: x", "var: y"],
}

TASKS = """
- name: x
- {debug: {msg: x}, fail: {msg: y}}
- debug
-
- 5
- [a]
- {debug: , delegate_to: other}
- {debug: , delegate_to: "{{ 'localhost' }}"}
- {debug: , become_user: www}
- pause: {seconds: 1, minutes: 1}
- pause:
- assert: {msg: x}
- command:
- command: ''
- command: {cmd: a, argv: [a]}
- command: {argv: []}
- command: echo $HOME
- command: ls ~/x
- command: echo 'x
- {command: "{{ x }} y", vars: {x: ls}}
- {command: {argv: ["{{ x }}"]}, vars: {x: ls}}
- {command: ls, environment: {LD_PRELOAD: x}}
- {command: ls, environment: {PATH: /tmp}}
- {shell: ls, environment: {IFS: x}}
- {shell: ls, environment: {PYTHONPATH: x}}
- {shell: ls, environment: {BASH_ENV: x}}
- {shell: ls, environment: {ENV: x}}
- {shell: ls, environment: {PERL5LIB: x}}
- shell: echo {{ outside }}
- shell: echo {{ outside | quote | upper }}
- {shell: "echo {{ y }}", vars: {y: "a{{ outside }}"}}
- {shell: "echo {{ item }}", loop: "{{ outside }}"}
- {shell: ls, args: {executable: sh}}
- {command: ls, args: {chdir: x}}
- {command: ls, args: {no_such: 1}}
- {command: {cmd: ls}, args: {chdir: /}}
- {debug: {msg: x}, args: {msg: y}}
- debug: msg=x
- file: path=/srv/x state=touch
- file: {path: /srv/../etc/x, state: touch}
- file: {path: x, state: touch}
- file: {path: '', state: touch}
- file: {state: absent}
- file: {path: /, state: absent}
- file: {path: /etc, state: absent}
- file: {path: /usr/bin, state: absent}
- file: {path: /home, state: absent}
- copy: {content: x, dest: x}
- copy: {dest: /srv/x}
- copy: {content: x}
- stat: {path: x}
- stat: {}
- find: {paths: x}
- find: {recurse: yes}
- service: {state: started}
- service: {name: 'x*', state: stopped}
- service: {name: '-x', state: stopped}
- service: {name: 'a b', state: stopped}
- uri: {method: GET}
- uri: {url: 'ftp://127.0.0.1/'}
- uri: {url: 'file:///etc/passwd'}
- wait_for: {timeout: 5}
- set_fact: {}
- set_fact: {a-b: 1}
- set_fact: {_a: 1}
- debug: {var: '{{ x }}'}
- meta: refresh_inventory
- meta: clear_facts
- meta: end_host
- {meta: noop, loop: [1]}
- {meta: flush_handlers, when: false}
- {debug: , register: a-b}
- {debug: , register: '{{ x }}'}
- {debug: , register: _x}
- {debug: , notify: no_such}
- {debug: , notify: '{{ x }}'}
- {debug: , listen: x}
- {debug: , until: true, retries: 0}
- {debug: , until: true, retries: -1}
- {debug: , until: true, delay: -1}
- {debug: , retries: 2}
- {debug: , until: []}
- {debug: , until: '{{ x }}'}
- {debug: , loop: [1], with_items: [1]}
- {debug: , loop: x}
- {debug: , loop: {a: 1}}
- {debug: , loop: }
- {debug: , loop_control: {label: x}}
- {debug: , loop: [1], loop_control: {extended: yes}}
- {debug: , loop: [1], loop_control: {loop_var: a-b}}
- {debug: , loop: [1], loop_control: x}
- {debug: , when: '{{ x }}'}
- {debug: , when: {a: 1}}
- {debug: , when: a =}
- {debug: , when: ''}
- {debug: , failed_when: []}
- {debug: , changed_when: '{{ x }}'}
- {debug: , tags: {a: 1}}
- {debug: , name: [a]}
- {debug: , name: }
- {debug: , timeout: x}
- {debug: , timeout: -1}
- {debug: , ignore_errors: perhaps}
- {debug: , check_mode: perhaps}
- {debug: , run_once: perhaps}
- {debug: , become: perhaps}
- {debug: , vars: x}
- {debug: , environment: x}
- '{{ x }}': {}
- {block: [{debug: }], register: x}
- {block: [{debug: }], loop: [1]}
- {block: [{debug: }], notify: x}
- {block: [{debug: }], until: true}
- {block: [{debug: }], check_mode: yes}
- {block: [{debug: }], no_log: yes}
- {block: [{debug: }], delegate_to: localhost}
- {block: [{debug: }], debug: {}}
- block: {debug: }
- rescue: [{debug: }]
- {debug: , rescue: [{debug: }]}
""".strip("\n").split("\n")

EXPRESSIONS = """x | no_such
x | b64encode
x | hash('sha1')
x | items2dict
x | combine({})
x | flatten
x | to_yaml
x | zip([])
x | random
x | regex_findall('a')
x | title
x | reverse
x | groupby('a')
x | tojson
'%s' | format(x)
x | mandatory
x | human_readable
'%Y' | strftime
x | realpath
x | fileglob
x | password_hash
x | json_query('a')
x | ansible.builtin.bool
x | bool(1)
x | default(1, 2, 3)
x | default(valu=1)
x | int(1, 2, 3, 4)
x | ternary
x | map
x | map('no_such')
x | select('no_such')
x is no_such
x is file
x is exists
x is divisibleby 2
x is subset([1])
x is version('1', '<')
x is contains(1)
x is url
x is sameas y
x is callable
x is started
x is finished
lookup('env', 'HOME')
query('env', 'HOME')
q('env', 'HOME')
now()
vars['x']
hostvars['x']
groups.all
x()
dict(a=1)
namespace(a=1)
cycler(1)
x.format(1)
x.__class__
_x
x._y
x.title()
x.append(1)
x.join([1])
x.pop()
x.update({})
x.encode()
x | regex_search('(?=a)')
lambda: 1
2 ** 3
{1, 2}
(1, 2)
a := 1
1 || 2
1 && 2
!x
1; 2
a = 1
(1
'a
[a for a in x]
x[::2]
x.0
range(1, 2, 3, 4)
99999999999999999999
a if b
+1""".split("\n") + [""]

TEXTS = ["{% if x %}a{% endif %}", "{% raw %}x{% endraw %}", "{{ x", "{{- x -}}", "{# x",
         "{{ " + "1+" * 2100 + "1 }}"]

VARS = ["{a: &x 1, b: *x}", "{a: &x 1}", "{<<: {a: 1}}", "{a: !vault x}", "{a: !!str 1}",
        "{a: !unsafe '{{ x }}'}", "{a: 1, a: 2}", "{1: a}", "{yes: a}", "{~: a}", "{[a]: b}",
        "{a: 1:30}", "{a: 12:30:45}", "{a: 1:30.5}", "{a: =}", "{a: 99999999999999999999}",
        "{a: 2001-01-01}", "{a: 2001-12-14t21:59:43.10-05:00}", "{a: " + "[" * 20 + "]" * 20 + "}",
        "[a]", "{a-b: 1}", "{_x: 1}", "{a: \"{{ lookup('env', 'HOME') }}\"}"]

HANDLERS = ["[{name: a, debug: }, {name: a, debug: }]", "[{block: [{debug: }]}]",
            "[{name: '{{ x }}', debug: }]", "[{name: a, debug: , listen: '{{ x }}'}]",
            "[{name: a, debug: }, {name: b, debug: , notify: a}]",
            "[{name: a, debug: , notify: a}]", "[{meta: noop}]"]

FILES = ["", "hosts: x\n", "hello", "---\n", "[]", "- tasks: []\n", "- hosts:\n  tasks: []\n",
         "- hosts: x\n\ttasks: []\n", PLAY + "  tasks: [\n", PLAY + "  hosts: x\n",
         PLAY + "  tasks:\n    - debug:\n   - debug:\n", PLAY + "  name: a\0b\n", PLAY + "  name: a\7b\n",
         PLAY + "  tasks: []\n" + PLAY + "  tasks: []\n",
         PLAY + "  tasks: []\n---\n" + PLAY + "  tasks: []\n",
         PLAY + "  connection: ssh\n", PLAY + "  become_user: www\n", PLAY + "  environment: [a]\n",
         "- hosts: x\n  gather_facts: maybe\n", PLAY + "  tags: {a: 1}\n", PLAY + "  tasks: {}\n",
         PLAY + "  tasks:\n" + "    - debug:\n" * 201,
         "#" * 65537 + "\n" + PLAY + "  tasks: []\n"]


def playbook(task):
    """A file that would leave a mark, were anything of it done."""
    return PLAY + ("  tasks:\n    - copy: {content: x, dest: \"{{ mark }}\"}\n"
                   "    %s\n      \n" % task)


def every_case():
    yield from FILES
    for key in PLAY_KEYS:
        yield PLAY + "  %s: x\n  tasks: []\n" % key
    for value in VARS:
        yield PLAY + "  vars: %s\n  tasks: []\n" % value
    for value in HANDLERS:
        yield PLAY + "  handlers: %s\n  tasks: []\n" % value
    for task in TASKS:
        yield playbook(task)
    for key in TASK_KEYS:
        yield playbook("- {debug: {msg: x}, %s: x}" % key)
    for module in MODULES:
        yield playbook("- %s: {}" % module)
    for start, names in PARAMETERS.items():
        for name in names.split():
            yield playbook("- %s, %s: yes}" % (start, name))
    for start, values in VALUES.items():
        for value in values:
            yield playbook("- %s, %s}" % (start, value))
    for text in TEXTS:
        yield playbook("- {debug: {msg: \"%s\"}, when: false}" % text)
    for expression in EXPRESSIONS:
        yield playbook("- when: false\n      debug:\n        msg: >-\n          {{ %s }}" % expression)


class Refusals(harness.Case):
    def test_what_is_not_of_the_language_is_refused_whole(self):
        path = os.path.join(self.scratch, "p.yml")
        mark = os.path.join(self.scratch, "mark")
        place = re.compile(re.escape(path) + r":\d+:\d+: \S")
        count = 0
        for text in every_case():
            with self.subTest(text[-160:]):
                self.write("p.yml", text)
                done = self.run_program("playbook", "--json", "-e", "mark=" + mark, "-e",
                                        "outside=x", path)
                self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
                self.assertRegex(done.stderr, place)
                self.assertEqual(done.stdout, "")
                self.assertFalse(os.path.exists(mark))
                count += 1
        self.assertGreater(count, 450)

    def test_the_same_without_the_fault_runs(self):
        """Else every refusal above could be one of the frame around it."""
        mark = os.path.join(self.scratch, "mark")
        path = self.write("p.yml", playbook("- debug: {msg: \"{{ outside | upper }}\"}"))
        done = self.run_program("playbook", "--json", "-e", "mark=" + mark, "-e", "outside=x", path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(os.path.exists(mark))


if __name__ == "__main__":
    harness.main()
