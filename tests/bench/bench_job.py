"""bench_job.py -- from a job's approval to its release: a mean by group over 101766 rows,
and a job that asks nothing, which is what starting and jailing processes costs."""
import statistics
import time

import readmissions
import harness
from story import Story

ROUNDS = 9
MEAN = ('local v = site.open("{name}"):group_by "race"\n'
        'local m = v:mean("time_in_hospital", {{ epsilon = {epsilon} }}):release()\n'
        'return {{ n = m }} -- ')
NOTHING = "return {{ n = 1 }} -- "


def published(site, text):
    """A story on the real table."""
    story = Story.__new__(Story)
    story.site, story.name, story.path = site, readmissions.NAME, readmissions.PATH
    story.owner, story.researcher = site.person("owner"), site.person("researcher")
    readmissions.declare(story.owner)
    readmissions.load(story.owner, text)
    for path, body in (("/mock/generation", {"rows": 500, "seed": 1}),
                       ("/publication", {})):
        answer = story.owner.post(story.path + path, body)
        assert answer.status == 201, answer
    story.grant(story.researcher)
    story.project = story.project_of(story.researcher)
    return story


def approved_to_released(story, source):
    """Milliseconds, the median of ROUNDS jobs of one text and another comment each."""
    took = []
    for i in range(ROUNDS):
        job = story.submit(source + str(i))
        assert job["state"] == "in_review", job
        seen = story.owner.get(f"/api/v1/jobs/{job['id']}").etag
        begin = time.monotonic()
        answer = story.review(job, etag=seen)
        assert answer.status == 201, answer
        end = story.wait(job, "released", "held", "failed")
        took.append((time.monotonic() - begin) * 1000)
        assert end["state"] == "released", end
    return statistics.median(took)


def main():
    text = readmissions.content()
    site = harness.Site()
    story = published(site, text)
    mean = approved_to_released(story, MEAN)
    nothing = approved_to_released(story, NOTHING)
    site.stop()
    print(f"approved to released, mean by group   {mean:8.1f} ms")
    print(f"approved to released, no question     {nothing:8.1f} ms   "
          f"part {nothing / mean:.2f}")


if __name__ == "__main__":
    main()
