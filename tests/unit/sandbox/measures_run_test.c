/* measures_run_test.c -- measurements as a script calls them, through runner, broker and
 * worker, on a mock of three rows: 20 in A, 30 in B, 40 in A. */
#include "tests/unit/sandbox/mock_run.h"

#include "datasite/base/check.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define OPEN "local v = site.open 'd' "

Test(measures_run, scripts_get_their_answers)
{
    static const struct {
        const char *source, *output;
    } cases[] = {
        {OPEN "return math.floor(v:variance('age'):exact() * 100)", "6666"},
        {OPEN "return math.floor(v:derive('a', 'age * 2'):covariance('age', 'a')"
              ":exact())",
            "133"},
        {OPEN "return v:derive('a', 'age * 2'):covariance{columns = {'age', 'a', 'a'}}"
              ":exact()",
            NULL},
        {OPEN "return v:most_common('ward', 2):exact()", "[\"A\",\"B\"]"},
        {OPEN "return v:above_threshold({'age > 30', 'age > 20'}, 1):exact()", "2"},
        {OPEN "return v:bounds('age'):exact()", "{\"lower\":16,\"upper\":63}"},
        {OPEN
            "local f = v:derive('a', '3 * age + 5'):fit{model = 'linear', target = 'a',"
            "columns = {'age'}}:exact() return math.floor(f.age * 100 + 0.5)",
            "300"},
        {OPEN "local f = v:derive('old', 'age > 25'):fit{model = 'logistic',"
              "target = 'old', columns = {'age'}, steps = 3}:exact()"
              " return f.age > 0",
            "true"},
        {OPEN "local p = v:partition('ward', {'A', 'B'})"
              " return {p.A:count():exact(), p.B:count():exact()}",
            "[2,1]"},
        {OPEN "local t = {{ward = 'A', beds = 10}, {ward = 'B', beds = 7}}"
              " return v:join_public(t, 'ward'):sum('beds'):exact()",
            "27"},
        {OPEN "return v:group_by('ward'):quantile('age', {0.5},"
              "{candidates = {0, 120, 10}}):exact()",
            "{\"A\":[30],\"B\":[30]}"},
        /* two parts cost what one does */
        {OPEN "local p = v:partition('ward', {'A', 'B'})"
              " p.A:count{epsilon = 0.6}:release() p.B:count{epsilon = 0.6}:release()"
              " return (pcall(function() p.A:count{epsilon = 0.5}:release() end))",
            "false"},
    };
    struct runner *r = mock_runner(NULL);

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct outcome out;
        cr_assert_eq(mock_run(r, cases[i].source, &out), ERR_OK, "%s", cases[i].source);
        cr_expect_eq(out.kind,
            cases[i].output != NULL ? OUTCOME_OK : OUTCOME_SCRIPT_ERROR, "%s: %s",
            cases[i].source, out.text);
        char *text = mock_output(&out);
        if (cases[i].output != NULL)
            cr_expect_str_eq(text, cases[i].output, "%s: %s", cases[i].source, text);
        free(text);
        outcome_release(&out);
    }
    runner_stop(r);
}
