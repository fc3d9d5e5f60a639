"""bench_engine.py -- ledger charges a second, and their ratio to the file system's rate of
fdatasync.

One job asks 1 000 measurements of a small table. Each is charged and its answer kept, in
two durable transactions with the broker's and the worker's messages between them; the
ledger's own times are read. The file system's rate comes from appending a page at a
time in the same folder."""
import datetime
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "api"))
import harness
from story import Story

CHARGES = 1000
SOURCE = ('local v = site.open("{name}") for i = 1, %d do '
          'v:count{{ epsilon = string.format("0.%%09d", i) }}:release() end return 1'
          % CHARGES)
PAGE = bytes(4096)


def fdatasync_rate(folder, n=CHARGES):
    path = os.path.join(folder, "pages")
    fd = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    begin = time.monotonic()
    for _ in range(n):
        os.write(fd, PAGE)
        os.fdatasync(fd)
    rate = n / (time.monotonic() - begin)
    os.close(fd)
    os.unlink(path)
    return rate


def charge_rate(story):
    times = [datetime.datetime.fromisoformat(e["time"]) for e in story.ledger()
             if e["kind"] == "charge"]
    assert len(times) == CHARGES, len(times)
    return (CHARGES - 1) / (max(times) - min(times)).total_seconds()


def main():
    site = harness.Site()
    story = Story(site)
    job = story.run(SOURCE, epsilon="1")
    assert job["state"] == "released", job
    charges, syncs = charge_rate(story), fdatasync_rate(site.folder)
    print(f"measurements charged, kept, told   {charges:8.0f} /s")
    print(f"fdatasync of one page more         {syncs:8.0f} /s")
    print(f"fdatasyncs a measurement would fit {syncs / charges:8.1f}  (two are needed)")
    site.close()


if __name__ == "__main__":
    main()
