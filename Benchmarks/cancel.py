#!/usr/bin/env python3
"""How long each heavy method takes to answer after it was cancelled: cancel.py QUIRE [METHOD...]

Every method gets input that keeps it busy for seconds, and is cancelled after 0.05, 0.3, 1, 2 and 4 seconds, each
time as another call. A method that ends before it is cancelled is said to have ended. Standard library only.
"""
import os
import random
import struct
import sys
import tempfile
import time

from busy import Host, npy


def matrix(path, rows, columns, source):
    pool = struct.pack("<20000d", *(source.gauss(0, 1) for _ in range(20_000)))
    data = bytearray()
    while len(data) < rows * columns * 8:
        cut = source.randrange(0, 20_000) * 8
        data += pool[cut:] + pool[:cut]
    with open(path, "wb") as file:
        file.write(npy("<f8", f"({rows}, {columns})", bytes(data[: rows * columns * 8])))


def labels(path, rows, classes, source):
    with open(path, "wb") as file:
        values = (source.randrange(classes) for _ in range(rows))
        file.write(npy("<i8", f"({rows},)", struct.pack(f"<{rows}q", *values)))


def papers(path, count, source):
    words = ["".join(source.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(source.randrange(4, 11))) for _ in range(8000)]
    with open(path, "w") as file:
        for number in range(count):
            title = " ".join(source.choices(words, k=9)).capitalize()
            abstract = " ".join(source.choices(words, k=140)).capitalize()
            file.write('{"type":"article","id":"p%d","title":"%s %d","abstract":"%s."}\n' % (number, title, number, abstract))


def calls():
    """Method and params; `papers` stands for the papers of the store."""
    wide = {"features": {"$file": "wide.npy"}, "labels": {"$file": "wide-ten.npy"}}
    two = {"features": {"$file": "wide.npy"}, "labels": {"$file": "wide-two.npy"}}
    long = {"features": {"$file": "long.npy"}, "labels": {"$file": "long-ten.npy"}}
    thin = {"features": {"$file": "thin.npy"}, "labels": {"$file": "thin-two.npy"}}
    split = lambda rows: {"train": list(range(0, rows * 3 // 4)), "test": list(range(rows * 3 // 4, rows))}
    for name in ("papers.parse", "papers.import"):
        yield name, {"source": {"$file": "papers.jsonl"}}
    yield "data.describe", wide
    yield "data.split", wide
    yield "data.standardize", {"features": wide["features"]}
    yield "probe.logistic", long | {"C": 1e6, "tol": 1e-12, "maxIter": 100000}
    yield "probe.logistic", two | {"C": 1e6, "tol": 1e-12, "maxIter": 100000}
    yield "probe.path", long
    yield "probe.ridge", wide
    yield "probe.lda", wide
    yield "probe.codelength", long
    yield "probe.control", long | split(40_000) | {"types": [row % 400 for row in range(40_000)]}
    yield "probe.curve", long | split(40_000)
    yield "probe.information", long | split(40_000)
    yield "probe.layers", {"matrices": [{"$file": "long.npy"}, {"$file": "long2.npy"}], "labels": long["labels"]} | split(40_000)
    yield "probe.mlp", long | split(40_000)
    yield "probe.sparse", thin | split(5_000)
    for name in ("leace", "orth", "mean", "oracle", "quadratic", "inlp", "rlace", "kernel", "random", "subspace_projection"):
        yield f"erase.{name}", wide
    yield "erase.direction", two | {"by": "logistic"}
    yield "erase.audit", thin | {"by": "leace"}
    yield "features.tfidf", {"papers": None}
    yield "features.hash", {"papers": None}
    yield "features.lsa", {"matrix": {"$file": "wide.npy"}, "rank": 100}
    for name in ("kmeans", "nmf"):
        yield f"topics.{name}", {"matrix": {"$file": "positive.npy"}, "k": 50}
    yield "topics.lda", {"matrix": {"$file": "counts.npy"}, "k": 50, "passes": 50}
    yield "topics.ward", {"matrix": {"$file": "thin.npy"}, "k": 20}
    yield "topics.density", {"matrix": {"$file": "thin.npy"}}
    yield "topics.map", {"matrix": {"$file": "thin.npy"}}
    yield "topics.graph", {"matrices": [{"$file": "thin.npy"}], "k": 20}
    yield "topics.auto", {"papers": None}
    yield "topics.consensus", {"papers": "few", "k": 8}


def main():
    quire, only = os.path.abspath(sys.argv[1]), sys.argv[2:]
    source = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        for name, rows, columns in (("wide", 20_000, 1000), ("long", 40_000, 200), ("long2", 40_000, 200), ("thin", 5_000, 100)):
            matrix(f"{folder}/{name}.npy", rows, columns, source)
            labels(f"{folder}/{name}-ten.npy", rows, 10, source)
            labels(f"{folder}/{name}-two.npy", rows, 2, source)
        with open(f"{folder}/positive.npy", "wb") as file:
            values = [abs(source.gauss(0, 1)) for _ in range(20_000)]
            body = bytearray()
            for _ in range(20_000):
                cut = source.randrange(0, 19_500)
                body += struct.pack("<500d", *values[cut : cut + 500])
            file.write(npy("<f8", "(20000, 500)", bytes(body)))
        with open(f"{folder}/counts.npy", "wb") as file:
            body = struct.pack("<1000000d", *(float(source.randrange(20) // 17) for _ in range(1_000_000)))
            file.write(npy("<f8", "(5000, 200)", body))
        papers(f"{folder}/papers.jsonl", 20_000, source)
        host = Host([quire, "serve"], folder)
        host.send("first", "initialize", {})
        host.answer("first")
        stored = None
        print(f"{'method':26}  {'answers, ms':36} worst")
        for name, params in calls():
            if only and name not in only:
                continue
            if "papers" in params:
                if stored is None:
                    stored = {}
                    host.send("import", "papers.import", {"source": {"$file": "papers.jsonl"}})
                    host.answer("import", 300)
                    for id, given in ((None, {}), ("few", {"limit": 3000})):
                        host.send("select", "papers.select", given)
                        stored[id] = host.answer("select", 300)[1]["result"]["papers"]
                params = params | {"papers": stored[params["papers"]]}
            waits = []
            for delay in (0.05, 0.3, 1, 2, 4):
                id = f"{name} {delay}"
                host.send(id, name, params)
                until = time.perf_counter() + delay
                while id not in host.answers and (left := until - time.perf_counter()) > 0:
                    host.turn(left)
                began = time.perf_counter()
                host.send(None, "$/cancelRequest", {"id": id})
                arrived, message = host.answer(id)
                error = message.get("error")
                if error is None:
                    waits.append("ended")
                elif error["code"] == -32800:
                    waits.append(f"{(arrived - began) * 1e3:.0f}")
                else:
                    waits.append(error["message"][:60])
                    break
            times = [int(wait) for wait in waits if wait.isdigit()]
            print(f"{name:26}  {'  '.join(waits):36} {max(times, default=0)} ms", flush=True)
        host.process.stdin.close()
        host.process.wait()


if __name__ == "__main__":
    main()
