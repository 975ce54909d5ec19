"""Scripts/benchmark, from where everything is there that can be: measures, prints and writes."""

import argparse
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True

import cached
import chart
import fresh
import inside
import report
import scale
from running import Missing, Starter, in_turn, say
from world import World

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(64, f"{self.prog}: {message}\n")


def parse_arguments():
    def pattern(text):
        try:
            return re.compile(text)
        except re.error as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    def positive(text):
        if not text.isdecimal() or int(text) == 0:
            raise argparse.ArgumentTypeError(f"{text} is no number of rounds")
        return int(text)

    parser = Parser(prog="benchmark", usage="Scripts/benchmark --help")
    parser.add_argument("--binary", type=os.path.abspath)
    parser.add_argument("--work", help="a folder with the starter, removed at the end; without it nothing is measured")
    parser.add_argument("--rounds", type=positive)
    parser.add_argument("--only", type=pattern, default=re.compile(""))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    if options.json and not os.access(os.path.dirname(options.json), os.W_OK):
        parser.error(f"{options.json} can't be written")
    options.rounds = options.rounds or (5 if options.quick else 200)
    return options


class Programs:
    """The programs of Benchmarks, built once; a quick run takes those that are there."""

    def __init__(self, builds):
        self.builds = builds

    @functools.cached_property
    def reason(self):
        """Why a program isn't there; the first call builds them."""
        if not self.builds:
            return "a run without --quick builds it"
        script = ". Scripts/lib.sh; swift_build .build-benchmarks --package-path Benchmarks -c release >&2"
        code = subprocess.run(["bash", "-euc", script], cwd=CHECKOUT, check=False).returncode
        return "they weren't built" if code else "there is none"

    def __call__(self, name):
        reason, path = self.reason, os.path.join(CHECKOUT, ".build-benchmarks/release", name)
        if not os.access(path, os.X_OK):
            raise Missing(f"{name}, a program of Benchmarks, isn't there: {reason}")
        return path


def chosen(rows, only):
    """The rows that are wanted, those that these are compared with, and so on."""
    wanted, known = set(), {row.name for row in rows if only.search(f"{row.group}: {row.name}")}
    while known != wanted:
        wanted = known
        known = wanted.union(*({row.of, *(goal.of for goal in row.goals)} for row in rows if row.name in wanted))
    return [row for row in rows if row.name in wanted]


def main():
    options = parse_arguments()
    if options.work is None:
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    world = World(CHECKOUT, options.binary)
    program = Programs(builds=not options.quick)
    try:
        groups = [list(cached.rows(world)), list(fresh.rows(world, options.rounds)),
                  list(scale.import_rows(world, options.quick)),
                  list(scale.rows(world, options.quick, lambda: program("vault-of-many"))),
                  list(inside.rows(world, options.quick, program))]
        settings = {"rounds": options.rounds, "quick": options.quick, "machine": report.machine(world.folder),
                    "versions": report.versions(options.binary, world.sdk_python)}
        starter = Starter(options.work + "/starter", world.folder)
        rows, figures, missing, failed = [], {}, {}, []
        for group in groups:
            group = chosen(group, options.only)
            if not group:
                continue
            say(f"benchmark: {group[0].group} …")
            measured, left_out, not_working = in_turn(group, starter, options.rounds)
            rows, figures, missing = rows + group, figures | measured, missing | left_out
            failed += [row.name for row in group if row.ours and row.name in not_working]
        starter.close()
    finally:
        world.close()
        shutil.rmtree(options.work, ignore_errors=True)
    if not rows:
        sys.exit("benchmark: --only matches no row")
    document = report.document(rows, figures, missing, settings)
    print(report.table(document), end="")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            file.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        chart.draw(options.json)
    # A goal that is missed is a result; a command that doesn't do what it is measured for is none.
    if failed:
        sys.exit(f"benchmark: isogeo-vault failed: {'; '.join(failed)}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
