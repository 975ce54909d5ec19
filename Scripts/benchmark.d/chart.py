"""A chart of what was measured: SVG for light and dark, drawn from the JSON alone."""

import html
import json
import math
import os
import sys

WIDTH, LEFT, RIGHT, LINE = 840, 360, 740, 22
STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #1f2328; }
.head { font-weight: 600; font-size: 15px; }
.note { font-size: 12px; fill: #59636e; }
.value { font-variant-numeric: tabular-nums; }
.grid { stroke: #d1d9e0; }
.peer { fill: #818b98; stroke: #818b98; }
.ours { fill: #0969da; stroke: #0969da; }
text.peer { fill: #1f2328; stroke: none; }
text.ours { stroke: none; font-weight: 600; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .note { fill: #9198a1; }
  .grid { stroke: #3d444d; }
  .peer { fill: #9198a1; stroke: #9198a1; }
  .ours { fill: #4493f8; stroke: #4493f8; }
  text.peer { fill: #f0f6fc; }
}
"""


def ticks(low, high):
    """1, 2, 5, 10, … from below the lowest value to above the highest."""
    values = [step * 10.0**power for power in range(-3, 8) for step in (1, 2, 5)]
    first = max(index for index, value in enumerate(values) if value <= low)
    last = min(index for index, value in enumerate(values) if value >= high)
    return values[first:max(last, first + 1) + 1]


def milliseconds(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def text(x, y, content, name="", anchor="start"):
    name = f' class="{name}"' if name else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{name}>{html.escape(content)}</text>'


def panel(title, entries, top):
    """One group, the fastest first: a dot for the median, a line to the p95. Returns its parts and its end."""
    entries = sorted(entries, key=lambda entry: entry["figures"]["ms"])
    figures = [entry["figures"] for entry in entries]
    scale = ticks(min(own["ms"] for own in figures), max(own["p95_ms"] for own in figures))

    def x(value):
        return LEFT + (RIGHT - LEFT) * math.log(value / scale[0]) / math.log(scale[-1] / scale[0])

    bottom = top + 46 + LINE * len(entries)
    parts = [text(16, top + 20, title, "head")]
    for tick in scale:
        # Not each has room for its number.
        labelled = len(scale) < 9 or math.log10(tick) % 1 < 1e-9
        parts.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{top + 42}" y2="{bottom - 6}" class="grid"/>')
        if labelled:
            parts.append(text(x(tick), top + 37, f"{tick:g}" + (" ms" if tick == scale[-1] else ""), "note", "middle"))
    for number, (entry, own) in enumerate(zip(entries, figures)):
        y, name = top + 56 + LINE * number, "ours" if entry["ours"] else "peer"
        parts.append(text(LEFT - 14, y + 4.5, entry["name"], name, "end"))
        parts.append(f'<line x1="{x(own["ms"]):.1f}" x2="{x(own["p95_ms"]):.1f}" y1="{y}" y2="{y}" class="{name}" '
                     'stroke-width="2"/>')
        parts.append(f'<circle cx="{x(own["ms"]):.1f}" cy="{y}" r="4.5" class="{name}"/>')
        parts.append(text(WIDTH - 16, y + 4.5, milliseconds(own["ms"]), f"{name} value", "end"))
    return parts, bottom


def svg(document):
    groups = {}
    for entry in document["rows"]:
        if "page_faults" in entry.get("figures", {}):
            groups.setdefault(entry["group"], []).append(entry)
    # Where there is no peer, the table says it better.
    groups = {title: entries for title, entries in groups.items() if not all(entry["ours"] for entry in entries)}
    parts, top = [], 8
    for title, entries in groups.items():
        drawn, top = panel(title[0].upper() + title[1:], entries, top)
        parts, top = parts + drawn, top + 10
    host = document["machine"]
    notes = ["Milliseconds of whole processes on a logarithmic scale: a dot is the median, its line ends at the p95.",
             f"{document['rounds']} rounds in turn on {host['processor']}, {host['processors']} processors, "
             f"{host['system']}, {document['date'][:10]}."]
    if host["load"] > 0.5:
        notes.append(f"The machine wasn't quiet (load {host['load']:g}): only the order says something.")
    for note in notes:
        parts.append(text(16, top + 12, note, "note"))
        top += 18
    height = top + 12
    title = "What isogeo-vault and its peers take, in milliseconds"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            f'role="img" aria-label="{title}">\n<title>{title}</title>\n<style>{STYLE}</style>\n'
            + "\n".join(parts) + "\n</svg>\n")


def draw(path):
    """Draws the chart of a JSON file next to it."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    target = os.path.splitext(path)[0] + ".svg"
    with open(target, "w", encoding="utf-8") as file:
        file.write(svg(document))
    return target


if __name__ == "__main__":
    print(draw(sys.argv[1]))
