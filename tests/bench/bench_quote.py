"""bench_quote.py -- the quote card and the first gate on each real table: milliseconds from
asking to the card, and from submitting to a checked job."""
import glob
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "api"))
import harness
from real_files_test import RealFiles

ROUNDS = 15
EPSILON = "1000"


def source_of(dataset):
    """A count, and a mean or a grouped count of the first column that has one."""
    lines = [f'local v = site.open "{dataset["name"]}"',
             "local out = { n = v:count{ epsilon = 1 }:release().value }"]
    for column in dataset["columns"]:
        name = column["name"]
        if column["type"] in ("integer", "decimal"):
            lines.append(f'out.m = v:clip("{name}", 0, 100):mean("{name}", '
                         "{ epsilon = 1 }):release().value")
            break
    for column in dataset["columns"]:
        if column.get("public_categories"):
            lines.append(f'out.g = v:group_by("{column["name"]}"):count'
                         "{ epsilon = 1 }:release()")
            break
    return "\n".join(lines + ["return out"])


def took(call):
    begin = time.monotonic()
    call()
    return (time.monotonic() - begin) * 1000


def main():
    files = sorted(glob.glob(os.path.join(harness.DATA, "*.csv")))
    if not files:
        print("skipped: there are no real tables beside this repository")
        return
    site = harness.Site()
    made = RealFiles()
    made.site = site
    for i, path in enumerate(files):
        story, _, _ = made.story_of(os.path.basename(path), f"real-{i}")
        source = source_of(story.dataset)

        def quote():
            answer = story.researcher.post("/api/v1/quotes", {
                "dataset": story.name, "source": source})
            assert answer.status == 200 and answer.json["failure"] is None, answer

        def check(n):
            job = story.submit(source.replace("{", "{{").replace("}", "}}") + f"\n-- {n}",
                               EPSILON)
            assert job["state"] == "in_review", job

        quotes = [took(quote) for _ in range(ROUNDS)]
        checks = [took(lambda n=n: check(n)) for n in range(ROUNDS)]
        print(f"{os.path.basename(path):32} quote {statistics.median(quotes):7.1f} ms "
              f"(worst {max(quotes):7.1f}), submitted to checked "
              f"{statistics.median(checks):7.1f} ms (worst {max(checks):7.1f})")
    site.stop()


if __name__ == "__main__":
    main()
