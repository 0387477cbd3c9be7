"""`outpost offline-report`: one page that says whether anything tried to leave this machine."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from core.cli.client import Json
from core.cli.instance import Instance
from core.cli.output import print_json

YES, NO = "yes", "NO"


def offline_report(there: Instance, arguments: argparse.Namespace) -> int:
    """Print the report; exit status 1 where something tried to leave, or could."""
    report = there.client.get("/offline-report")
    if arguments.json:
        print_json(report)
    else:
        print("\n".join(page(report, temporary=there.temporary)))
    return 0 if report["clean"] else 1


def page(report: Json, *, temporary: bool) -> Iterator[str]:
    """Yield the lines of the report."""
    yield f"Offline report of Outpost {report['version']}, {_time(report['made_at'])}"
    if temporary:
        yield "Outpost was not running: this is of an instance that was started for the report."
    yield ""
    yield f"Refuses every socket that is not loopback:  {YES if report['on'] else NO}"
    yield f"  since                                     {_time(report['since'])}"
    yield f"  an attempt made for this report           {_refused(report['bites'])}"
    yield f"Attempts to reach another machine:          {report['refused'] or 'none'}"
    for each in report["attempts"]:
        yield f"  {_time(each['at'])}  {each['action']} to {each['address']}"
        yield f"    by {each['site']}"
    yield f"Open Internet sockets:                      {len(report['sockets']) or 'none'}"
    for each in report["sockets"]:
        leaves = "  LEAVES THIS MACHINE" if each["leaves"] else ""
        ends = f"{each['local']} -> {each['remote']}" if each["remote"] else each["local"]
        yield f"  {each['process']}: {each['state'].lower()} {ends}{leaves}"
    yield ""
    yield (
        "Nothing tried to leave this machine, and no socket can."
        if report["clean"]
        else "Something tried to leave this machine, or could: see above."
    )
    yield "Libraries that open sockets past Python are seen in the list of sockets alone."


def _refused(bites: bool) -> str:
    return "was refused" if bites else "WAS NOT REFUSED"


def _time(written: str) -> str:
    return written[:19].replace("T", " ") + " UTC"
