/* log.c -- one JSON line per event on stderr, written at once so that lines never mix. */
#include "datasite/base/log.h"

#include "datasite/base/clock.h"
#include "datasite/base/str.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_BYTES_MAX 4096

struct log_state {
    char program[32];
    enum log_level least;
};
/* Set once at start, before threads. */
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
static struct log_state log_state = {"datasite", LOG_INFO};

void
log_init(const char *program, enum log_level least)
{
    snprintf(log_state.program, sizeof log_state.program, "%s", program);
    log_state.least = least;
}

static const char *
level_name(enum log_level level)
{
    switch (level) {
    case LOG_DEBUG:
        return "debug";
    case LOG_INFO:
        return "info";
    case LOG_WARN:
        return "warn";
    case LOG_ERROR:
        return "error";
    }
    return "error";
}

/* text is changed: what is not UTF-8 in it is replaced. */
static void
log_write(enum log_level level, const char *event, char *text, json_t *more)
{
    char time[32], line[LOG_LINE_BYTES_MAX];
    json_auto_t *o = NULL;
    size_t n;

    str_utf8_mend(text, strlen(text));
    o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o*}", "time",
        clock_text(clock_wall(), time), "level", level_name(level), "program",
        log_state.program, "event", event, "text", text, "where", more);
    if (o == NULL)
        return;
    n = json_dumpb(o, line, sizeof line - 1, JSON_COMPACT);
    if (n == 0 || n >= sizeof line)
        return;
    line[n++] = '\n';
    /* A log that cannot be written has nowhere to say so. */
    if (write(STDERR_FILENO, line, n) < 0)
        return;
}

void
log_event(enum log_level level, const char *event, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    if (level < log_state.least)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    log_write(level, event, text, NULL);
}

void
log_diag(enum log_level level, const char *event, const struct diag *d)
{
    char text[1024];

    if (level < log_state.least)
        return;
    snprintf(text, sizeof text, "%s: %s%s%s", err_slug(d->code), d->field,
        d->field[0] == '\0' ? "" : ": ", d->text);
    log_write(level, event, text,
        json_sprintf("%s:%d", d->file == NULL ? "" : d->file, d->line));
}
