/* gate_test.c -- host names of this site and nobody else's; a rate for each address. */
#include "datasite/http/gate.h"

#include "datasite/base/check.h"

#include <criterion/criterion.h>

Test(gate, hosts)
{
    static const char *const names[] = {"data.example"};
    struct gate_config c = {.hosts = names, .hosts_n = 1, .is_public = true};
    static const char *const known[] = {"127.0.0.1", "localhost", "LOCALHOST", "::1",
        "10.1.2.3", "2001:db8::1", "data.example", "Data.Example"};
    static const char *const unknown[] = {"", "evil.example", "localhost.evil.example",
        "data.example.evil.example", "127.0.0.1.evil.example", "abc", "xdata.example"};
    struct gate *g = gate_new(&c);

    for (size_t i = 0; i < ARRAY_N(known); i++)
        cr_assert(gate_knows_host(g, str_of(known[i])), "%s", known[i]);
    for (size_t i = 0; i < ARRAY_N(unknown); i++)
        cr_assert_not(gate_knows_host(g, str_of(unknown[i])), "%s", unknown[i]);
    gate_free(g);
}

Test(gate, without_a_list_only_a_public_site_takes_any_name)
{
    struct gate_config c = {.is_public = false};
    struct gate *g = gate_new(&c);

    cr_assert_not(gate_knows_host(g, STR("any.example")));
    gate_free(g);
    c.is_public = true;
    g = gate_new(&c);
    cr_assert(gate_knows_host(g, STR("any.example")));
    gate_free(g);
}

Test(gate, a_burst_then_a_rate)
{
    struct gate_config c = {.requests_per_s = 10};
    struct gate *g = gate_new(&c);
    struct monous now = {1000000000};
    int taken = 0;

    while (taken < 1000 && gate_wait_s(g, "10.0.0.1", now) == 0)
        taken++;
    cr_assert(taken >= 20 && taken <= 22, "%d", taken);
    cr_assert_gt(gate_wait_s(g, "10.0.0.1", now), 0);
    cr_assert_eq(gate_wait_s(g, "10.0.0.2", now), 0);
    now.us += 1000000;
    taken = 0;
    while (taken < 1000 && gate_wait_s(g, "10.0.0.1", now) == 0)
        taken++;
    cr_assert(taken >= 9 && taken <= 11, "%d", taken);
    gate_free(g);
}

Test(gate, zero_is_no_limit)
{
    struct gate_config c = {0};
    struct gate *g = gate_new(&c);

    for (int i = 0; i < 100000; i++)
        cr_assert_eq(gate_wait_s(g, "10.0.0.1", (struct monous){1}), 0);
    gate_free(g);
}
