#!/usr/bin/env python3
"""Times erasers beside the programs that people take, in one run: erase.py ERASING_BENCH [PART …]

Parts: leace leace-long leace-wide inlp rlace; without any, all of them.

Everything on one thread, in processor seconds, rows in memory, ours and theirs in turn; each figure is a median of three
runs, of two rounds the slower. Needs NumPy, SciPy and scikit-learn; LEACE also torch and concept-erasure
(../shared/peers/erase_peer.py makes the rows and times it). R-LACE is the authors' rlace.py
(github.com/shauli-ravfogel/rlace-icml), which RLACE names; scikit-learn has renamed its loss "log" since, which is mended
in memory. Rows of R-LACE are ../shared/data/oracle/*, fitted rows alone, as (x - mean)/deviation without constant columns.
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
import json, subprocess, sys, tempfile, time, warnings
import numpy as np

warnings.filterwarnings("ignore")
here = os.path.dirname(os.path.abspath(__file__))
shared = os.path.join(here, "..", "..", "shared")
peer_program = os.path.join(shared, "peers", "erase_peer.py")
ROUNDS = 2


def run(*command):
    """The last line that a program prints, which is JSON; None when it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        print(f"  {os.path.basename(command[1])} failed: {done.stderr.strip()[-300:]}")
        return None


def again(*arguments):
    return run(sys.executable, os.path.abspath(__file__), *map(str, arguments))


