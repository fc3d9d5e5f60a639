/* expect_test.c -- what a policy that asks for context takes for said. */
#include "datasite/core/expect.h"

#include <criterion/criterion.h>

static bool
said(const char *question, const char *outputs)
{
    json_auto_t *list = json_loads(outputs, 0, NULL);
    const struct expect_words words = {.question = question, .outputs = list};

    return expect_context_said(&words);
}

Test(expect, context_is_a_question_and_a_word_on_every_output)
{
    cr_expect(said("How many stay?", "[{\"name\":\"n\",\"description\":\"days\"}]"));
    cr_expect_not(said(" \n", "[{\"name\":\"n\",\"description\":\"days\"}]"));
    cr_expect_not(said("How many stay?", "[{\"name\":\"n\"}]"));
    cr_expect_not(said("How many stay?",
        "[{\"name\":\"n\",\"description\":\"days\"},{\"name\":\"m\",\"description\":\" "
        "\"}]"));
    cr_expect_not(said("How many stay?", "[]"));
}
