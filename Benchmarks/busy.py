#!/usr/bin/env python3
"""How long a ping waits: while an analysis uses all cores, and while a message of 20 MB is being parsed; and how long
a cancelled analysis takes to answer: busy.py QUIRE

Standard library only. Not pinned: the analysis is to have all cores.
"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import threading
import time


class Host:
    def __init__(self, quire, folder):
        self.process = subprocess.Popen(
            [quire, "serve"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.reader = os.fdopen(os.dup(self.process.stdout.fileno()), "rb", buffering=1 << 20)
        self.answers = {}
        self.arrived = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.reader:
            message = json.loads(line)
            with self.arrived:
                self.answers[message.get("id")] = (time.perf_counter(), message)
                self.arrived.notify_all()

    def send(self, id, method, params):
        body = {"jsonrpc": "2.0", "method": method, "params": params}
        if id is not None:
            body["id"] = id
        data = memoryview((json.dumps(body) + "\n").encode())
        while data:
            data = data[self.process.stdin.write(data):]

    def answer(self, id, seconds=120):
        with self.arrived:
            self.arrived.wait_for(lambda: id in self.answers, seconds)
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
        rows, columns = 40_000, 200
        source = random.Random(1)
        floats = struct.pack("<10000d", *(source.gauss(0, 1) for _ in range(10_000)))
        data = bytearray()
        while len(data) < rows * columns * 8:
            cut = source.randrange(0, 10_000) * 8
            data += floats[cut:] + floats[:cut]
        open(f"{folder}/x.npy", "wb").write(npy("<f8", f"({rows}, {columns})", bytes(data[:rows * columns * 8])))
        labels = struct.pack(f"<{rows}q", *(source.randrange(2) for _ in range(rows)))
        open(f"{folder}/y.npy", "wb").write(npy("<i8", f"({rows},)", labels))
        host = Host(quire, folder)
        host.send("first", "initialize", {})
        host.answer("first")
        show("ping, idle", [host.ping(f"i{number}") for number in range(2000)])

        fit = {"features": {"$file": "x.npy"}, "labels": {"$file": "y.npy"}, "C": 1e6, "tol": 1e-12, "maxIter": 100000}
        for number in range(4):
            host.send(f"fit{number}", "probe.logistic", fit | {"C": 1e6 + number})
        time.sleep(0.5)
        times, until = [], time.perf_counter() + 8
        while time.perf_counter() < until:
            times.append(host.ping(f"b{len(times)}"))
            time.sleep(0.002)
        show("ping, four fits on all cores", times)
        waits = []
        for number in range(4):
            began = time.perf_counter()
            host.send(None, "$/cancelRequest", {"id": f"fit{number}"})
            arrived, message = host.answer(f"fit{number}")
            waits.append((arrived - began) * 1e3)
            if message.get("error", {}).get("code") != -32800:
                print("  (a fit had ended before it was cancelled)")
        show("cancel of a fit to its answer", waits)

        big = [source.random() for _ in range(1_050_000)]
        for name, value in (("numbers", big), ("one string", "x" * 20_000_000)):
            began, times = time.perf_counter(), []
            sent = threading.Event()
            id = f"big {name}"

            def write():
                host.send(id, "ping", {"x": value})
                sent.set()

            threading.Thread(target=write).start()
            sent.wait()
            while id not in host.answers:
                times.append(host.ping(f"{name} {len(times)}"))
            took = (host.answer(id)[0] - began) * 1e3
            if times:
                show(f"ping, 20 MB being parsed ({name}, {took:.0f} ms)", times)
        host.process.stdin.close()
        host.process.wait()


main()
