"""Logistic probes beside scikit-learn with its best settings: probes.py PROBE_BENCH PROBE_PEER PYTHON

PYTHON is one that has scikit-learn; PROBE_PEER is ../shared/peers/probe_peer.py, whose data are fitted. Each line is one
case, both programs after each other on the same file, the same threads and the same stopping accuracy: one thread pinned
to one core by processor seconds, all threads by the clock. `bound` is what the walks of ours cost at least, by the rates
of the same run: reading the rows once a walk, or the products' operations.
"""
import json, os, subprocess, sys, tempfile

PATH_PEER = """
import os, sys
threads, folder, n, tol = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"): os.environ[name] = "1" if int(threads) > 1 else threads
import json, time, warnings
import numpy as np
warnings.filterwarnings("ignore")
from sklearn.linear_model import LogisticRegressionCV
X, y = np.load(folder + "/X.npy")[:n], np.load(folder + "/y.npy")[:n]
fold = np.arange(n) % 5
cv = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(5)]
best = None
for _ in range(2):
    wall, cpu = time.perf_counter(), time.process_time()
    m = LogisticRegressionCV(Cs=np.logspace(-4, 4, 10), cv=cv, tol=tol, max_iter=1000, scoring="neg_log_loss",
                             n_jobs=int(threads)).fit(X, y)
    found = (time.perf_counter() - wall, time.process_time() - cpu)
    best = found if best is None else tuple(map(min, best, found))
print(json.dumps({"median_s": best[0], "cpu_s": best[1], "C": float(np.ravel(m.C_)[0]), "n_iter": int(np.sum(m.n_iter_))}))
"""


MILLION = """
import sys
import numpy as np
n, d, folder = 1_000_000, 128, sys.argv[1]
r = np.random.default_rng(3)
w = r.standard_normal(d) / 8
X = np.lib.format.open_memmap(folder + "/X.npy", mode="w+", dtype="<f4", shape=(n, d))
y = np.empty(n, np.int64)
for i in range(0, n, 50_000):
    X[i:i + 50_000] = r.standard_normal((50_000, d)) * np.exp(-1.5 * np.arange(d) / d)
    y[i:i + 50_000] = X[i:i + 50_000] @ w + r.logistic(size=50_000) / 2 > 0
np.save(folder + "/y.npy", y)
print("{}")
"""


def run(command, threads):
    pin = ["taskset", "-c", "1"] if threads == 1 else []
    done = subprocess.run(pin + command, capture_output=True, text=True, timeout=1200)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    bench, peer, python = sys.argv[1:4]
    only = sys.argv[4:] or ["fit", "path", "stream"]
    cores = len(os.sched_getaffinity(0))
    rates = run([bench, "rates"], 1)
    print("one thread reads {GB_per_s:.1f} GB/s, multiplies {GFlop_float64:.0f} GFlop/s in 64 bits, "
          "{GFlop_float32:.0f} in 32".format(**rates))
    with tempfile.TemporaryDirectory() as folder:
        for n, d, k in ((10_000, 768, 2), (50_000, 256, 2), (10_000, 768, 10)):
            run([python, peer, "--n", str(n), "--d", str(d), "--k", str(k), "--write", folder], cores)
            files = [folder + "/X.npy", folder + "/y.npy"]
            for threads in (1, cores):
                clock = "cpu_s" if threads == 1 else "median_s"
                for tol in ("1e-4", "1e-8"):
                    if "fit" in only:
                        fit(bench, python, peer, files, (n, d, k), threads, clock, tol, rates)
                    if "path" in only and (n, d) == (10_000, 768) and (k == 2 or tol == "1e-4"):
                        path(bench, python, folder, files, (n, d, k), threads, clock, tol, rates)
        if "stream" in only:
            run([python, "-c", MILLION, folder], cores)
            for threads in (1, cores):
                stream(bench, python, folder, threads)


def fit(bench, python, peer, files, shape, threads, clock, tol, rates):
    n, d, k = shape
    theirs = run([python, peer, "--x", files[0], "--y", files[1], "--tol", tol, "--threads", str(threads), "--repeat",
                  "3", "--max-iter", "5000"], threads)
    line = f"{n:>6} x {d}, {k:>2} classes, tol {tol}, threads {threads}: peer {theirs[clock]:.3f} s ({theirs['n_iter']})"
    for precision in ("float64", "mixed"):
        ours = run([bench, "fit", *files, f"rows={n}", f"tol={tol}", f"threads={threads}", f"precision={precision}",
                    "repeat=3", "maxIter=5000"], threads)
        bound = ours["passes"] * n * d * (8 / rates["GB_per_s"] if k == 2 else 4 * k / rates["GFlop_float64"]) / 1e9
        if precision == "mixed":
            bound /= 2
        gap = ours["objective"] / theirs["objective"] - 1
        line += (f"; {precision} {ours[clock]:.3f} s ({ours['passes']} walks), {theirs[clock] / ours[clock]:.2f} x, "
                 f"objective {gap:+.0e}, bound {bound / threads:.3f} s, peak {ours['peak_MB'] / ours['data_MB']:.2f} of the data")
        if not ours["converged"]:
            line += ", NOT CONVERGED"
    print(line, flush=True)


def path(bench, python, folder, files, shape, threads, clock, tol, rates):
    n, d, k = shape
    done = run([python, "-c", PATH_PEER, str(threads), folder, str(n), tol], threads)
    line = f"{n:>6} x {d}, {k:>2} classes, path of 10 C, 5 folds, tol {tol}, threads {threads}: peer "
    line += f"{done[clock]:.2f} s ({done['n_iter']} iterations, C = {done['C']:.3g})"
    for precision in ("float64", "mixed"):
        ours = run([bench, "path", *files, f"rows={n}", f"tol={tol}", f"threads={threads}", f"precision={precision}",
                    "repeat=3"], threads)
        rate = rates["GFlop_float64"] if precision == "float64" else rates["GFlop_float32"]
        outputs = 1 if k == 2 else k
        bound = ours["columns"] * outputs * 4 * n * d / rate / 1e9 / threads
        same = "the same C" if abs(ours["C"] / done["C"] - 1) < 1e-6 else f"ANOTHER C, {ours['C']:.3g}"
        line += (f"; {precision} {ours[clock]:.2f} s ({ours['columns']} columns), {done[clock] / ours[clock]:.2f} x, {same}, "
                 f"{sum(ours['notConverged'])} not converged, bound {bound:.2f} s, peak "
                 f"{ours['peak_MB'] / ours['data_MB']:.2f} of the data")
    print(line, flush=True)


def stream(bench, python, folder, threads):
    """A million rows that are read again for each walk."""
    ours = run([bench, "stream", folder + "/X.npy", folder + "/y.npy", "tol=1e-4", f"threads={threads}", "repeat=1"], threads)
    print(f"{ours['n']:,} x {ours['d']} in 32 bits ({ours['data_MB']:.0f} MB), streamed, tol 1e-4, threads {threads}: "
          f"{ours['median_s']:.2f} s by the clock, {ours['passes']} walks, converged {ours['converged']}, peak "
          f"{ours['peak_MB']:.0f} MB", flush=True)


main()
