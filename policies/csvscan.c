/* csvscan.c -- RFC 4180 text to fields, streaming, in constant memory. */
#include "policies/csvscan.h"

#include "datasite/base/limits.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define READ_BYTES (64 << 10)

/* The window holds the field being read and what was read beyond it. Offsets in the
 * window move when it is shifted; `base` is the text's offset of window[0]. */
struct csvscan {
    struct csv_source source;
    char *window;
    size_t cap, at, end;
    int64_t base, line, line_start;
    bool ended, failed;
    bool owes_field; /* a separator came last: a field follows even at the end */
    bool stops[256]; /* bytes that end the run of an unquoted field */
    char separator;
};

/* A field under way: window[from..to) is its text so far, `at` the next byte to read. */
struct scan {
    size_t from, to, at;
    const char *wrong;
};

/* Moves the field's text to the front of the window and what is unread behind it, so
 * that neither earlier fields nor bytes passed over take room. */
static void
window_shift(struct csvscan *s, struct scan *f)
{
    size_t text = f->to - f->from, rest = s->end - f->at;

    memmove(s->window, s->window + f->from, text);
    memmove(s->window + text, s->window + f->at, rest);
    s->base += (int64_t)(f->at - text);
    s->end = text + rest;
    *f = (struct scan){.to = text, .at = text, .wrong = f->wrong};
}

static bool
window_fill(struct csvscan *s, struct scan *f)
{
    ssize_t got;

    if (s->ended)
        return false;
    if (s->cap - s->end < READ_BYTES)
        window_shift(s, f);
    got = s->source.read(s->source.self, s->window + s->end, READ_BYTES);
    if (got <= 0) {
        s->ended = true;
        s->failed = got < 0;
        return false;
    }
    s->end += (size_t)got;
    return true;
}

static bool
has_byte(struct csvscan *s, struct scan *f)
{
    return f->at < s->end || window_fill(s, f);
}

/* Forgets what an overlong field holds, so that the window never grows. */
static void
cut_overlong(struct scan *f, const char *what)
{
    if (f->to - f->from <= CSV_FIELD_BYTES_MAX)
        return;
    f->wrong = what;
    f->from = f->to = f->at;
}

static char
separator_of(struct str head)
{
    static const char candidates[] = {',', ';', '\t'};
    size_t counts[3] = {0, 0, 0}, best = 0;
    bool quoted = false;

    for (size_t i = 0; i < head.len; i++) {
        char c = head.ptr[i];
        if (!quoted && (c == '\n' || c == '\r'))
            break;
        quoted ^= c == '"';
        for (size_t k = 0; k < 3; k++)
            counts[k] += !quoted && c == candidates[k];
    }
    for (size_t k = 1; k < 3; k++)
        if (counts[k] > counts[best])
            best = k;
    return candidates[best];
}

static void
scan_begin(struct csvscan *s)
{
    struct scan none = {0};

    while (s->end < READ_BYTES && window_fill(s, &none))
        ;
    if (s->end >= 3 && memcmp(s->window, "\xef\xbb\xbf", 3) == 0)
        s->at = 3;
    s->line_start = (int64_t)s->at;
    s->separator = separator_of((struct str){s->window + s->at, s->end - s->at});
    s->stops[(unsigned char)s->separator] = true;
    s->stops['\n'] = s->stops['\r'] = s->stops['"'] = true;
}

struct csvscan *
csvscan_new(struct csv_source source)
{
    struct csvscan *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->source = source;
    s->cap = CSV_FIELD_BYTES_MAX + 4 * READ_BYTES;
    s->window = malloc(s->cap);
    if (s->window == NULL) {
        free(s);
        return NULL;
    }
    s->line = 1;
    scan_begin(s);
    return s;
}

void
csvscan_free(struct csvscan *s)
{
    if (s == NULL)
        return;
    free(s->window);
    free(s);
}

void
csvscan_free_p(struct csvscan **s)
{
    csvscan_free(*s);
}

