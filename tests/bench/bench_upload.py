"""bench_upload.py -- rows a second of an upload over HTTP (parsed, checked, encrypted, synced)
beside `sqlite3 .import` of the same file."""
import os
import statistics
import subprocess
import tempfile
import time

import readmissions
import harness

ROUNDS = 5
TIMES = 10  # so that the rows weigh more than the syncs at both ends


def timed(call):
    begin = time.monotonic()
    out = call()
    return time.monotonic() - begin, out


def sqlite_import(path):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["sqlite3", os.path.join(folder, "t.db"),
             "CREATE TABLE t (race TEXT, age TEXT, stay INTEGER, days INTEGER)",
             ".mode csv", f".import --skip 1 '{path}' t"], check=True)


def tenfold():
    head, _, rows = readmissions.content().partition(b"\n")
    return head + b"\n" + (rows.rstrip(b"\n") + b"\n") * TIMES


def main():
    text = tenfold()
    with tempfile.NamedTemporaryFile(suffix=".csv") as f:
        f.write(text)
        f.flush()
        compare(f.name, text)


def compare(path, text):
    site = harness.Site()
    owner = site.person("owner")
    readmissions.declare(owner)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        seconds, rows = timed(lambda: readmissions.load(owner, text))
        ours.append(seconds)
        theirs.append(timed(lambda: sqlite_import(path))[0])
    site.stop()
    upload, imported = (rows / statistics.median(t) for t in (ours, theirs))
    print(f"upload of {rows} rows        {upload:10.0f} rows/s")
    print(f"sqlite3 .import of the same   {imported:10.0f} rows/s   "
          f"ratio {upload / imported:.2f}")


if __name__ == "__main__":
    main()
