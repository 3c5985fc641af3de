#!/usr/bin/env python3
"""Readers of papers beside their peers, in turn on one core: reading.py READING-BENCH BIB_PEER [MB]

READING-BENCH is built by
    swift build --explicit-target-dependency-import-check error -c release --static-swift-stdlib --product reading-bench
BIB_PEER is ../shared/peers/bib_peer.py (its lxml is optional).
"""
import json, os, shutil, subprocess, sys, tempfile

bench, peer = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
megabytes = int(sys.argv[3]) if len(sys.argv) > 3 else 20
pin = ["taskset", "-c", "1"] if shutil.which("taskset") else []


def run(*words):
    result = subprocess.run(pin + list(words), capture_output=True, text=True)
    return json.loads(result.stdout) if result.returncode == 0 and result.stdout else None


with tempfile.TemporaryDirectory() as folder:
    feed, ris = os.path.join(folder, "g.atom"), os.path.join(folder, "g.ris")
    subprocess.run([sys.executable, peer, "gen", "atom", str(megabytes * 1_000_000 // 1750), feed], check=True)
    subprocess.run([sys.executable, peer, "gen", "ris", "20000", ris], check=True)
    ratios = []
    for _ in range(3):
        ours = run(bench, feed, "3", "atom-fields")
        theirs = run(sys.executable, peer, "xml", str(megabytes), "--runs", "3")
        whole = run(bench, feed, "3", "arxiv-atom")
        line = f"Atom: the same fields {ours['MB_per_s']:.0f} MB/s, whole records {whole['MB_per_s']:.0f} MB/s"
        line += f" ({whole['records_per_s']:.0f}/s), peak {whole['peak_MB']} MB"
        if theirs:
            lxml = theirs["lxml_iterparse_fields"]["MB_per_s"]
            line += f"; lxml iterparse {lxml} MB/s: {ours['MB_per_s'] / lxml:.2f} x and {whole['MB_per_s'] / lxml:.2f} x"
        print(line)
    records = run(bench, ris, "3", "ris")
    print(f"RIS: {records['MB_per_s']:.0f} MB/s, {records['records_per_s']:.0f} records/s, peak {records['peak_MB']} MB")
