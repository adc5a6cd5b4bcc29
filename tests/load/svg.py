# SPDX-License-Identifier: MIT
"""Plots as SVG text: lines and dots over one axis, for pages and studies. Nothing else is needed to look at them."""
import html
import math

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 34, 46
COLOURS = ["#1f5fa8", "#c2410c", "#15803d", "#7e22ce", "#525252", "#b8860b"]


class Line:
    """Points (x, y); [dots] without a line between them; [right]: of the axis on the right."""

    def __init__(self, label, points, dots=False, right=False):
        self.label, self.dots, self.right = label, dots, right
        self.points = [(x, y) for x, y in points if y is not None]


def number(value):
    """As short as it can be said."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if letter == 'k' else size):.4g}{letter}"
    return f"{value:.4g}"


def linear_ticks(low, high):
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step *= next(m for m in (1, 2, 2.5, 5, 10) if (high - low) / (step * m) <= 5)
    return [step * i for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


class Axis:
    """Values to places between [start] and [end]."""

    def __init__(self, values, start, end, log=False, bounds=None):
        self.start, self.end, self.log = start, end, log
        values = [v for v in values if v > 0] if log else list(values)
        low, high = bounds or (min(values, default=0), max(values, default=1))
        if log:
            low, high = 10 ** math.floor(math.log10(low or 1e-3)), 10 ** math.ceil(math.log10((high or 1) * 1.0001))
        elif not bounds:
            low, high = min(low, 0), high * 1.05
        self.low, self.high = low, high if high > low else low + 1

    def place(self, value):
        low, high = self.low, self.high
        if self.log:
            value, low, high = (math.log10(max(v, self.low)) for v in (value, low, high))
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def ticks(self):
        if not self.log:
            return linear_ticks(self.low, self.high)
        first, last = round(math.log10(self.low)), round(math.log10(self.high))
        return [10 ** e for e in range(first, last + 1)]


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{html.escape(words)}</text>'


def draw_line(line, x_axis, y_axis, colour):
    places = [(x_axis.place(x), y_axis.place(y)) for x, y in line.points]
    if not line.dots and len(places) > 1:
        dash = ' stroke-dasharray="5 3"' if line.right else ""
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>'
    if line.dots or len(places) < 20:
        for (px, py), (x, y) in zip(places, line.points):
            yield (f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.6" fill="{colour}">'
                   f"<title>{html.escape(line.label)}: {number(y)} at {number(x)}</title></circle>")


def draw_frame(title, x_label, x_axis, y_axis, names):
    yield text(LEFT, 16, title, "start", 'font-weight="bold" font-size="13"')
    yield (f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}" '
           'fill="none" stroke="#999"/>')
    for tick in y_axis.ticks():
        y = y_axis.place(tick)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e5e5"/>'
        yield text(LEFT - 6, y + 4, number(tick), "end")
    for tick in names if names else x_axis.ticks():
        yield text(x_axis.place(tick), HEIGHT - BOTTOM + 16, names[tick] if names else number(tick))
    yield text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, x_label)


def draw_legend(lines):
    x = WIDTH - RIGHT
    for line, colour in reversed(list(zip(lines, COLOURS))):
        yield text(x, 28, line.label, "end", f'fill="{colour}"')
        x -= 6.2 * len(line.label) + 16


def plot(title, lines, x_label="seconds", log=False, marks=(), names=None, x_bounds=None, y_bounds=None):
    """One plot. [names]: x value -> word under the axis. [marks]: x values with a line from top to bottom.
    Lines of the axis on the right share the left one's place, and say their highest value in the legend."""
    lefts = [line for line in lines if not line.right]
    xs = [x for line in lines for x, _ in line.points]
    if names:
        x_bounds = (min(names) - 0.4, max(names) + 0.4)
    x_axis = Axis(xs, LEFT, WIDTH - RIGHT, bounds=x_bounds)
    y_axis = Axis([y for line in lefts for _, y in line.points], HEIGHT - BOTTOM, TOP, log, y_bounds)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
           f'height="{HEIGHT}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>']
    out += draw_frame(title, x_label, x_axis, y_axis, names)
    for mark in marks:
        if x_axis.low <= mark <= x_axis.high:
            x = x_axis.place(mark)
            out.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
                       'stroke="#c2410c" stroke-width="0.6" stroke-dasharray="2 3"/>')
    for line, colour in zip(lines, COLOURS):
        own = Axis([y for _, y in line.points], HEIGHT - BOTTOM, TOP) if line.right else y_axis
        if line.right:
            line.label += f" (dashed, top {number(own.high)})"
        out += draw_line(line, x_axis, own, colour)
    out += draw_legend(lines)
    return "\n".join(out) + "\n</svg>\n"
