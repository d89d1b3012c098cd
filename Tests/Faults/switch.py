"""A network of namespaces that loses, delays and cuts, packet by packet.

Each namespace has a TUN device with an address of its own; this process holds the other end of all of them and carries every IP
packet from one to the other. So it can do what `tc netem` does (loss, delay with jitter and the reordering that comes of it), and on
every kernel: many are built without sch_netem. A cut drops packets without a word: connections stay open on both sides.
"""
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000
PREFIX = "10.77.0."
MAX_PACKET_BYTES = 65536
# Packets under way; more are lost, as in a router.
MAX_QUEUED = 20_000


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Switch:
    def __init__(self, seed=1):
        self.random = random.Random(seed)
        self.devices, self.names = {}, {}       # descriptor by address, name by address
        self.addresses = {}
        self.loss, self.delay, self.jitter = 0.0, 0.0, 0.0
        self.cuts = set()
        self.queue, self.serial = [], 0
        self.carried = self.lost = self.dropped = 0
        # A text, and between whom (by name) packets were seen that hold it.
        self.watched, self.readable = None, set()
        self.wake_read, self.wake_write = os.pipe()
        self.thread = threading.Thread(target=self._carry, daemon=True)

    def join(self, name, inside=True):
        """Gives the namespace `name` a device; without `inside` the one in which this process is."""
        number = len(self.devices) + 2
        device = f"fault{number}"
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
        within = []
        if inside:
            ip("netns", "add", name)
            ip("link", "set", device, "netns", name)
            within = ["-n", name]
        ip(*within, "address", "add", f"{PREFIX}{number}/24", "dev", device)
        ip(*within, "link", "set", device, "up")
        ip(*within, "link", "set", "lo", "up")
        address = socket.inet_aton(f"{PREFIX}{number}")
        self.devices[address], self.names[address] = descriptor, name
        self.addresses[name] = f"{PREFIX}{number}"

    def start(self):
        self.thread.start()

    def shape(self, loss=0.0, delay=0.0, jitter=0.0):
        """What happens to every packet from now on: a part that is lost, and seconds that it takes, more or less."""
        self.loss, self.delay, self.jitter = loss, delay, jitter

    def cut(self, one, other):
        """Lets nothing through between these two, in either direction."""
        self.cuts = self.cuts | {(one, other), (other, one)}

    def heal(self):
        self.cuts = set()
        self.shape()

    def close(self):
        os.write(self.wake_write, b".")
        self.thread.join(5)
        for address, descriptor in self.devices.items():
            os.close(descriptor)
        for name in self.addresses:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def _carry(self):
        poll = select.epoll()
        poll.register(self.wake_read, select.EPOLLIN)
        by_descriptor = {descriptor: address for address, descriptor in self.devices.items()}
        for descriptor in by_descriptor:
            poll.register(descriptor, select.EPOLLIN)
        while True:
            wait = max(0, self.queue[0][0] - time.monotonic()) if self.queue else -1
            for descriptor, _ in poll.poll(wait):
                if descriptor == self.wake_read:
                    return
                self._take(descriptor, self.names[by_descriptor[descriptor]])
            while self.queue and self.queue[0][0] <= time.monotonic():
                _, _, descriptor, packet = heapq.heappop(self.queue)
                self._deliver(descriptor, packet)

    def _take(self, descriptor, source):
        for _ in range(64):
            try:
                packet = os.read(descriptor, MAX_PACKET_BYTES)
            except BlockingIOError:
                return
            target = packet[16:20]
            if packet[0] >> 4 != 4 or target not in self.devices:
                continue
            if self.watched and self.watched in packet:
                self.readable.add((source, self.names[target]))
            if (source, self.names[target]) in self.cuts:
                self.dropped += 1
            elif self.random.random() < self.loss or len(self.queue) >= MAX_QUEUED:
                self.lost += 1
            elif self.delay == 0:
                self._deliver(self.devices[target], packet)
            else:
                self.serial += 1
                at = time.monotonic() + self.delay + self.random.uniform(-self.jitter, self.jitter)
                heapq.heappush(self.queue, (at, self.serial, self.devices[target], packet))

    def _deliver(self, descriptor, packet):
        self.carried += 1
        try:
            os.write(descriptor, packet)
        except OSError:
            self.lost += 1      # its device is full or gone
