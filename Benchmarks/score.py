#!/usr/bin/env python3
"""Scores our readers on the corpora of formats with score_papers.py: score.py QUIRE FORMATS SCORE_PAPERS

FORMATS is ../shared/data/formats, SCORE_PAPERS ../shared/peers/score_papers.py. Each file of a corpus goes through
`papers.parse` of one `quire serve`, each row of the identifier tables that is one whole identifier through
`papers.identify`. Prints a table in Markdown. Standard library only.
"""
import glob, json, os, shutil, subprocess, sys, tempfile

quire, formats, scorer = (os.path.abspath(path) for path in sys.argv[1:4])
sys.path.insert(0, os.path.dirname(scorer))
import score_papers  # noqa: E402

CORPORA = [("bibtex", ""), ("bibtex", "clean"), ("bibtex-zotero", ""), ("bibtex-csl", ""),
           ("ris", ""), ("arxiv-atom", ""), ("crossref", ""), ("openalex", ""), ("s2", ""), ("jats", ""), ("tei", ""),
           ("csl-json", "")]


class Session:
    def __init__(self, folder):
        self.folder, self.number = folder, 0
        self.program = subprocess.Popen([quire, "serve"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.call("initialize", {})

    def call(self, method, params):
        self.number += 1
        line = json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        self.program.stdin.write(line.encode() + b"\n")
        self.program.stdin.flush()
        while True:
            answer = json.loads(self.program.stdout.readline())
            if answer.get("id") == self.number:
                return answer

    def close(self):
        self.program.stdin.close()
        self.program.wait()


def items(session, path):
    answer = session.call("papers.parse", {"source": {"$file": path}})
    if "error" in answer:
        return {"items": [], "error": answer["error"]["message"]}
    value = answer["result"].get("value", answer["result"])
    hash = value["records"]["$artifact"].removeprefix("sha256:")
    artifact = glob.glob(f"{session.folder}/.quire/artifacts/{hash[:2]}/{hash[2:]}*")[0]
    with open(artifact, encoding="utf-8") as lines:
        return {"items": [json.loads(line)["item"] for line in lines]}


def main():
    folder = tempfile.mkdtemp(prefix="quire-score-")
    try:
        session = Session(folder)
        print("| corpus | files | entries | title | title~ | authors | year | DOI | files wholly right |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        done = {}
        for corpus, kind in CORPORA:
            results = os.path.join(folder, corpus + ".jsonl")
            if corpus not in done:
                done[corpus] = results
                os.makedirs(f"{folder}/in/{corpus}")
                with open(results, "w", encoding="utf-8") as out:
                    for name in sorted(os.listdir(f"{formats}/{corpus}/in")):
                        shutil.copy(f"{formats}/{corpus}/in/{name}", f"{folder}/in/{corpus}/{name}")
                        out.write(json.dumps({"file": name} | items(session, f"in/{corpus}/{name}")) + "\n")
            words = [sys.executable, scorer, f"{formats}/{corpus}", results, "--json"]
            out = subprocess.run(words + (["--class", kind] if kind else []), capture_output=True, text=True)
            if out.returncode:
                print(f"| {corpus} | not scored: {out.stderr.strip().splitlines()[-1][:80]} |")
                continue
            found = json.loads(out.stdout)
            figures = [found.get(k) for k in ("files", "entries", "title", "title~", "authors", "year", "doi", "files_wholly_right")]
            print(f"| {corpus} {kind} | " + " | ".join("–" if f is None else str(f) for f in figures) + " |", flush=True)
        results = os.path.join(folder, "ids.jsonl")
        with open(results, "w", encoding="utf-8") as out:
            for table in sorted(glob.glob(f"{formats}/identifiers/*.tsv")):
                scheme = os.path.basename(table)[:-4]
                with open(table, encoding="utf-8") as rows:
                    next(rows)
                    for row in rows:
                        mode, text = row.rstrip("\n").split("\t")[:2]
                        if mode != "whole":
                            continue
                        text = score_papers.unesc(text)
                        answer = session.call("papers.identify", {"text": text, "scheme": scheme})["result"]
                        value = answer.get("value", answer)
                        if isinstance(value, dict):
                            id, version = (value["value"] if value["valid"] else None), value["version"]
                        else:
                            id, version = (value if answer["valid"] else None), answer["version"]
                        out.write(json.dumps({"scheme": scheme, "mode": mode, "input": text, "id": id, "version": version}) + "\n")
        session.close()
        out = subprocess.run([sys.executable, scorer, "--identifiers", f"{formats}/identifiers", results, "--json"],
                             capture_output=True, text=True)
        print(out.stdout.strip() or out.stderr.strip()[-300:])
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
