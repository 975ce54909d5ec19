"""What a token costs in a living process: Benchmarks' program token-at-hand, which measures itself."""

import json
import os

from running import Goal, Row

GROUP = "in a living process"
CALLS = {"token()": "vault.token()", "token(for:)": "vault.token(for: name)",
         "token(for:_:)": "vault.token(for: name, scope and minimum)"}


def rows(world, quick, program):
    figures = {}

    def measured(key):
        if not figures:
            for line in world.run([program("token-at-hand"), "0.1" if quick else "5"], world.environment).splitlines():
                figure = json.loads(line)
                figures[figure["name"], figure.get("threads")] = figure
        return {name: value for name, value in figures[key].items() if name not in ("name", "best_ns")}

    def threads(count):
        return f"vault.token() on {count} thread{'s' if count > 1 else ''}"

    for call, name in CALLS.items():
        yield Row(GROUP, name, lambda call=call: measured((call, None)), ours=True,
                  goals=[Goal("per_second", 5e6, at_least=True), Goal("allocations", 0)])
    yield Row(GROUP, threads(1), lambda: measured(("threads", 1)), ours=True)
    # Four times as many with eight processors: half of what they could do, and so with fewer.
    share = min(8, len(os.sched_getaffinity(0))) / 2
    yield Row(GROUP, threads(8), lambda: measured(("threads", 8)), threads(1), ours=True,
              goals=[Goal("per_second", share, threads(1), at_least=True)])
    yield Row(GROUP, "1 000 tasks, nothing cached", lambda: measured(("cold", None)), ours=True,
              goals=[Goal("requests", 1)])