def median(values):
    return sorted(values)[len(values) // 2]


def timed(work, times=3):
    found = []
    for _ in range(times):
        began = time.process_time()
        result = work()
        found.append(time.process_time() - began)
    return median(found), result


# LEACE


def bound(rows):
    """What the arithmetic itself takes here: the Gram matrix, its Cholesky factor, one read and write of the rows."""
    import scipy.linalg as sla

    x, d = np.load(rows), np.load(rows, mmap_mode="r").shape[1]
    syrk = sla.blas.ssyrk if x.dtype == np.float32 else sla.blas.dsyrk
    gram, g = timed(lambda: syrk(1.0, x.T, lower=1))
    g[np.diag_indices(d)] += g.diagonal().max()
    factor, _ = timed(lambda: sla.lapack.dpotrf(g.astype(np.float64), lower=1))
    out = np.empty_like(x)
    move, _ = timed(lambda: np.multiply(x, x.dtype.type(0.5), out=out))
    print(json.dumps({"bound_s": gram + factor + move}))


def leftover(rows, labels, erased):
    """The largest canonical correlation of erased rows and concept, as erase_peer.py has it, and the mean squared change."""
    x, e, y = np.load(rows), np.load(erased).astype(np.float64), np.load(labels)
    k = int(y.max()) + 1
    change = float(((x - e) ** 2).sum(1).mean())
    z = np.eye(k)[y] if k > 2 else y[:, None].astype(float)
    z, e = z - z.mean(0), e - e.mean(0)
    deviation = e.std(0)
    e /= np.where(deviation == 0, 1, deviation)
    values, vectors = np.linalg.eigh(e.T @ e)
    kept = values > values[-1] * e.shape[1] * 1e-10
    white = (vectors[:, kept] / np.sqrt(values[kept])).T @ (e.T @ z)
    values, vectors = np.linalg.eigh(z.T @ z)
    kept = values > values[-1] * 1e-9
    print(json.dumps({"left": float(np.linalg.norm(white @ (vectors[:, kept] / np.sqrt(values[kept])), 2)), "change": change}))


def leace(bench, folder, shapes):
    print("LEACE, fit and apply: ours beside concept-erasure with its defaults, and with shrinkage and trace check off")
    for n, d, kind in shapes:
        sizes = ["--n", str(n), "--d", str(d), "--dtype", kind]
        run(sys.executable, peer_program, *sizes, "--write", folder)
        rows, labels, erased = (os.path.join(folder, f) for f in ("X.npy", "z.npy", "erased.npy"))
        ours, theirs, pure = [], [], []
        for _ in range(ROUNDS):
            ours.append(run(bench, "leace", rows, labels, "0", "3", erased))
            for method, found in (("leace", theirs), ("leace-pure", pure)):
                found.append(run(sys.executable, peer_program, "--x", rows, "--z", labels, "--method", method, "--repeat", "3"))
                if found[-1] is None:
                    return
        best = median([o["cpu_s"] for o in ours])
        fit, move = median([o["fit_s"] for o in ours]), median([o["apply_s"] for o in ours])
        peer, other = (median([t["cpu_s"] for t in found]) for found in (theirs, pure))
        least, after = again("_bound", rows)["bound_s"], again("_leftover", rows, labels, erased)
        print(f"  {n} x {d} {kind}: {best:.3f} s (fit {fit:.3f}, apply {move:.3f}); peer {peer:.3f} s = {peer / best:.1f} x, "
              f"pure {other:.3f} s = {other / best:.1f} x; bound {least:.3f} s, ours {best / least:.2f} of it; "
              f"correlation left {after['left']:.1e} (peer {theirs[-1]['max_corr_after']:.1e}), "
              f"change {after['change']:.6f} (peer {theirs[-1]['mean_squared_change']:.6f}, "
              f"pure {pure[-1]['mean_squared_change']:.6f})", flush=True)


# INLP


def inlp_loop(rows, labels, iterations, classifier):
    """Probe, project, probe again, with scikit-learn's classifiers as they come."""
    from sklearn.linear_model import LogisticRegression, SGDClassifier

    x, y = np.load(rows), np.load(labels)

    def work():
        a = x - x.mean(0)
        basis, current, accuracies = np.zeros((x.shape[1], 0), x.dtype), a, []
        for _ in range(int(iterations)):
            probe = LogisticRegression(max_iter=1000) if classifier == "lbfgs" else SGDClassifier(random_state=0)
            accuracies.append(float(probe.fit(current, y).score(current, y)))
            w = probe.coef_.T.astype(x.dtype)
            w = w - basis @ (basis.T @ w)
            u, s, _ = np.linalg.svd(w, full_matrices=False)
            basis = np.hstack([basis, u[:, s > 1e-6 * s[0]]])
            current = a - (a @ basis) @ basis.T
        return accuracies

    seconds, accuracies = timed(work, 3 if classifier == "lbfgs" else 1)
    print(json.dumps({"cpu_s": seconds, "accuracies": accuracies}))


def inlp(bench, folder):
    print("INLP, 20 iterations: ours beside loops over scikit-learn's classifiers")
    for kind in ("float32", "float64"):
        run(sys.executable, peer_program, "--n", "10000", "--d", "300", "--dtype", kind, "--write", folder)
        rows, labels = (os.path.join(folder, f) for f in ("X.npy", "z.npy"))
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(run(bench, "inlp", rows, labels, "20", "3"))
            theirs.append(again("_inlp", rows, labels, 20, "lbfgs"))
        slow = again("_inlp", rows, labels, 20, "sgd")
        best, peer = median([o["cpu_s"] for o in ours]), median([t["cpu_s"] for t in theirs])
        apart = max(abs(a - b) for a, b in zip(ours[-1]["accuracies"], theirs[-1]["accuracies"]))
        print(f"  10000 x 300 {kind}: {best:.3f} s; lbfgs {peer:.3f} s = {peer / best:.1f} x, "
              f"SGD {slow['cpu_s']:.2f} s = {slow['cpu_s'] / best:.0f} x; accuracies {ours[-1]['accuracies'][0]:.4f} to "
              f"{ours[-1]['accuracies'][-1]:.4f}, at most {apart:.4f} from lbfgs", flush=True)


# R-LACE


def authors_loop(rows, labels, rank):
    """The authors' program, 6,000 batches of 256, the settings of its own example."""
    import types, torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    np.random.seed(0)
    source = open(os.environ["RLACE"], encoding="utf-8").read()
    source = source.replace('"loss": "log"', '"loss": "log_loss"').replace("n_jobs=32", "n_jobs=1")
    module = types.ModuleType("rlace")
    exec(compile(source, "rlace.py", "exec"), module.__dict__)
    x, y = np.load(rows), np.load(labels)
    steps = {"lr": 0.003, "weight_decay": 1e-4}
    began = time.process_time()
    found = module.solve_adv_game(
        x, y, x, y, rank=int(rank), out_iters=6000, optimizer_params_P=steps, optimizer_params_predictor=steps,
        epsilon=0.001, batch_size=256)
    seconds = time.process_time() - began
    np.save(labels + ".erased.npy", x @ found["P"])
    print(json.dumps({"cpu_s": seconds}))


def refitted(erased, labels):
    """The mean loss of a logistic predictor without a penalty, in nats."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    x, y = np.load(erased).astype(np.float64), np.load(labels)
    u, s, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    x = u[:, s > 1e-6 * s[0]] * np.sqrt(len(x))
    probe = LogisticRegression(C=1e8, tol=1e-9, max_iter=20000).fit(x, y)
    print(json.dumps({"loss": float(log_loss(y, probe.predict_proba(x)))}))


def rlace(bench, folder):
    if not os.path.isfile(os.environ.get("RLACE", "")):
        print("R-LACE: left out, RLACE names no rlace.py")
        return
    print("R-LACE, ours beside the authors' program; losses in nats of a predictor without a penalty, refitted")
    for case, rank in [("multi5", 1), ("multi5", 2), ("digits", 3), ("synth_binary", 1)]:
        source = os.path.join(shared, "data", "oracle", case)
        train = np.load(os.path.join(source, "train_idx.npy"))
        x = np.load(os.path.join(source, "X.npy")).astype(np.float64)[train]
        y = np.load(os.path.join(source, "y.npy"))[train]
        x = x[:, x.std(0) > 0]
        rows, labels, erased = (os.path.join(folder, f) for f in ("X.npy", "y.npy", "erased.npy"))
        np.save(rows, (x - x.mean(0)) / x.std(0))
        np.save(labels, y)
        ours = run(bench, "rlace", rows, labels, str(rank), "3", erased)
        theirs = again("_rlace", rows, labels, rank)
        if ours is None or theirs is None:
            continue
        mine = again("_refitted", erased, labels)["loss"]
        other = again("_refitted", labels + ".erased.npy", labels)["loss"]
        shares = np.bincount(y) / len(y)
        entropy = -(shares * np.log(shares)).sum()
        form = ", a closed form" if ours["closedForm"] else ""
        print(f"  {case} rank {rank}{form}: {ours['cpu_s']:.3f} s; authors {theirs['cpu_s']:.1f} s = "
              f"{theirs['cpu_s'] / ours['cpu_s']:.0f} x; loss {mine:.4f}, authors' {other:.4f}, entropy {entropy:.4f}", flush=True)


PARTS = {
    "leace": (leace, [(10000, 768, "float32"), (10000, 768, "float64")]),
    "leace-long": (leace, [(100000, 768, "float32")]),
    "leace-wide": (leace, [(10000, 2048, "float32")]),
    "inlp": (inlp,),
    "rlace": (rlace,),
}
MODES = {"_bound": bound, "_leftover": leftover, "_inlp": inlp_loop, "_rlace": authors_loop, "_refitted": refitted}


def main():
    if sys.argv[1] in MODES:
        MODES[sys.argv[1]](*sys.argv[2:])
        return
    bench = os.path.abspath(sys.argv[1])
    wanted = sys.argv[2:] or list(PARTS)
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            work, *more = PARTS[name]
            work(bench, folder, *more)


main()
