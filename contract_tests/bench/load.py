"""Loads one contestant with wrk for a bounded time, and counts what it answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.bench.processes import Unavailable, finished

CONNECTIONS = 16

FIXED = """\
wrk.method = "{method}"
"""

EVER_NEW = """\
local ids, at = {{}}, 0
for id in io.lines("{ids}") do ids[#ids + 1] = id end
local body = {body}
local headers = {{ ["Authorization"] = "Bearer {token}", ["Content-Type"] = "{media_type}" }}
function request()
  at = at + 1
  return wrk.format("{method}", "{path}" .. ids[math.min(at, #ids)], headers, body)
end
"""

TOTAL = """\
function done(summary)
  local wrong = summary.errors
  local failures = wrong.status + wrong.connect + wrong.read + wrong.write + wrong.timeout
  print(string.format('{"requests": %d, "seconds": %f, "failures": %d}', summary.requests, summary.duration / 1000000, failures))
end
"""


@dataclass(frozen=True)
class Load:
    """One kind of request. With `ids`, `path` is a prefix, each id is used once, and there must be enough of them."""

    url: str
    path: str
    token: str
    method: str = "GET"
    ids: Sequence[str] = field(default=(), repr=False)
    body: str | None = None
    media_type: str = "application/json"


def demand_wrk() -> None:
    """Raises Unavailable."""
    if shutil.which("wrk") is None:
        raise Unavailable("wrk is missing, which makes the load: apt-get install wrk (Debian, Ubuntu) or brew install wrk (macOS)")


def requests_per_second(load: Load, seconds: float, folder: Path) -> float:
    """`folder` is for wrk's script. Raises Unavailable: an answer was no success, or the ids did not suffice."""
    script = folder / "load.lua"
    script.write_text(_script(load, folder))
    length = f"{max(1, round(seconds))}s"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{length}", "-s", str(script), "-H", f"Authorization: Bearer {load.token}"]
    told = finished([*command, load.url + (load.path if not load.ids else "/")], seconds + 30)
    return rate(told, load)


def rate(told: str, load: Load) -> float:
    """Of what wrk says: the line of our own script."""
    total = json.loads(told.strip().splitlines()[-1])
    where = f"{load.method} {load.url}{load.path}"
    if load.ids and total["requests"] > len(load.ids):
        raise Unavailable(f"{where}: {len(load.ids)} ids did not suffice for {total['requests']} requests")
    if total["failures"]:
        raise Unavailable(f"{where}: {total['failures']} of {total['requests']} answers were no success")
    return float(total["requests"] / total["seconds"])


def _script(load: Load, folder: Path) -> str:
    if not load.ids:
        return FIXED.format(method=load.method) + TOTAL
    ids = folder / "ids.txt"
    ids.write_text("\n".join(load.ids) + "\n")
    body = "nil" if load.body is None else f"[==[{load.body}]==]"
    given = {"ids": ids, "body": body, "token": load.token, "media_type": load.media_type, "method": load.method, "path": load.path}
    return EVER_NEW.format(**given) + TOTAL
