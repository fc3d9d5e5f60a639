"""bench_serve.py -- start of `datasite serve` to the ready line and to /readyz (the self-test
uses up a second of processor time), and the idle memory of all its processes together (PSS: what is shared counts once)."""
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "api"))
import harness

STARTS = 20


def session_processes(leader):
    """Processes of the session that the server leads."""
    out = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[3] == str(leader):
            out.append(pid)
    return out


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))


def started(site):
    begin = time.monotonic()
    site.start()
    return (time.monotonic() - begin) * 1000


def until_ready(site, begin):
    nobody = site.nobody()
    while nobody.get("/readyz").status != 200:
        time.sleep(0.01)
    return (time.monotonic() - begin) * 1000


def main():
    begin = time.monotonic()
    site = harness.Site()
    print(f"start on an empty folder          {(time.monotonic() - begin) * 1000:8.1f} ms")
    print(f"until /readyz is 200              {until_ready(site, begin):8.1f} ms")
    times = []
    for _ in range(STARTS):
        site.stop()
        times.append(started(site))
    print(f"start on a folder that is there   {statistics.median(times):8.1f} ms "
          f"(least {min(times):.1f})")
    site.nobody().get("/healthz")
    time.sleep(1)
    pids = session_processes(site.process.pid)
    print(f"idle memory, {len(pids)} processes (PSS)   "
          f"{sum(map(pss_kib, pids)) / 1024:8.1f} MiB")
    site.stop()


if __name__ == "__main__":
    main()
