"""What was measured as JSON, and as a table."""

import datetime
import os
import platform
import shutil
import subprocess

PACKAGES = ("libc6", "libcurl4", "libcurl4t64", "libsecret-1-0", "libsodium-dev", "libsqlite3-dev", "age", "curl",
            "glewlwyd", "gnome-keyring", "gopass", "keepassxc", "libsecret-tools", "oidc-agent-cli", "openssl", "pass",
            "python3-keyring")


def said_by(*command):
    """The output of a program that is there and succeeds; else nothing."""
    if shutil.which(command[0]) is None:
        return ""
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
    return result.stdout.strip() if result.returncode == 0 else ""


def line_of(path, begin):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = [line for line in file if line.startswith(begin)]
    except OSError:
        return ""
    return found[0].partition("=" if "=" in begin else ":")[2].strip().strip('"') if found else ""


def machine(folder):
    """The machine, as far as the figures depend on it."""
    return {
        "processor": line_of("/proc/cpuinfo", "model name") or platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "memory_mib": int((line_of("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) // 1024,
        "kernel": platform.release(),
        "system": line_of("/etc/os-release", "PRETTY_NAME="),
        "file_system": said_by("stat", "-f", "-c", "%T", folder),
        "user": "root" if os.geteuid() == 0 else "an ordinary user",
        "load": round(os.getloadavg()[0], 2),
    }


def versions(binary, python):
    """The versions of what is measured and of what it uses, by Debian's packages and PyPI's."""
    found = {"isogeo-vault": said_by(binary, "--version")}
    for package in ("requests", "isogeo-pysdk"):
        version = said_by(python, "-c", f"from importlib.metadata import version; print(version('{package}'))")
        if version:
            found[package] = version
    for package in PACKAGES:
        version = said_by("dpkg-query", "-W", "-f=${Version}", package)
        if version:
            found[package] = version
    return found


def rounded(value):
    return round(value, 4) if isinstance(value, float) else value


def document(rows, figures, missing, settings):
    """All of it: what `--json` writes, and the table and the chart are made from."""
    result = []
    for row in rows:
        entry = {"group": row.group, "name": row.name, "ours": row.ours}
        if row.name not in figures:
            result.append({**entry, "missing": missing.get(row.name, "it wasn't measured")})
            continue
        own = figures[row.name]
        entry["figures"] = {name: rounded(value) for name, value in own.items()}
        key = "ms" if "ms" in own else "per_second"
        if row.of and figures.get(row.of, {}).get(key):
            entry["times"] = {"of": row.of, "ratio": round(own[key] / figures[row.of][key], 3)}
        entry["goals"] = [goal for goal in (goal.judge(own, figures) for goal in row.goals) if goal]
        result.append(entry)
    date = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    return {"version": 1, "date": date, **settings, "rows": result}


def goal_text(goal):
    unit = {"page_faults": " page faults", "peak_mib": " MiB", "seconds": " s", "allocations": " allocations",
            "requests": " requests", "per_second": "/s", "ms": " ms"}[goal["what"]]
    sign = "≥" if goal["at_least"] else "≤"
    limit = f"{goal['limit']:g} × {goal['of']}" if goal["of"] else f"{number(goal['limit'])}{unit}"
    value = f"{goal['value']:.2f} ×" if goal["of"] else number(goal["value"])
    return f"{'reached' if goal['reached'] else 'MISSED '} {sign} {limit} ({value})"


def processes(entry):
    own = entry["figures"]
    times = f"{entry['times']['ratio']:.2f}" if "times" in entry else ""
    return (f"{entry['name']:<46}{own['ms']:>10.2f}{own['p95_ms']:>10.2f}{own['processor_ms']:>10.2f}"
            f"{own['page_faults']:>9}{own['peak_mib']:>8.1f}{times:>8}  {entry.get('times', {}).get('of', '')}").rstrip()


def number(value):
    """With as many digits as say something."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.4g}"


def others(entry):
    units = {"ns": "ns", "per_second": "a second", "file_mib": "MiB", "seconds": "s to make", "ms": "ms"}
    parts = [f"{number(value)} {units.get(name, name.replace('_', ' '))}" for name, value in entry["figures"].items()
             if name != "threads"]
    if "times" in entry:
        parts.append(f"{entry['times']['ratio']:.2f} × {entry['times']['of']}")
    return f"{entry['name']:<46}{', '.join(parts)}"


HEADS = f"{'':<46}{'ms':>10}{'p95':>10}{'processor':>10}{'faults':>9}{'MiB':>8}{'×':>8}  of"


def has_processes(document, group):
    return any("page_faults" in entry.get("figures", {}) for entry in document["rows"] if entry["group"] == group)


def table(document):
    """Plain text: groups of rows, their goals, and what wasn't measured and why."""
    lines, group = [], None
    for entry in document["rows"]:
        if entry["group"] != group:
            group = entry["group"]
            lines += ["", group + (HEADS[len(group):] if has_processes(document, group) else "")]
        if "missing" in entry:
            lines.append(f"{entry['name']:<46}  not measured: {entry['missing'].splitlines()[0][:200]}")
            continue
        lines.append(processes(entry) if "page_faults" in entry["figures"] else others(entry))
        lines += [f"{'':<6}{goal_text(goal)}" for goal in entry["goals"]]
    host, rounds = document["machine"], document["rounds"]
    lines += ["", f"Medians of {rounds} rounds, whole processes started in turn by posix_spawn; p95: 19 of 20 took "
              "no longer.",
              f"{host['processor']}, {host['processors']} processors, {host['memory_mib'] / 1024:.0f} GiB; "
              f"{host['system']}, "
              f"Linux {host['kernel']}, {host['file_system']}; as {host['user']}; {document['date']}.",
              ", ".join(f"{name} {version}" for name, version in document["versions"].items()) + "."]
    if host["load"] > 0.5:
        lines.append(f"The machine wasn't quiet (load {host['load']:g} at the start): these times mean little.")
    return "\n".join(lines[1:]) + "\n"
