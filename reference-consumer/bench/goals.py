"""Measurements held against goals: the same table, JSON and picture as conformance/test/sdk/bench makes."""

import dataclasses
import json
import math
import pathlib
import statistics


@dataclasses.dataclass
class Spread:
    """Median and range of something measured once a pair."""

    median: float
    least: float
    most: float

    @staticmethod
    def of(values):
        return Spread(statistics.median(values), min(values), max(values))


@dataclasses.dataclass
class Finding:
    goal: str      # as in P9
    what: str      # what of ours was measured
    beside: str    # what it was measured beside
    corpus: str    # on what bytes
    unit: str      # of the numbers: x, s, MiB
    measured: Spread
    wanted: float
    at_least: bool = True  # whether `measured` must be no less than `wanted`, or no more
    pairs: int = 1
    by: str = "CPU time"
    note: str = ""         # what a reader should know of this line, one sentence

    @property
    def is_reached(self):
        return self.measured.median >= self.wanted if self.at_least else self.measured.median <= self.wanted

    @property
    def headroom(self):
        """How far it is on the good side: 1 is just reached."""
        better, worse = self.measured.median, self.wanted
        if not self.at_least:
            better, worse = worse, better
        return better / worse if worse > 0 else 8.0


def shown(value):
    """Three digits, or four from a hundred on, as the SDK's table has them."""
    return f"{value:.{4 if abs(value) >= 100 else 3}g}"


def worst_of(findings):
    """Of each goal and peer the finding that is the worst of all corpora."""
    worst = {}
    for one in findings:
        place = (one.goal, one.what, one.beside)
        if place not in worst or one.headroom < worst[place].headroom:
            worst[place] = one
    return list(worst.values())


def print_table(rows):
    print("| # | measured | beside | worst on | goal | median | range | verdict |\n|---|---|---|---|---|---|---|---|")
    for one in rows:
        sign = "≥" if one.at_least else "≤"
        verdict = "reached" if one.is_reached else "**not reached**"
        print(f"| {one.goal} | {one.what} | {one.beside} | {one.corpus} | {sign} {shown(one.wanted)} {one.unit} | "
              f"{shown(one.measured.median)} {one.unit} | {shown(one.measured.least)} – {shown(one.measured.most)} | "
              f"{verdict} |")
    print()
    for one in rows:
        pairs = f"{one.pairs} pair{'s' if one.pairs != 1 else ''}, " if one.pairs else ""
        print(f"- {one.goal}, {one.what} / {one.beside}: {pairs}{one.by}{'; ' if one.note else ''}{one.note}")


def write_json(path, findings):
    rows = [{"goal": one.goal, "measured": one.what, "beside": one.beside, "corpus": one.corpus, "unit": one.unit,
             "wanted": one.wanted, "atLeast": one.at_least, "median": one.measured.median, "least": one.measured.least,
             "most": one.measured.most, "reached": one.is_reached, "pairs": one.pairs, "by": one.by, "note": one.note}
            for one in findings]
    pathlib.Path(path).write_text(json.dumps(rows, ensure_ascii=False) + "\n")


def read_json(path):
    """What write_json() wrote."""
    return [Finding(one["goal"], one["measured"], one["beside"], one["corpus"], one["unit"],
                    Spread(one["median"], one["least"], one["most"]), one["wanted"], one["atLeast"], one["pairs"],
                    one["by"], one["note"])
            for one in json.loads(pathlib.Path(path).read_text())]


def draw(path, rows):
    """Bars of headroom on a logarithmic scale, a line where a goal is just reached."""
    line_height, text_width, plot_width = 24, 550, 470
    width, height = text_width + plot_width + 20, len(rows) * line_height + 60

    def place(headroom):  # a quarter of a goal to eight times a goal
        return int((math.log2(min(max(headroom, 0.25), 8.0)) + 2) / 5 * plot_width)

    def escaped(text):
        return text.replace("&", "&amp;").replace("<", "&lt;")

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
           f'font-size="12">\n<rect width="{width}" height="{height}" fill="#fff"/>\n<text x="10" y="20" '
           'font-size="14">How far each goal is reached: worst corpus, median of all pairs; the line is the goal</text>']
    top = 34
    for one in rows:
        colour = "#2e7d32" if one.is_reached else "#c62828"
        label = f"{one.goal} {one.what} / {one.beside}"
        bar, told = place(one.headroom), f"{shown(one.measured.median)} {one.unit}"
        # A bar that is too short for its number has it beside itself.
        at, letters = (text_width + 6, "#fff") if bar > 60 else (text_width + bar + 6, "#000")
        out.append(f'<text x="10" y="{top + 15}">{escaped(label)}</text><rect x="{text_width}" y="{top + 3}" '
                   f'width="{bar}" height="16" fill="{colour}"/><text x="{at}" y="{top + 15}" '
                   f'fill="{letters}">{escaped(told)}</text>')
        top += line_height
    goal_at = text_width + place(1)
    out.append(f'<line x1="{goal_at}" x2="{goal_at}" y1="30" y2="{top}" stroke="#000" stroke-width="2"/>')
    for mark in (0.25, 0.5, 1, 2, 4, 8):
        out.append(f'<text x="{text_width + place(mark) - 8}" y="{top + 16}">{mark:g}x</text>')
    pathlib.Path(path).write_text("\n".join(out) + "\n</svg>\n")
