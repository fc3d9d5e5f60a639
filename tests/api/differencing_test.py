"""differencing_test.py -- exact results that, beside what was released, would tell of a few
persons are refused under every policy, and the refusal names the release."""
import collections

import harness
from story import Story, rows

# Two rows stand for every person; somebody alone has this age and is left out by it.
AGES = collections.Counter(line.split(",")[2] for line in rows(200).splitlines()[1:])
RARE = next(age for age, n in AGES.items() if n == 1)
OPEN = 'return {{ n = site.open("{name}")'
COUNT = ':count{{ epsilon = 1 }}:exact() }}'
ALL = OPEN + COUNT
WITHOUT_ONE = OPEN + f':where "age ~= {RARE}"' + COUNT
SUM_WITHOUT_ONE = (OPEN + f':where "age ~= {RARE}":clip("los", 0, 30)'
                   ':sum("los", {{ epsilon = 1 }}):exact() }}')
YOUNG = OPEN + ':where "age < 50"' + COUNT
OLD = OPEN + ':where "age >= 50"' + COUNT
OLD_BUT_ONE = (OPEN + ':where "age >= 50 ' +
               (f'and age ~= {RARE}"' if int(RARE) >= 50 else f'or age == {RARE}"') + COUNT)
WARDS = 'return site.open("{name}"):group_by("ward"):count{{ epsilon = 1 }}:exact()'


class Exact(harness.Case):
    def held(self, story, source, **more):
        job = story.run(source, lane="exact", **more)
        self.assertEqual(job["state"], "held", job)
        return job

    def check(self, story, job):
        sealed = story.owner.get(f"/api/v1/jobs/{job['id']}/sealed_result")
        self.assertEqual(sealed.status, 200, sealed)
        return {c["name"]: c for c in sealed.json["checks"]}

    def decide(self, story, job, comment="I looked at it."):
        path = f"/api/v1/jobs/{job['id']}"
        return story.owner.post(path + "/release",
                                {"decision": "release", "comment": comment},
                                headers={"If-Match": story.owner.get(path).etag})

    def released(self, story, source):
        job = self.held(story, source)
        answer = self.decide(story, job)
        self.assertEqual(answer.status, 201, answer)
        return job

    def assertRefused(self, story, job, *others):
        check = self.check(story, job)["differencing"]
        self.assertFalse(check["met"], check)
        self.assertEqual(set(check["releases"]), {o["id"] for o in others})
        answer = self.decide(story, job)
        self.assertProblem(answer, 409, "policy")
        for other in others:
            self.assertIn(other["id"], answer.json["detail"])
            self.assertIn(other["id"], answer.json["releases"])
        state = story.owner.get(f"/api/v1/jobs/{job['id']}").json["state"]
        self.assertEqual(state, "held")


