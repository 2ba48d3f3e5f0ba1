"""The command ``scripts/demo``: starts the county, and either waits for Ctrl-C or plays the story and checks it."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from _demo.county import County, found, logins
from _demo.machines import Broken, Machine, stopped_at_the_end
from _demo.story import Story
from common.errors import AppError
from common.texts import words

TRY = """
可以试试:
  1. 打开第一个村的地址,用代办员登录,点「代办登记」,打 gljt 找高龄津贴,填表、拍材料、打印
  2. 停掉乡镇的进程(或拔网线),村里照常登记;恢复后点「立即同步」
  3. 在乡镇的「待办」里受理,上报县里;在县里用部门窗口登录接收,用首席代表登录准予
  4. 回到村里点「立即同步」,看结果,送达,请群众评价
按 Ctrl-C 结束。"""


def main(arguments: Sequence[str], description: str) -> int:
    parser = argparse.ArgumentParser(
        prog="demo", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--once", action="store_true", help="play the story and check it")
    parser.add_argument(
        "--out", type=_path, metavar="FILE", help="with --once: what each node knows, as JSON"
    )
    parser.add_argument("--data", type=_path, metavar="DIR", help="keep the data folders here")
    parser.add_argument("--pack", type=_path, metavar="DIR", help="another county")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    machines: list[Machine] = []
    try:
        with _folder(options.data) as data, stopped_at_the_end(machines):
            started = time.monotonic()
            county = found(data, options.pack, say, machines, sync=not options.once)
            say(f"都起来了,用了 {time.monotonic() - started:.0f} 秒")
            return _once(county, options.out) if options.once else _wait(county)
    except AppError as exc:
        print(words(exc), file=sys.stderr)
    except Broken as exc:
        print(f"没有做到:{exc}", file=sys.stderr)
    except KeyboardInterrupt:
        return 1 if options.once else 0
    return 1


def _path(text: str) -> Path:
    """As seen from where the command is given; the machines' commands run elsewhere."""
    return Path(text).resolve()


def say(text: str) -> None:
    print(text, flush=True)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is None:
        with tempfile.TemporaryDirectory(prefix="bianmin-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    data.mkdir(parents=True, exist_ok=True)
    yield data


def _once(county: County, out: Path | None) -> int:
    story = Story(county, say)
    story.play()
    for line in story.trails():
        say(line)
    if out is not None:
        out.write_text(json.dumps(story.report(), ensure_ascii=False, indent=1), encoding="utf-8")
    say("\n故事演完,样样都对上了。")
    return 0


def _wait(county: County) -> int:
    for line in logins(county):
        say(line)
    say(TRY)
    while True:
        time.sleep(3600)
