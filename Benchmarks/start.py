#!/usr/bin/env python3
"""Start-up, memory and round trip of `quire serve`: start.py QUIRE [STARTS]

Prints the medians of: milliseconds from exec to the first answer, resident memory after `initialize`, microseconds of
one `ping` at a time, and pings a second when many are under way. Standard library only.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def message(number, method, params=None):
    body = {"jsonrpc": "2.0", "id": number, "method": method}
    if params is not None:
        body["params"] = params
    return (json.dumps(body) + "\n").encode()


def resident_megabytes(pid):
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return float("nan")


def session(quire, folder, pings):
    began = time.perf_counter()
    program = subprocess.Popen([quire, "serve"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    reader = program.stdout
    program.stdin.write(message(1, "initialize", {}))
    line = reader.readline()
    first = (time.perf_counter() - began) * 1e3
    assert b'"protocolVersion"' in line, line
    memory = resident_megabytes(program.pid)
    trips = []
    for number in range(pings):
        began = time.perf_counter()
        program.stdin.write(message(number, "ping"))
        reader.readline()
        trips.append((time.perf_counter() - began) * 1e6)
    rate = float("nan")
    if pings:
        count = 20_000
        block = b"".join(message(number, "ping") for number in range(count))
        began = time.perf_counter()
        writer = os.fork()
        if writer == 0:
            program.stdin.write(block)
            os._exit(0)
        seen = 0
        while seen < count:
            seen += os.read(reader.fileno(), 1 << 20).count(b"\n")
        rate = count / (time.perf_counter() - began)
        os.waitpid(writer, 0)
    program.stdin.close()
    program.wait()
    return first, memory, trips, rate


def main():
    quire = os.path.abspath(sys.argv[1])
    starts = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    with tempfile.TemporaryDirectory() as folder:
        runs = [session(quire, folder, 0) for _ in range(starts)]
        _, _, trips, rate = session(quire, folder, 5000)
    print(f"first answer after exec   {statistics.median(run[0] for run in runs):8.1f} ms   (median of {starts} starts)")
    print(f"resident after initialize {statistics.median(run[1] for run in runs):8.1f} MB")
    print(f"ping, one at a time       {statistics.median(trips):8.1f} µs   (p99 {sorted(trips)[len(trips) * 99 // 100]:.0f} µs)")
    print(f"ping, many under way      {rate:8.0f} /s")


if __name__ == "__main__":
    main()
