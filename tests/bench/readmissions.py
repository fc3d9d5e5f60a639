"""readmissions.py -- what the benchmarks over a real table share: the file, its declaration
and a dataset that holds it. Nothing is measured where the file is not beside this
repository."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "api"))
import harness

FILE = "diabetes_readmissions.csv"
RACES = ["?", "AfricanAmerican", "Asian", "Caucasian", "Hispanic", "Other"]
AGES = [f"[{low}-{low + 10})" for low in range(0, 100, 10)]
NAME = "readmissions"
PATH = "/api/v1/datasets/" + NAME
DECLARED = {
    "name": NAME, "title": "Readmissions", "description": "For measurements of time.",
    "unit": None, "budget": {"epsilon": "1000"}, "policy": "dp-only",
    "columns": [
        {"name": "race", "type": "category", "categories": RACES, "nullable": True,
         "public_categories": True},
        {"name": "age", "type": "category", "categories": AGES},
        {"name": "time_in_hospital", "type": "integer", "lower": "0", "upper": "14"},
        {"name": "readmitted_days", "type": "integer", "lower": "-365", "upper": "365",
         "nullable": True}],
}


def path():
    """The file's path; ends the benchmark with a notice where it is absent."""
    try:
        return harness.private_file(FILE)
    except unittest.SkipTest as absent:
        print(f"skipped: {absent}")
        sys.exit(0)


def content():
    with open(path(), "rb") as f:
        return f.read()


def declare(owner):
    answer = owner.post("/api/v1/datasets", DECLARED)
    assert answer.status == 201, answer


def load(owner, text):
    answer = owner.put_csv(PATH + "/data", text)
    assert answer.status == 201, answer
    return answer.json["rows"]
