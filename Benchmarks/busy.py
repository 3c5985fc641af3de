#!/usr/bin/env python3
"""How long a ping waits: while an analysis uses all cores, and while a message of 20 MB is being parsed; and how long
a cancelled analysis takes to answer: busy.py QUIRE

The yardstick is `cat`, which answers a line with that line. It is pinged in turn with the host while the host's
analyses run: what it waits is what the machine makes any program wait.

Standard library only. Not pinned: the analysis is to have all cores. One thread writes and reads, so that a ping
costs no switch between threads of ours.
"""
import json
import os
import random
import select
import struct
import subprocess
import sys
import tempfile
import time


class Host:
    def __init__(self, command, folder):
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.input, self.output = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self.input, False)
        self.answers, self.unread, self.unwritten = {}, b"", bytearray()

    def queue(self, id, method, params):
        body = {"jsonrpc": "2.0", "method": method, "params": params}
        if id is not None:
            body["id"] = id
        self.unwritten += (json.dumps(body) + "\n").encode()

    def turn(self, seconds):
        """Writes what is taken, reads what has come; waits at most so long for either."""
        readable, writable, _ = select.select([self.output], [self.input] if self.unwritten else [], [], seconds)
        if writable:
            del self.unwritten[: os.write(self.input, self.unwritten[: 1 << 20])]
        if readable:
            data = os.read(self.output, 1 << 20)
            arrived = time.perf_counter()
            *lines, self.unread = (self.unread + data).split(b"\n")
            for line in lines:
                message = json.loads(line)
                self.answers[message.get("id")] = (arrived, message)

    def send(self, id, method, params):
        self.queue(id, method, params)
        while self.unwritten:
            self.turn(1)

    def answer(self, id, seconds=120):
        until = time.perf_counter() + seconds
        while id not in self.answers and time.perf_counter() < until:
            self.turn(1)
        return self.answers.pop(id)

    def ping(self, id):
        began = time.perf_counter()
        self.send(id, "ping", {})
        return (self.answer(id)[0] - began) * 1e3


def npy(kind, shape, data):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def show(name, times):
    times.sort()
    p99 = times[min(len(times) - 1, len(times) * 99 // 100)]
    print(f"{name:44} median {times[len(times) // 2]:7.3f} ms   p99 {p99:7.3f} ms   worst {times[-1]:7.3f} ms   of {len(times)}")


def main():
    quire = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        rows, columns, classes = 40_000, 200, 10
        source = random.Random(1)
        floats = struct.pack("<10000d", *(source.gauss(0, 1) for _ in range(10_000)))
        data = bytearray()
        while len(data) < rows * columns * 8:
            cut = source.randrange(0, 10_000) * 8
            data += floats[cut:] + floats[:cut]
        open(f"{folder}/x.npy", "wb").write(npy("<f8", f"({rows}, {columns})", bytes(data[:rows * columns * 8])))
        labels = struct.pack(f"<{rows}q", *(source.randrange(classes) for _ in range(rows)))
        open(f"{folder}/y.npy", "wb").write(npy("<i8", f"({rows},)", labels))
        host = Host([quire, "serve"], folder)
        host.send("first", "initialize", {})
        host.answer("first")
        yardstick = Host(["cat"], folder)
        show("ping, idle", [host.ping(f"i{number}") for number in range(2000)])
        show("  the yardstick", [yardstick.ping(f"i{number}") for number in range(2000)])

        fit = {"features": {"$file": "x.npy"}, "labels": {"$file": "y.npy"}, "C": 1e6, "tol": 1e-12, "maxIter": 100000}
        running, started = [], 0
        times, floor, until = [], [], time.perf_counter() + 20
        while time.perf_counter() < until:
            # Four at a time; each is another call, so that none comes from the cache.
            running = [id for id in running if id not in host.answers]
            while len(running) < 4:
                running.append(f"fit{started}")
                host.send(running[-1], "probe.logistic", fit | {"C": 1e6 + started})
                started += 1
            times.append(host.ping(f"b{len(times)}"))
            time.sleep(0.002)
            floor.append(yardstick.ping(f"b{len(times)}"))
            time.sleep(0.002)
        show(f"ping, four fits on all cores ({started} begun)", times)
        show("  the yardstick, in turn with it", floor)
        for id in running:
            host.send(None, "$/cancelRequest", {"id": id})
        for id in running:
            host.answer(id)
        waits, ended = [], 0
        for number in range(24):
            id = f"cancelled{number}"
            host.send(id, "probe.logistic", fit | {"C": 2e6 + number})
            until = time.perf_counter() + 0.05 * number
            while time.perf_counter() < until:
                host.turn(0.01)
            began = time.perf_counter()
            host.send(None, "$/cancelRequest", {"id": id})
            arrived, message = host.answer(id)
            if message.get("error", {}).get("code") == -32800:
                waits.append((arrived - began) * 1e3)
            else:
                ended += 1
        show(f"cancel of a fit to its answer ({ended} had ended)", waits)

        big = [source.random() for _ in range(1_050_000)]
        for name, value in (("numbers", big), ("one string", "x" * 20_000_000)):
            id = f"big {name}"
            host.queue(id, "ping", {"x": value})
            while host.unwritten:
                host.turn(1)
            began, times = time.perf_counter(), []
            while id not in host.answers:
                times.append(host.ping(f"{name} {len(times)}"))
            took = (host.answer(id)[0] - began) * 1e3
            if times:
                show(f"ping, 20 MB being parsed ({name}, {took:.0f} ms)", times)
        host.process.stdin.close()
        host.process.wait()


if __name__ == "__main__":
    main()
