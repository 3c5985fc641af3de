#!/usr/bin/env python3
"""The methods of the seed page at two sizes: methods.py QUIRE [METHOD...]

Seconds of one call each, from the command line's start to its end, beside those of a call of the smallest size, and
what the larger takes in multiples of the smaller. NumPy makes the data.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

quire = os.path.abspath(sys.argv[1])
wanted = sys.argv[2:]
folder = tempfile.mkdtemp()
source = np.random.default_rng(7)


def made(name, array):
    np.save(os.path.join(folder, name + ".npy"), array)
    return {"$file": name + ".npy"}


def gauss(name, rows, columns):
    return made(name, source.standard_normal((rows, columns)))


def cases():
    """Method, what grows, and params at each size."""
    for n in (5_000, 20_000):
        yield "geometry.spread", f"n {n}, d 256", {"features": gauss("x", n, 256)}
        yield "geometry.active_subspace", f"n {n}, d 256", {"features": gauss("x", n, 256)}
        yield "geometry.cosine_audit", f"users {n}, items 400", {"features": gauss("x", n, 400), "lambda": 5, "rank": 64, "rescalings": 5}
        pairs = [[[2 * i, 2 * i + 1] for i in range(c * 40, c * 40 + 40)] for c in range(20)]
        yield "geometry.causal_inner_product", f"V {n}, d 256", {"unembedding": gauss("x", n, 256), "concepts": pairs}
        yield "geometry.galaxy", f"atoms {n}, d 128, 5000 compared", {"layers": [gauss("x", n, 128)]}
        yield "alignment.transport", f"n {n}, d 256", {"source": gauss("x", n, 256), "target": gauss("y", n, 256), "ranks": [1, 16, 256]}
        yield "alignment.linearity", f"n {n}, d 256", {"layers": [gauss("x", n, 256), gauss("y", n, 256)]}
        yield "alignment.text_to_concept", f"n {n}, d 256", {"features": gauss("x", n, 256), "target": gauss("y", n, 128), "texts": gauss("t", 50, 128)}
        yield "dictionary.sae_topk", f"n {n}, d 64, F 512, 500 steps", {"features": gauss("x", n, 64), "nFeatures": 512, "k": 8, "dActive": 16, "steps": 500}
        yield "evaluate.compatibility", f"n {n}, 2 models, d 64", {"queries": [gauss("x", n, 64), gauss("y", n, 64)], "queryLabels": made("l", source.integers(0, 10, n))}
    for m in (500, 1000):
        yield "geometry.lobes", f"chunks 5000, atoms {m}", {"occurrences": made("o", (source.random((5000, m)) < 0.1).astype(float))}
        yield "alignment.dictionary_match", f"tokens 5000, atoms {m}", {"firstCodes": gauss("x", 5000, m), "secondCodes": gauss("y", 5000, m), "firstAtoms": gauss("d", m, 64), "secondAtoms": gauss("e", m, 64), "randomPairings": 10}
        codes = source.random((2000, m)) * (source.random((2000, m)) < 0.05)
        yield "dictionary.multidim", f"rows 2000, atoms {m}", {"atoms": gauss("d", m, 64), "codes": made("c", codes), "cutoff": 0.35}
        yield "alignment.subspace_match", f"anchors 3000, queries {m}, d 64", {"first": gauss("x", 3000 + m, 64), "second": gauss("y", 3000 + m, 64), "anchors": list(range(3000)), "queries": list(range(3000, 3000 + m)), "dimensions": [5, 50]}
    for n in (500, 2000):
        relations = [[[2 * i, 2 * i + 1] for i in range(r * n // 20, (r + 1) * n // 20)] for r in range(10)]
        yield "geometry.crystals", f"pairs {n // 2}, d 64", {"points": gauss("x", n, 64), "relations": relations}
        yield "geometry.simplex_classifier", f"d {n}", {"dimension": n}


def call(method, params):
    with open(os.path.join(folder, "params.json"), "w") as file:
        json.dump(params, file)
    workspace = tempfile.mkdtemp(dir=folder)
    for name in os.listdir(folder):
        if name.endswith(".npy"):
            os.link(os.path.join(folder, name), os.path.join(workspace, name))
    start = time.perf_counter()
    done = subprocess.run([quire, "call", method, "@" + os.path.join(folder, "params.json"), "--workspace", workspace], capture_output=True, text=True, cwd=workspace)
    took = time.perf_counter() - start
    return took if done.returncode == 0 else done.stderr.strip().split("\n")[-1]


before = {}
for method, size, params in cases():
    if wanted and method not in wanted:
        continue
    took = call(method, params)
    if isinstance(took, str):
        print(f"{method:32} {size:34} failed: {took[:200]}", flush=True)
        continue
    grown = f"{took / before[method]:6.1f} times" if method in before else ""
    before[method] = took
    print(f"{method:32} {size:34} {took:7.2f} s {grown}", flush=True)
