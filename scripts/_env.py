"""The environment that all scripts share: `.venv` in the project's folder, made at the first run.

    import _env

    _env.enter("dev")  # from here on the script runs in .venv, with the project and its extra "dev"

Until then a script has the standard library alone. This file and the scripts keep to syntax that any Python 3
reads, so that an old one gets a sentence and not a SyntaxError.
"""

import contextlib
import hashlib
import importlib.util
import json
import locale
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "bianmin.json"  # written last: what was installed here, and for which folder
LOCK = ROOT / ".venv.lock"
OLDEST = (3, 11)
MAKING_TAKES_AT_MOST_S = 1800


def enter(*extras):
    """Run the calling script in `.venv`, with the project and these extras; returns once it does.

    The first run makes the environment, a change of pyproject.toml brings it up to date, any other run finds
    it standing and loses no time. Ends the program with a sentence on stderr where that cannot be done.
    """
    _require_python()
    _can_name_the_folder()
    if not _stands(extras):
        with _alone():
            if not _stands(extras):
                _make(extras)
    if not _inside():
        _run_again_inside()


def _require_python():
    if sys.version_info < OLDEST:
        sys.exit(
            "This needs Python {}.{} or newer; {} is {}.{}. Install a newer one and start the script with it, "
            "for example: python3.11 {}".format(*OLDEST, sys.executable, *sys.version_info[:2], sys.argv[0])
        )


def _can_name_the_folder():
    """The environment names this folder in a file in the locale's encoding: in the locale C not one in Chinese."""
    if os.name != "nt":
        try:
            str(ROOT).encode(locale.getencoding())
        except UnicodeEncodeError:
            os.environ["LC_ALL"] = "C.UTF-8"


def _require_venv():
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        sys.exit(
            "Python's own module for environments (venv, ensurepip) is missing. On Debian and Ubuntu it is a package "
            "of its own: apt install python3-venv. Then run this again."
        )


def python_path():
    """The environment's interpreter; it need not exist yet."""
    return VENV / "Scripts" / "python.exe" if os.name == "nt" else VENV / "bin" / "python"


def _inside():
    return Path(sys.prefix).resolve() == VENV.resolve()


def _project_hash():
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()


def _read_stamp():
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if stamp.get("root") == str(ROOT) and python_path().exists() else {}


def _stands(extras):
    stamp = _read_stamp()
    return stamp.get("project") == _project_hash() and set(extras) <= set(stamp["extras"])


@contextlib.contextmanager
def _alone():
    """One script at a time makes the environment. SQLite's lock ends with its process, on every system."""
    lock = sqlite3.connect(str(LOCK), timeout=MAKING_TAKES_AT_MOST_S, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()


def _make(extras):
    stamp = _read_stamp()
    wanted = sorted({*extras, *stamp.get("extras", ())})
    if not stamp and not _inside():
        _require_venv()
        _say("Making the environment in {} (once; it takes a minute or two) ...".format(VENV))
        if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)], stdout=sys.stderr) != 0:
            sys.exit("The environment could not be made. What Python says of it stands above.")
    else:
        _say("Bringing the environment in {} up to date ...".format(VENV))
    with contextlib.suppress(FileNotFoundError):
        STAMP.unlink()
    target = ".[{}]".format(",".join(wanted)) if wanted else "."
    pip = [str(python_path()), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-qq"]
    if subprocess.call([*pip, "--editable", target], cwd=str(ROOT), stdout=sys.stderr) != 0:
        sys.exit(
            "The packages could not be installed; what pip says of it stands above. Is there a network? A mirror or a "
            "proxy set up for pip is used here too. Nothing is lost: run this again."
        )
    stamp = {"project": _project_hash(), "extras": wanted, "root": str(ROOT)}
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")


def _run_again_inside():
    # Windows in Chinese would read and write pipes in GBK, which lacks some of our characters.
    os.environ.setdefault("PYTHONUTF8", "1")
    command = [str(python_path()), *sys.orig_argv[1:]]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    child = subprocess.Popen(command)  # Windows has no exec: stay, and hand on how it ended
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C reached the child too, which ends by itself
            sys.exit(child.wait())


def _say(text):
    print(text, file=sys.stderr, flush=True)
