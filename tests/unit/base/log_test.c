/* log_test.c -- every event is one line of JSON, whatever is in it. */
#include "datasite/base/fdio.h"
#include "datasite/base/json.h"
#include "datasite/base/log.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static int into[2];

static void
catch_stderr(void)
{
    log_init("test", LOG_INFO);
    cr_assert_eq(pipe(into), 0);
    cr_assert_neq(dup2(into[1], STDERR_FILENO), -1);
    close(into[1]);
}

static void
caught(struct buf *b)
{
    struct diag d = {0};

    close(STDERR_FILENO);
    buf_init(b, 1 << 20);
    cr_assert_eq(fd_read_all(&d, into[0], b), ERR_OK);
}

TestSuite(log, .init = catch_stderr);

Test(log, hostile_text_stays_one_line)
{
    json_auto_t *v = NULL;
    struct diag d = {0};
    const char *text = NULL, *event = NULL;
    BUF_SCOPE(b);

    log_event(LOG_DEBUG, "quiet", "not shown");
    log_event(LOG_WARN, "run.failed", "a\n\"b\" \xff %d", 5);
    caught(&b);
    cr_expect_eq(memchr(b.ptr, '\n', b.len), b.ptr + b.len - 1);
    cr_assert_eq(json_parse(&d, buf_str(&b), &v), ERR_OK, "%s", d.text);
    cr_assert_eq(
        json_take(&d, v, "{s:s, s:s}", "text", &text, "event", &event), ERR_OK);
    cr_expect_str_eq(text, "a\n\"b\" ? 5");
    cr_expect_str_eq(event, "run.failed");
}

Test(log, a_diagnostic_names_its_place)
{
    struct diag d = {0};
    BUF_SCOPE(b);

    cr_expect_eq(FAIL_FIELD(&d, ERR_INVALID, "/a", "is odd"), ERR_INVALID);
    log_diag(LOG_ERROR, "request.failed", &d);
    caught(&b);
    cr_expect(strstr(b.ptr, "invalid-request: /a: is odd") != NULL, "%s", b.ptr);
    cr_expect(strstr(b.ptr, "log_test.c:") != NULL, "%s", b.ptr);
}
