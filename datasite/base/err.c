/* err.c -- what each failure code means, and keeping the first failure. */
#include "datasite/base/err.h"

#include "datasite/base/check.h"
#include "datasite/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct err_row {
    int http;
    const char *slug;
    const char *title;
};

static const struct err_row err_rows[] = {
#define ERR(name, http, slug, title) {http, slug, title},
#include "datasite/base/err.def"
#undef ERR
};

void
check_failed(const char *what, const char *file, int line)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%s:%d: must hold: %s\n", file, line, what);
    size_t len = n < (int)sizeof text ? (size_t)n : sizeof text - 1;

    /* Nothing more can be done about a message that cannot be written. */
    if (write(STDERR_FILENO, text, len) < 0)
        abort();
    abort();
}

static const struct err_row *
err_row(enum err code)
{
    CHECK((size_t)code < ARRAY_N(err_rows));
    return &err_rows[code];
}

int
err_http(enum err code)
{
    return err_row(code)->http;
}

const char *
err_slug(enum err code)
{
    return err_row(code)->slug;
}

const char *
err_title(enum err code)
{
    return err_row(code)->title;
}

void
diag_clear(struct diag *d)
{
    *d = (struct diag){0};
}

/* Texts come from hostile input too and are cut at a byte: what stays must be UTF-8, or
 * no answer could be made of it. */
static void
diag_fill(struct diag *d, enum err code, const char *file, int line, const char *field,
    const char *fmt, va_list ap)
{
    d->code = code;
    d->file = file;
    d->line = line;
    snprintf(d->field, sizeof d->field, "%s", field);
    vsnprintf(d->text, sizeof d->text, fmt, ap);
    str_utf8_mend(d->field, strlen(d->field));
    str_utf8_mend(d->text, strlen(d->text));
}

enum err
diag_set(
    struct diag *d, enum err code, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    CHECK(code != ERR_OK);
    if (d == NULL || d->code != ERR_OK)
        return code;
    va_start(ap, fmt);
    diag_fill(d, code, file, line, "", fmt, ap);
    va_end(ap);
    return code;
}

enum err
diag_set_field(struct diag *d, enum err code, const char *file, int line,
    const char *field, const char *fmt, ...)
{
    va_list ap;

    CHECK(code != ERR_OK);
    if (d == NULL || d->code != ERR_OK)
        return code;
    va_start(ap, fmt);
    diag_fill(d, code, file, line, field, fmt, ap);
    va_end(ap);
    return code;
}
