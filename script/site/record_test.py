"""What record.py makes of what a terminal is told."""

import unittest
import xml.etree.ElementTree as ET

import record

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    """Each line of the picture: what it says, and its style."""
    return [("".join(line.itertext()), line.get("style")) for line in ET.fromstring(svg).iter(f"{SVG}text")]


class Recording(unittest.TestCase):
    def test_shows_each_line_from_when_it_came(self):
        frames = record.frames_of([(1.0, b"first\r\n"), (2.0, b"second\r\n")], "demo")
        self.assertEqual(texts(record.to_svg(frames, "demo")),
                         [("$ demo", None), ("first", "animation:off 1.00s"), ("second", "animation:off 2.00s")])

    def test_what_is_written_over_goes(self):
        frames = record.frames_of([(1.0, b"half"), (2.0, b"\r\x1b[Kdone")], "demo")
        self.assertEqual(texts(record.to_svg(frames, "demo"))[1:],
                         [("half", "animation:on 1.00s 1.00s"), ("done", "animation:off 2.00s")])

    def test_long_pauses_are_cut_short(self):
        frames = record.frames_of([(100.0, b"late")], "demo")
        self.assertEqual(frames[-1][0], record.LONGEST_PAUSE)

    def test_what_came_nearly_at_once_is_one_step(self):
        frames = record.frames_of([(1.0, b"a"), (1.01, b"b"), (1.02, b"c")], "demo")
        self.assertEqual(len(frames), 2)
        self.assertEqual(texts(record.to_svg(frames, "demo"))[1][0], "abc")

    def test_letters_and_colours_are_kept(self):
        frames = record.frames_of([(1.0, b"<&> \x1b[1;32mgreen\x1b[0m")], "a & b")
        svg = record.to_svg(frames, "a & b")
        self.assertEqual([span.text for span in ET.fromstring(svg).iter(f"{SVG}tspan")], ["$ a & b", "<&>", "green"])
        self.assertIn('fill="#98c379" font-weight="bold">green', svg)

    def test_a_command_is_run_on_a_terminal(self):
        written, code = record.run(["sh", "-c", "[ -t 1 ] && tput cols && echo there"])
        self.assertEqual(code, 0)
        self.assertEqual(b"".join(data for _, data in written).split(), [str(record.COLUMNS).encode(), b"there"])


if __name__ == "__main__":
    unittest.main()
