"""What is shipped runs on 64-bit Windows as well as on Linux."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.guards.sources import ROOT, Module, documentation, dotted, imports, is_below, modules, scripts

POSIX_MODULES = tuple("crypt fcntl grp nis posix pty pwd readline resource spwd syslog termios tty".split())
POSIX_CALLS = {
    "os": frozenset(
        "chown chroot fchdir fchmod fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpgrp "
        "getpriority getresuid getsid getuid initgroups killpg lchown lockf mkfifo mknod nice openpty pathconf "
        "posix_fadvise posix_fallocate posix_spawn pread pwrite pwritev preadv register_at_fork sched_getaffinity "
        "sched_setaffinity sendfile setegid seteuid setgid setpgid setpriority setsid setuid statvfs fstatvfs sync "
        "tcgetpgrp ttyname uname wait wait3 wait4 waitid WEXITSTATUS WIFEXITED WIFSIGNALED WTERMSIG WNOHANG "
        # these exist on Windows and do something else there
        "rename execv execve execvp execl execlp O_DIRECTORY O_NOFOLLOW O_CLOEXEC O_SYNC".split()
    ),
    "signal": frozenset(
        "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGCONT SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH alarm "
        "getitimer pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending sigtimedwait sigwait "
        "sigwaitinfo".split()
    ),
    "socket": frozenset({"AF_UNIX", "SO_REUSEPORT", "SO_PEERCRED"}),
    "time": frozenset({"tzset", "clock_settime", "CLOCK_BOOTTIME"}),
}
POSIX_METHODS = frozenset({"add_signal_handler", "fchmod", "lchmod", "mkfifo"})
POSIX_ARGUMENTS = frozenset({"preexec_fn", "start_new_session", "process_group", "pass_fds"})
POSIX_PATHS = re.compile(r"/(tmp|dev|etc|proc|sys|var|usr|bin|sbin|opt|mnt)(/|\Z)")
WRITES_OR_READS_TEXT = frozenset({"read_text", "write_text"})

# (file, what): why it is all right there. An exception that is no longer needed is a failure too.
ALLOWED = {
    ("scripts/_env.py", "os.execv"): "only where os.name is not nt",
}


def posix_only(module: Module) -> Iterator[tuple[str, int]]:
    """(what, line) of all that Windows lacks or reads otherwise."""
    documents = documentation(module.tree)
    for name, line in imports(module):
        if is_below(name, *POSIX_MODULES):
            yield name.split(".")[0], line
        owner, _, attribute = name.rpartition(".")
        if attribute in POSIX_CALLS.get(owner, ()):
            yield name, line
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            owner = dotted(node.value)
            if node.attr in POSIX_CALLS.get(owner, ()):
                yield f"{owner}.{node.attr}", node.lineno
            elif node.attr in POSIX_METHODS:
                yield node.attr, node.lineno
        elif isinstance(node, ast.keyword) and node.arg in POSIX_ARGUMENTS:
            yield node.arg, node.value.lineno
        elif isinstance(node, ast.Constant) and node not in documents and isinstance(node.value, str):
            if POSIX_PATHS.match(node.value):
                yield node.value, node.lineno
            if re.search(r"%-[a-zA-Z]", node.value):
                yield node.value, node.lineno


def shells(module: Module) -> Iterator[tuple[str, int]]:
    """(what, line) of programs started through a shell, whose words differ by system and by input."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.keyword) and node.arg == "shell":
            if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                yield "shell", node.value.lineno
        elif isinstance(node, ast.Attribute) and dotted(node) in ("os.system", "os.popen"):
            yield dotted(node), node.lineno


