#!/usr/bin/python3
"""What the judge of tools/kiosk-guest makes of pictures and verdicts, without a guest."""
import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from judge import Judge, is_picture  # noqa: E402
from machine import Picture  # noqa: E402
from rows_system import Watch  # noqa: E402
from verdicts import Verdicts, table  # noqa: E402

WIDTH, HEIGHT = 40, 50


def picture(colour, *others):
    """All of one grey, but for the (x, y) in white."""
    pixels = bytearray([colour] * (WIDTH * HEIGHT * 3))
    for x, y in others:
        pixels[3 * (y * WIDTH + x):3 * (y * WIDTH + x) + 3] = b"\xff\xff\xff"
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + pixels)
        file.flush()
        return Picture(file.name)


class Guest:
    """Shows one picture after the other, the last one for ever."""
    def __init__(self, *shown):
        self.shown = list(shown)

    def picture(self, _name):
        return self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]


class Pictures(unittest.TestCase):
    def test_only_the_corner_of_the_clock_is_left_out(self):
        plain = picture(9)
        for x, y, is_clock in ((39, 0, True), (30, 4, True), (29, 0, False), (39, 5, False), (0, 0, False)):
            changed = picture(9, (x, y))
            self.assertFalse(changed.is_same(plain))
            self.assertEqual(changed.differs(plain), 1)
            self.assertEqual(changed.is_same(plain, has_clock=True), is_clock, (x, y))
            self.assertEqual(changed.differs(plain, has_clock=True), 0 if is_clock else 1)

    def test_black_is_black(self):
        self.assertTrue(picture(0).is_black())
        self.assertFalse(picture(0, (3, 3)).is_black(), "a cursor")
        self.assertFalse(is_picture(picture(0, (3, 3))))

    def test_a_picture_that_is_not_known_counts_in_pixels(self):
        judge = Judge(Guest(picture(5), picture(9)), "")
        judge.known = [picture(7), picture(9)]
        self.assertEqual(judge.strange_pixels(looks=2), 0, "the second look finds a known one")
        judge = Judge(Guest(picture(9, (1, 1))), "")
        judge.known = [picture(7), picture(9)]
        self.assertEqual(judge.strange_pixels(looks=1), 1)

    def test_between_a_kill_and_the_first_screen(self):
        watch = Watch(picture(9))
        for now, shot in enumerate((picture(0), picture(0), picture(0), picture(9, (39, 0)), picture(0, (3, 3)), picture(0, (3, 3)),
                                    picture(9, (0, 0)), picture(0))):
            watch.see(shot, now)
        self.assertEqual(watch.black_s, 3)
        self.assertTrue(watch.is_waiting_seen)
        self.assertEqual(len(watch.strange), 2, "a cursor; text in the waiting screen")


class Columns(unittest.TestCase):
    def test_a_row_must_be_held_here_and_get_through_there(self):
        shipped, careless = Verdicts(), Verdicts()
        with contextlib.redirect_stdout(io.StringIO()) as said:
            shipped.say("K1", "held by us", [])
            shipped.say("K2", "through", ["new: disk"])
            shipped.say("K3", "held by SDL", [], "SDL")
            careless.say("K1", "held by us", ["new: disk"])
            careless.say("K2", "through", [])
            careless.say("K3", "held by SDL", [], "SDL")
            table(shipped, careless)
        self.assertEqual([one.row for one in shipped.through()], ["K2"])
        self.assertEqual([one.row for one in careless.unproven()], ["K2"])
        self.assertEqual(careless.locks(), 2)
        text = said.getvalue()
        self.assertRegex(text, r"(?m)^K1 held by us +blocked +got through: new: disk$")
        self.assertRegex(text, r"(?m)^K2 through +GOT THROUGH +BLOCKED: proves nothing$")
        self.assertRegex(text, r"(?m)^K3 held by SDL +blocked +blocked by SDL$")


if __name__ == "__main__":
    unittest.main()