class Differencing(Exact):
    def test_remove_one(self):
        for policy in ("acro-uk", "datashield", "opensafely", "open-review"):
            with self.subTest(policy):
                story = Story(self.site, policy=policy)
                whole = self.released(story, ALL)
                self.assertRefused(story, self.held(story, WITHOUT_ONE), whole)
                self.assertRefused(story, self.held(story, SUM_WITHOUT_ONE), whole)

    def test_one_more(self):
        story = Story(self.site, policy="acro-uk")
        less = self.released(story, WITHOUT_ONE)
        self.assertRefused(story, self.held(story, ALL), less)

    def test_what_is_held_is_compared_when_it_leaves(self):
        """Both wait; whichever is released second is refused, whatever was seen before."""
        story = Story(self.site, policy="acro-uk")
        whole, less = self.held(story, ALL), self.held(story, WITHOUT_ONE)
        self.assertTrue(self.check(story, less)["differencing"]["met"])
        self.assertEqual(self.decide(story, whole).status, 201)
        self.assertRefused(story, less, whole)

    def test_disjoint_halves_are_served_and_their_remainder_is_known(self):
        story = Story(self.site, policy="acro-uk")
        self.released(story, YOUNG)
        self.released(story, OLD)
        self.released(story, ALL)

    def test_a_total_less_its_part(self):
        story = Story(self.site, policy="acro-uk")
        whole, young = self.released(story, ALL), self.released(story, YOUNG)
        self.assertRefused(story, self.held(story, OLD_BUT_ONE), whole, young)

    def test_a_partition_and_a_total_that_leaves_one_out(self):
        story = Story(self.site, policy="acro-uk")
        wards = self.released(story, WARDS)
        self.assertRefused(story, self.held(story, WITHOUT_ONE), wards)

    def test_within_one_result(self):
        story = Story(self.site, policy="datashield")
        source = ('local v = site.open("{name}")\nreturn {{ a = v:count{{ epsilon = 1 }}:exact(), '
                  f'b = v:where "age ~= {RARE}":count' + '{{ epsilon = 1 }}:exact() }}')
        self.assertRefused(story, self.held(story, source))

    def test_within_one_result_checks_advise_where_the_policy_says_so(self):
        """Both cells lie before the owner; what was released elsewhere stays refused."""
        story = Story(self.site, policy="open-review")
        both = ('local v = site.open "{name}"\nreturn {{ a = v:count{{ epsilon = 1 }}:exact(), '
                f'b = v:where "age ~= {RARE}":count' + '{{ epsilon = 1 }}:exact() }}')
        job = self.held(story, both)
        self.assertFalse(self.check(story, job)["differencing"]["met"])
        self.assertEqual(self.decide(story, job).status, 201)
        story = Story(self.site, policy="open-review")
        whole = self.released(story, ALL)
        self.assertRefused(story, self.held(story, both), whole)

    def test_a_weight_for_one(self):
        """The same rows twice, one of them counted double: the sets of rows do not differ."""
        story = Story(self.site, policy="acro-uk")
        only = f"(1 // (1 + (age - {RARE}) * (age - {RARE})))"

        def of(what, more=""):
            return (OPEN + f':derive("x", "{what}", {{{{ lower = 0, upper = 400 }}}})'
                    ':mean("x", {{ epsilon = 1 }}):exact() }}' + more)

        plain = self.released(story, of("los"))
        self.assertRefused(story, self.held(story, of(f"los + los * {only}")), plain)
        self.assertRefused(story, self.held(story, of(f"3 * los + 7 + 9 * {only}")), plain)
        self.released(story, of("los", " -- again"))
        self.released(story, of("2 * los + 1"))

    def test_one_hot(self):
        """A column that is nought but for one: a sum over everybody tells their value."""
        for policy in ("acro-uk", "datashield", "opensafely"):
            with self.subTest(policy):
                story = Story(self.site, policy=policy)
                only = f"(age - {RARE}) * (age - {RARE})"
                source = (OPEN + f':derive("x", "los * (1 // (1 + {only}))",'
                          '{{ decimals = 0, lower = 0, upper = 30 }})'
                          ':sum("x", {{ epsilon = 1 }}):exact() }}')
                job = self.held(story, source)
                self.assertFalse(self.check(story, job)["rare_values"]["met"])
                self.assertProblem(self.decide(story, job, ""), 409, "policy")
                job = self.held(story, OPEN + f':where "age == {RARE}"' + COUNT)
                self.assertFalse(self.check(story, job)["minimum_persons"]["met"])
                self.assertProblem(self.decide(story, job, ""), 409, "policy")

    def test_duplicate_one(self):
        """A join that repeats the rows of one person tells of them beside the total."""
        for policy in ("acro-uk", "datashield", "opensafely"):
            with self.subTest(policy):
                story = Story(self.site, policy=policy)
                source = ('local t = {{}}\nfor a = 0, 120 do t[#t + 1] = {{ age = a, w = 1 }} end\n'
                          f't[#t + 1] = {{{{ age = {RARE}, w = 1 }}}}\n' +
                          OPEN + ':join_public(t, "age")' + COUNT)
                job = self.held(story, source)
                self.assertProblem(self.decide(story, job, ""), 409, "policy")

    def test_beside_a_program_over_rows_nobody_can_tell(self):
        """What it told is not known, so that what follows needs the owner's reason."""
        story = Story(self.site, policy={
            "name": "programs", "title": "Programs", "lanes": {
                "exact": {"release": "held"}, "rows": {"release": "held"}},
            "output": {"persons_min": 10, "exceptions": "comment"}})
        program = story.run('return site.open("{name}"):collect("return #rows")', lane="rows")
        self.assertEqual(self.decide(story, program).status, 201)
        job = self.held(story, ALL)
        check = self.check(story, job)["differencing"]
        self.assertFalse(check["met"], check)
        self.assertIn("1 released ones cannot be compared", check["detail"])
        self.assertProblem(self.decide(story, job, ""), 409, "policy")
        self.assertEqual(self.decide(story, job).status, 201)

    def test_the_checks_of_a_release_stay_with_it(self):
        story = Story(self.site, policy="acro-uk")
        job = self.released(story, ALL)
        self.assertTrue(self.check(story, job)["differencing"]["met"])
        self.assertEqual(self.check(story, job)["differencing"]["threshold"], 10)

    def test_new_data_do_not_forget_what_was_released(self):
        story = Story(self.site, policy="acro-uk")
        whole = self.released(story, ALL)
        answer = story.owner.put_csv(story.path + "/data", rows(210, seed=1))
        self.assertEqual(answer.status, 201, answer)
        self.assertRefused(story, self.held(story, WITHOUT_ONE), whole)


class Versions(Exact):
    """What was released of one version of the data, and what is asked of the next."""

    def again(self, story, lines):
        answer = story.owner.put_csv(story.path + "/data", "\n".join(lines) + "\n")
        self.assertEqual(answer.status, 201, answer)
        return answer.json["version"]

    def test_one_person_removed_and_the_same_question(self):
        story = Story(self.site, policy="acro-uk")
        before = self.released(story, ALL)
        self.again(story, rows(200).splitlines()[:-2])
        job = self.held(story, ALL + " -- again")
        self.assertRefused(story, job, before)

    def test_a_cell_that_nobody_left_may_be_told_again(self):
        story = Story(self.site, policy="acro-uk")
        self.released(story, YOUNG)
        lines = rows(200).splitlines()
        gone = next(x for x in reversed(lines[1:]) if int(x.split(",")[2]) >= 50)
        self.again(story, [x for x in lines if x != gone])
        self.released(story, YOUNG + " -- again")

    def test_ten_persons_more_and_the_same_question(self):
        story = Story(self.site, policy="acro-uk")
        self.released(story, ALL)
        self.again(story, rows(220).splitlines())
        self.released(story, ALL + " -- again")

    def test_through_a_version_that_was_too_short(self):
        """A file that was cut off, then one that lacks one: what lies between hides nothing."""
        story = Story(self.site, policy="acro-uk")
        before = self.released(story, ALL)
        self.again(story, rows(100).splitlines())
        self.again(story, rows(198).splitlines())
        self.assertRefused(story, self.held(story, ALL + " -- again"), before)


if __name__ == "__main__":
    import unittest
    unittest.main()