def unstated_encodings(module: Module) -> Iterator[tuple[str, int]]:
    """(what, line) of text read or written in the machine's own encoding: on Chinese Windows that is GBK."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        stated = {keyword.arg for keyword in node.keywords}
        called = dotted(node.func) or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
        name = called.rpartition(".")[2]
        if name in WRITES_OR_READS_TEXT and "encoding" not in stated and not _positional_encoding(node, name):
            yield name, node.lineno
        elif called in ("open", "os.fdopen", "io.open") and "encoding" not in stated:
            if "b" not in _mode(node, position=1):
                yield called, node.lineno
        elif name == "open" and called not in ("open", "os.open", "Image.open", "webbrowser.open"):
            # Path.open: its mode is the first argument
            if isinstance(node.func, ast.Attribute) and _looks_like_a_mode(node) and "encoding" not in stated:
                yield "open", node.lineno
        elif (
            called.startswith("subprocess.")
            and {"text", "universal_newlines"} & stated
            and "encoding" not in stated
        ):
            yield called, node.lineno


def _positional_encoding(call: ast.Call, name: str) -> bool:
    return len(call.args) > (0 if name == "read_text" else 1)


def _mode(call: ast.Call, position: int) -> str:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"] or call.args[
        position : position + 1
    ]
    if not given:
        return "r"
    # a mode worked out at run time cannot be judged here
    return str(given[0].value) if isinstance(given[0], ast.Constant) else "b"


def _looks_like_a_mode(call: ast.Call) -> bool:
    mode = _mode(call, position=0)
    return bool(re.fullmatch(r"[rwax]t?\+?t?", mode)) and bool(call.args or call.keywords)


RULES = (posix_only, shells, unstated_encodings)


def found(rule) -> dict[tuple[str, str], list[int]]:
    places: dict[tuple[str, str], list[int]] = {}
    for module in (*modules(), *scripts()):
        for what, line in rule(module):
            places.setdefault((module.path, what), []).append(line)
    return places


@pytest.mark.parametrize("rule", RULES)
def test_nothing_shipped_needs_one_kind_of_system(rule):
    assert {place: lines for place, lines in found(rule).items() if place not in ALLOWED} == {}


def test_each_exception_is_still_needed():
    used = {place for rule in RULES for place in found(rule)}
    assert sorted(set(ALLOWED) - used) == []


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl",
        "import os\nos.fork()",
        "from os import getuid",
        "import signal\nsignal.signal(signal.SIGHUP, f)",
        "def f():\n    from signal import SIGKILL",
        "path = '/tmp/x'",
        "path = Path('/etc')",
        "subprocess.Popen(c, start_new_session=True)",
        "day.strftime('%-d')",
        "os.rename(a, b)",
    ],
)
def test_what_only_posix_has_is_caught(source):
    assert list(posix_only(Module.of("common.store", source)))


@pytest.mark.parametrize(
    "source", ["'''Not in /tmp/x.'''", "rule = '/devices'", "os.replace(a, b)", "signal.SIGTERM"]
)
def test_what_every_system_has_is_left_alone(source):
    assert list(posix_only(Module.of("common.store", source))) == []


@pytest.mark.parametrize("source", ["subprocess.run(c, shell=True)", "run(c, shell=s)", "os.system('x')"])
def test_a_shell_is_caught(source):
    assert list(shells(Module.of("common.cli", source)))


@pytest.mark.parametrize(
    "source",
    [
        "open(p)",
        "open(p, 'w')",
        "p.read_text()",
        "p.write_text(t)",
        "p.open('w')",
        "subprocess.run(c, text=True)",
        "(a / 'b').read_text()",
    ],
)
def test_text_in_the_encoding_of_the_machine_is_caught(source):
    assert list(unstated_encodings(Module.of("common.cli", source)))


@pytest.mark.parametrize(
    "source",
    [
        "open(p, 'rb')",
        "open(p, encoding='utf-8')",
        "p.read_text('utf-8')",
        "p.write_text(t, encoding='utf-8')",
        "p.open('wb')",
        "wire.open(data)",
        "Image.open(f)",
        "subprocess.run(c, encoding='utf-8')",
    ],
)
def test_text_in_a_stated_encoding_and_bytes_are_left_alone(source):
    assert list(unstated_encodings(Module.of("common.cli", source))) == []


def test_an_old_python_can_read_the_scripts_far_enough_to_be_told_so():
    for script in (ROOT / "scripts").iterdir():
        if script.is_file() and (script.suffix == "" or script.name == "_env.py"):
            ast.parse(script.read_text(encoding="utf-8"), filename=script.name, feature_version=(3, 7))
