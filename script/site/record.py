"""Runs a command on a terminal of its own and writes what one would have seen as an animated SVG:

    record.py OUTPUT.svg COMMAND…

The picture needs no script. It plays once and stays at the end; who asks for less motion, or prints it, sees the end.
"""

import html
import itertools
import os
import pathlib
import pty
import shlex
import struct
import sys
import termios
import time
from fcntl import ioctl

import pyte

COLUMNS, ROWS = 112, 30
LONGEST_PAUSE = 1.2  # seconds; nobody watches a build
SHORTEST_FRAME = 0.1
LETTER_WIDTH, LINE_HEIGHT, MARGIN = 8.4, 18, 14  # pixels
COLOURS = {"black": "#5c6370", "red": "#ff7b86", "green": "#98c379", "brown": "#e5c07b", "blue": "#7ab7ff",
           "magenta": "#d08ff0", "cyan": "#6cc7d1", "white": "#ffffff"}


def run(command):
    """What the command writes, as (seconds since the start, bytes), and its exit code."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS=str(COLUMNS), LINES=str(ROWS))
        os.execvp(command[0], command)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    begin, written = time.monotonic(), []
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # EIO: nobody has the terminal any more
            data = b""
        if not data:
            return written, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        written.append((time.monotonic() - begin, data))


def runs_of(line):
    """A row of the screen as (column, text, colour, is bold), blanks at its end left out."""
    cells = [line[column] for column in range(COLUMNS)]
    found, column = [], 0
    for (colour, is_bold), group in itertools.groupby(cells, lambda cell: (cell.fg, cell.bold)):
        text = "".join(cell.data for cell in group)
        if text.strip():
            found.append((column, text.rstrip(), colour, is_bold))
        column += len(text)
    return tuple(found)


def frames_of(written, title):
    """What the screen shows: (second from which, rows), the command first; long pauses cut short."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    stream.feed(f"$ {title}\r\n".encode())
    frames, now, before = [], 0.0, 0.0
    for second, data in [(0.0, b""), *written]:
        now += min(second - before, LONGEST_PAUSE)
        before = second
        stream.feed(data)
        rows = tuple(runs_of(screen.buffer[row]) for row in range(ROWS))
        if frames and now - frames[-1][0] < SHORTEST_FRAME:
            frames[-1] = (frames[-1][0], rows)
        elif not frames or frames[-1][1] != rows:
            frames.append((now, rows))
    return frames


def spells_of(frames):
    """Each row's content with the time it is there: (row, runs, from, until); None where it stays."""
    for row in range(ROWS):
        begin = 0.0
        for index, (_, rows) in enumerate(frames):
            until = frames[index + 1][0] if index + 1 < len(frames) else None
            if until is not None and frames[index + 1][1][row] == rows[row]:
                continue
            if rows[row]:
                yield row, rows[row], begin, until
            begin = until


def to_svg(frames, title):
    width, height = round(COLUMNS * LETTER_WIDTH + 2 * MARGIN), ROWS * LINE_HEIGHT + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
           f"<title>{html.escape(title)}, as a terminal shows it</title>",
           "<style>text{font:14px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#dcdfe4;white-space:pre}"
           "@keyframes off{from,to{visibility:hidden}}@keyframes on{from,to{visibility:visible}}.p{visibility:hidden}"
           "@media(prefers-reduced-motion:reduce),print{*{animation:none!important}}</style>",
           f'<rect width="{width}" height="{height}" rx="8" fill="#22262e"/>']
    for row, runs, begin, until in spells_of(frames):
        if until is None:
            when = f' style="animation:off {begin:.2f}s"' if begin else ""
        else:
            when = f' class="p" style="animation:on {until - begin:.2f}s {begin:.2f}s"'
        spans = []
        for column, text, colour, is_bold in runs:
            looks = (f' fill="{COLOURS[colour]}"' if colour in COLOURS else "") + (' font-weight="bold"' if is_bold else "")
            spans.append(f'<tspan x="{MARGIN + column * LETTER_WIDTH:.1f}" textLength="{len(text) * LETTER_WIDTH:.1f}"{looks}>'
                         f"{html.escape(text)}</tspan>")
        out.append(f'<text y="{MARGIN + (row + 1) * LINE_HEIGHT - 4}"{when}>{"".join(spans)}</text>')
    return "\n".join([*out, "</svg>", ""])


def main(output, *command):
    title = shlex.join(command)
    written, code = run(command)
    if code != 0:
        sys.exit(f"{title}: exit code {code}")
    pathlib.Path(output).write_text(to_svg(frames_of(written, title), title))


if __name__ == "__main__":
    main(*sys.argv[1:])