/* Steps over one line end at f->at. */
static void
take_line_end(struct csvscan *s, struct scan *f)
{
    char first = s->window[f->at++];

    if (first == '\r' && has_byte(s, f) && s->window[f->at] == '\n')
        f->at++;
    s->line++;
    s->line_start = s->base + (int64_t)f->at;
}

/* Runs to the byte that ends an unquoted field, or to the end of the text. */
static void
scan_plain(struct csvscan *s, struct scan *f)
{
    while (has_byte(s, f)) {
        const char *p = s->window + f->at, *end = s->window + s->end;
        while (p < end && !s->stops[(unsigned char)*p])
            p++;
        f->at = f->to = (size_t)(p - s->window);
        cut_overlong(f, "is longer than 1 MiB");
        if (p == end)
            continue;
        if (*p != '"')
            return;
        f->wrong = "holds a quote although it is not quoted";
        f->to = ++f->at;
    }
}

/* Lines go on inside quotes; the LF of a CRLF ends the line that its CR ended. */
static void
count_line(struct csvscan *s, const struct scan *f, char c, char before)
{
    if (c != '\n' && c != '\r')
        return;
    s->line += c == '\r' || before != '\r';
    s->line_start = s->base + (int64_t)f->at;
}

/* Moves the text of a quoted field together: window[from..to) is what it says, doubled
 * quotes made one. Ends behind the closing quote. */
static void
scan_quoted(struct csvscan *s, struct scan *f)
{
    char before = '\0';

    f->from = f->to = ++f->at;
    while (has_byte(s, f)) {
        char c = s->window[f->at++];
        if (c == '"') {
            if (!has_byte(s, f) || s->window[f->at] != '"')
                return;
            f->at++;
        }
        count_line(s, f, c, before);
        s->window[f->to++] = before = c;
        cut_overlong(f, "is longer than 1 MiB; is its quote closed?");
    }
    if (f->wrong == NULL)
        f->wrong = "opens a quote that is never closed";
}

/* Passes over what stands between a closing quote and the end of the field. */
static void
skip_tail(struct csvscan *s, struct scan *f)
{
    while (has_byte(s, f)) {
        char c = s->window[f->at];
        if (c == s->separator || c == '\n' || c == '\r')
            return;
        f->wrong = "has text behind its closing quote";
        f->at++;
    }
}

enum csv_step
csvscan_next(struct csvscan *s, struct csv_field *out)
{
    struct scan f = {.from = s->at, .to = s->at, .at = s->at};
    bool more = has_byte(s, &f);

    if (!more && (s->failed || !s->owes_field))
        return s->failed ? CSV_FAILED : CSV_END;
    s->owes_field = false;
    int64_t column = s->base + (int64_t)f.at - s->line_start + 1;
    *out = (struct csv_field){.line = s->line,
        .column = column > INT_MAX ? INT_MAX : (int)column,
        .quoted = more && s->window[f.at] == '"'};
    if (out->quoted) {
        scan_quoted(s, &f);
        skip_tail(s, &f);
    } else {
        scan_plain(s, &f);
    }
    out->last = true;
    if (has_byte(s, &f) && s->window[f.at] == s->separator) {
        f.at++;
        s->owes_field = true;
        out->last = false;
    } else if (f.at < s->end) {
        take_line_end(s, &f);
    }
    if (s->failed)
        return CSV_FAILED;
    out->text = (struct str){s->window + f.from, f.to - f.from};
    out->wrong = f.wrong;
    s->at = f.at;
    return CSV_FIELD;
}

static ssize_t
bytes_read(void *self, char *p, size_t cap)
{
    struct str *rest = self;
    size_t n = rest->len < cap ? rest->len : cap;

    if (n > 0)
        memcpy(p, rest->ptr, n);
    rest->ptr += n;
    rest->len -= n;
    return (ssize_t)n;
}

struct csv_source
csv_source_of(struct str *bytes)
{
    return (struct csv_source){.self = bytes, .read = bytes_read};
}
