/* head_test.c -- heads that could be read in two ways have a flaw; sound ones have none. */
#include "datasite/http/head.h"

#include "datasite/base/check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct head
sound(void)
{
    return (struct head){.method = STR("GET"),
        .target = STR("/healthz"),
        .version = STR("HTTP/1.1"),
        .field = {{STR("Host"), STR("127.0.0.1:8080")}},
        .fields_n = 1};
}

static void
add(struct head *h, const char *name, const char *value)
{
    h->field[h->fields_n].name = str_of(name);
    h->field[h->fields_n].value = str_of(value);
    h->fields_n++;
}

static struct head
with(const char *name, const char *value)
{
    struct head h = sound();

    add(&h, name, value);
    return h;
}

Test(head, sound_heads_have_no_flaw)
{
    static const char *const fields[][2] = {{"Accept", "a b\tc"}, {"X-A", ""},
        {"Content-Length", "0"}, {"Content-Length", "999999999999999"},
        {"Transfer-Encoding", "Chunked"}, {"Expect", "100-Continue"},
        {"X-\x21~", "\xc3\xa9"}, {"Cookie", "a=b; c=d"}, {"Hos", "x"}};

    for (size_t i = 0; i < ARRAY_N(fields); i++) {
        struct head h = with(fields[i][0], fields[i][1]);
        cr_assert_null(head_flaw(&h), "%s: %s", fields[i][0], head_flaw(&h));
    }
}

Test(head, fields_that_decide_stand_once_and_alone)
{
    static const char *const names[] = {"Host", "content-length", "TRANSFER-ENCODING",
        "Authorization", "Cookie", "Content-Type", "Origin", "x-csrf-token", "If-Match",
        "Idempotency-Key", "Expect", "If-None-Match", "Last-Event-ID"};

    for (size_t i = 0; i < ARRAY_N(names); i++) {
        struct head h = sound();
        char longer[64];

        add(&h, names[i], "1");
        add(&h, names[i], "1");
        cr_assert_not_null(head_flaw(&h), "%s twice", names[i]);
        h = sound();
        snprintf(longer, sizeof longer, "%s0", names[i]);
        add(&h, longer, "1");
        cr_assert_not_null(head_flaw(&h), "%s", longer);
    }
}

Test(head, bad_fields_are_flaws)
{
    static const char *const fields[][2] = {{"", "x"}, {"X A", "x"}, {"X:A", "x"},
        {"X-\xc3\xa9", "x"}, {"X-A", "\x01"}, {"X-A", "a\x7f"}, {"X-A", "a\rb"},
        {"Content-Length", ""}, {"Content-Length", "+1"}, {"Content-Length", "-1"},
        {"Content-Length", "1 "}, {"Content-Length", "0x1"},
        {"Content-Length", "1000000000000000"}, {"Content-Length", "1,1"},
        {"Transfer-Encoding", "gzip"}, {"Transfer-Encoding", "gzip, chunked"},
        {"Transfer-Encoding", "chunked "}, {"Transfer-Encoding", ""},
        {"Expect", "200-ok"}};

    for (size_t i = 0; i < ARRAY_N(fields); i++) {
        struct head h = with(fields[i][0], fields[i][1]);
        cr_assert_not_null(head_flaw(&h), "%s: %s", fields[i][0], fields[i][1]);
    }
}

Test(head, long_values_and_addresses_are_flaws)
{
    static char text[HEAD_VALUE_BYTES_MAX + 2];
    struct head h;

    memset(text, 'a', sizeof text - 1);
    h = with("X-A", text);
    cr_assert_not_null(head_flaw(&h));
    h = with("X-A", text + 1);
    cr_assert_null(head_flaw(&h));
    text[0] = '/';
    h = sound();
    h.target = (struct str){text, HEAD_TARGET_BYTES_MAX + 1};
    cr_assert_not_null(head_flaw(&h));
    h.target.len--;
    cr_assert_null(head_flaw(&h));
}

Test(head, length_and_coding_exclude_each_other)
{
    struct head h = with("Content-Length", "0");

    add(&h, "Transfer-Encoding", "chunked");
    cr_assert_not_null(head_flaw(&h));
}

Test(head, chunks_need_http_1_1)
{
    struct head h = with("Transfer-Encoding", "chunked");

    h.version = STR("HTTP/1.0");
    cr_assert_not_null(head_flaw(&h));
}

Test(head, hosts)
{
    static const struct {
        const char *host, *name; /* NULL: a flaw */
    } cases[] = {{"a.example", "a.example"}, {"a.example:80", "a.example"},
        {"[::1]", "::1"}, {"[::1]:80", "::1"}, {"127.0.0.1:8080", "127.0.0.1"},
        {"", NULL}, {":80", NULL}, {"[", NULL}, {"a b", NULL}, {"a/b", NULL},
        {"a@b", NULL}, {"[]", NULL}};

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct head h = sound();

        h.field[0].value = str_of(cases[i].host);
        if (cases[i].name == NULL)
            cr_assert_not_null(head_flaw(&h), "%s", cases[i].host);
        else
            cr_assert(
                str_eq(head_host(&h), str_of(cases[i].name)), "%s", cases[i].host);
    }
}

Test(head, only_http_1_0_may_come_without_host)
{
    struct head h = sound();

    h.fields_n = 0;
    cr_assert_not_null(head_flaw(&h));
    h.version = STR("HTTP/1.0");
    cr_assert_null(head_flaw(&h));
}

Test(head, request_lines)
{
    static const struct str targets[] = {
        STR("/a b"), STR("/\x7f"), STR("/\xc3\xa9"), STR("/a\tb")};
    static const struct str versions[] = {
        STR("HTTP/1.2"), STR("HTTP/2.0"), STR(""), STR("http/1.1"), STR("HTTP/0.9")};
    static const struct str methods[] = {
        STR(""), STR("G<T"), STR("GE T"), STR("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG")};
    struct head h;

    for (size_t i = 0; i < ARRAY_N(targets); i++) {
        h = sound();
        h.target = targets[i];
        cr_assert_not_null(head_flaw(&h), "target %zu", i);
    }
    for (size_t i = 0; i < ARRAY_N(versions); i++) {
        h = sound();
        h.version = versions[i];
        cr_assert_not_null(head_flaw(&h), "version %zu", i);
    }
    for (size_t i = 0; i < ARRAY_N(methods); i++) {
        h = sound();
        h.method = methods[i];
        cr_assert_not_null(head_flaw(&h), "method %zu", i);
    }
}

Test(head, torn_and_overfull_heads_are_flaws)
{
    struct head h = sound();

    h.is_torn = true;
    cr_assert_not_null(head_flaw(&h));
    h = sound();
    h.is_overfull = true;
    cr_assert_not_null(head_flaw(&h));
}

Test(head, tells_how_much_body_comes)
{
    struct head none = sound(), some = with("Content-Length", "12"),
                untold = with("Transfer-Encoding", "chunked");

    cr_assert_eq(head_body_bytes(&none), 0);
    cr_assert_eq(head_body_bytes(&some), 12);
    cr_assert_eq(head_body_bytes(&untold), -1);
}
