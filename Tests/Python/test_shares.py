"""How a worker shares its places, against schedulers whose messages take their time."""

import random
import unittest
from collections import deque

from task_scheduler.worker.shares import Credit, Shares


class Stream:
    """Both ends of a stream, and what is on its way."""

    def __init__(self):
        self.credit = Credit()
        self.open()

    def open(self):
        self.up, self.down = deque(), deque()
        self.limit = self.sent = 0
        self.credit.began_anew()

    def hand_out(self):
        if self.sent < self.limit:
            self.sent += 1
            self.down.append("dispatch")

    def hear(self):
        """The scheduler takes what was said first."""
        if self.up:
            limit = self.up.popleft()
            if limit < self.limit:
                self.down.append("limit")
            self.limit = limit

    def take(self):
        """The worker takes what came first."""
        if self.down and self.down.popleft() == "limit":
            self.credit.confirmed()
        elif self.sent > self.credit.received + self.down.count("dispatch"):
            self.credit.received += 1
            self.credit.held += 1


class Model:
    def __init__(self, places, count):
        self.shares, self.places, self.now = Shares(), places, 0.0
        self.streams = [Stream() for _ in range(count)]
        for each in self.streams:
            self.shares.add(each.credit)
        self.say()

    @property
    def held(self):
        return sum(each.credit.held for each in self.streams)

    def say(self):
        self.now += 0.01
        self.shares.spread(self.places, 0, self.now)
        for each in self.streams:
            if each.credit not in self.shares.streams:
                continue
            limit = self.shares.limit(each.credit, self.places, self.held, may_grow=True)
            if limit is not None:
                each.credit.say(limit, self.now)
                each.up.append(limit)

    def settle(self, *busy):
        """Everything arrives, and who is busy hands out what it may."""
        for _ in range(60):
            for each in self.streams:
                if each in busy:
                    each.hand_out()
                while each.up:
                    each.hear()
                while each.down:
                    each.take()
            self.say()


class SharesTest(unittest.TestCase):
    def test_no_more_runs_than_there_are_places_whatever_is_on_its_way(self):
        for seed in range(300):
            chance = random.Random(seed)
            model = Model(chance.randrange(1, 30), chance.randrange(1, 5))
            busy = set(chance.sample(model.streams, chance.randrange(len(model.streams) + 1)))
            for _ in range(400):
                stream = chance.choice(model.streams)
                step = chance.random()
                if step < 0.3 and stream in busy:
                    stream.hand_out()
                elif step < 0.5:
                    stream.hear()
                elif step < 0.8:
                    stream.take()
                elif step < 0.95:
                    stream.credit.held = max(0, stream.credit.held - 1)
                elif step < 0.97:
                    busy ^= {stream}
                elif step < 0.98:
                    model.shares.remove(stream.credit)
                    stream.open()
                    model.say()
                    model.shares.add(stream.credit)
                if chance.random() < 0.6:
                    model.say()
                self.assertLessEqual(model.held, model.places, seed)
            # Nothing was lost on the way: who alone has work has all but what the others keep.
            model.settle()
            for each in model.streams:
                each.credit.held = 0
            model.settle(model.streams[0])
            floor = min(Shares.FLOOR, model.places // len(model.streams))
            if not floor:
                self.assertGreater(model.streams[0].credit.held, 0, seed)
                continue
            self.assertEqual(model.streams[0].credit.held, model.places - floor * (len(model.streams) - 1), seed)

    def test_they_are_even_at_first_and_where_all_have_work(self):
        model = Model(20, 2)
        model.shares.remove(model.streams[1].credit)
        model.streams[1].open()
        model.settle()
        self.assertEqual(model.streams[0].limit, 20)
        model.shares.add(model.streams[1].credit)
        model.settle()
        self.assertEqual([each.limit for each in model.streams], [10, 10])
        model.settle(model.streams[0])
        self.assertEqual([each.credit.held for each in model.streams], [16, 0])
        for _ in range(40):
            for each in model.streams:
                each.credit.held = max(0, each.credit.held - 1)
            model.settle(*model.streams)
        self.assertEqual([each.credit.held for each in model.streams], [10, 10])

    def test_a_single_place_goes_round(self):
        model = Model(1, 3)
        had = set()
        for _ in range(20):
            model.settle()
            had |= {number for number, each in enumerate(model.streams) if each.limit > each.sent}
        self.assertEqual(had, {0, 1, 2})

    def test_places_that_are_no_more_are_taken_back_and_those_that_are_asked_for_ahead_are_not(self):
        model = Model(8, 2)
        model.settle()
        model.places = 2
        for each in model.streams:
            each.credit.must_fall = True
        model.settle()
        self.assertEqual([each.limit for each in model.streams], [1, 1])
        shares, alone = Shares(), Credit()
        shares.add(alone)
        for ahead, limit in ((3, 11), (0, None), (5, 13)):
            shares.spread(8, ahead, 0)
            said = shares.limit(alone, 8 + ahead, 0, may_grow=True)
            self.assertEqual(said, limit)
            if said is not None:
                alone.say(said, 0)

    def test_what_is_kept_for_a_scheduler_that_does_not_answer_others_have_after_a_while(self):
        model = Model(16, 1)
        model.settle()
        silent, other = model.streams[0], Stream()
        model.streams.append(other)
        model.shares.add(other.credit)
        # It is told of a lower limit, and says nothing: until then it could fill all places.
        model.say()
        self.assertEqual((silent.credit.limit, list(other.up)), (8, []))
        model.now += Shares.ANSWER_SECONDS
        model.say()
        self.assertEqual(list(other.up), [8])
        self.assertTrue(silent.credit.is_overdue)
        silent.credit.confirmed()
        self.assertFalse(silent.credit.is_overdue)
        self.assertEqual(silent.credit.open, 8)
