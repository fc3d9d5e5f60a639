/* csv.c -- hostile CSV text to typed rows, a segment at a time.
 *
 * Memory does not grow with the text: a segment of values and the bytes of its texts have
 * fixed room, and a segment is handed on when either is full. */
#include "sandbox/table/csv.h"

#include "datasite/base/digest.h"
#include "datasite/base/fdio.h"
#include "policies/csvscan.h"
#include "policies/schema_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO_MEMORY(d)          FAIL(d, ERR_TOO_LARGE, "The upload needs too much memory.")
#define SEGMENT_VALUES_MAX    ((size_t)8 << 20) /* of all columns together */
#define ROW_TEXT_BYTES_MAX    ((size_t)8 << 20)
#define SEGMENT_TEXT_BYTES    (2 * ROW_TEXT_BYTES_MAX)
#define CATEGORIES_LINEAR_MAX 8

struct load {
    struct diag *d;
    const struct schema *s;
    const struct csv_sink *sink;
    struct csv_report *report;
    int fd;
    struct sha256 hash;
    struct csvscan *scan;
    size_t *column_of;          /* schema column of each place of the header */
    size_t places;              /* of the header */
    struct labels **categories; /* by schema column: lookup of long lists */
    int64_t **values;
    uint8_t **valid;
    struct str **texts;
    size_t row, row_cap; /* of the segment */
    char *text;          /* the segment's text bytes */
    size_t text_n;
};

static ssize_t
load_read(void *self, char *p, size_t cap)
{
    struct load *l = self;
    ssize_t got;

    do {
        got = read(l->fd, p, cap);
    } while (got == -1 && errno == EINTR);
    if (got > 0)
        sha256_add(&l->hash, p, (size_t)got);
    return got;
}

/* ---- room ---- */

static enum err
load_room_column(struct load *l, size_t c)
{
    const struct schema_column *col = &l->s->columns[c];

    l->values[c] = calloc(l->row_cap, sizeof *l->values[c]);
    l->valid[c] = calloc(l->row_cap, sizeof *l->valid[c]);
    l->texts[c] =
        schema_has_labels(col) ? calloc(l->row_cap, sizeof *l->texts[c]) : NULL;
    if (l->values[c] == NULL || l->valid[c] == NULL ||
        (schema_has_labels(col) && l->texts[c] == NULL)) {
        return NO_MEMORY(l->d);
    }
    if (col->categories_n <= CATEGORIES_LINEAR_MAX)
        return ERR_OK;
    l->categories[c] = labels_new();
    for (size_t i = 0; i < col->categories_n; i++) {
        uint32_t code; /* equals i: categories are distinct */
        if (l->categories[c] == NULL ||
            !labels_code(l->categories[c], str_of(col->categories[i]), &code)) {
            return NO_MEMORY(l->d);
        }
    }
    return ERR_OK;
}

static enum err
load_room(struct load *l)
{
    size_t n = l->s->columns_n;

    l->row_cap =
        SEGMENT_VALUES_MAX / n < SEGMENT_ROWS ? SEGMENT_VALUES_MAX / n : SEGMENT_ROWS;
    l->column_of = calloc(n, sizeof *l->column_of);
    l->categories = calloc(n, sizeof(struct labels *));
    l->values = calloc(n, sizeof(int64_t *));
    l->valid = calloc(n, sizeof(uint8_t *));
    l->texts = calloc(n, sizeof(struct str *));
    l->text = malloc(SEGMENT_TEXT_BYTES);
    if (l->column_of == NULL || l->categories == NULL || l->values == NULL ||
        l->valid == NULL || l->texts == NULL || l->text == NULL) {
        return NO_MEMORY(l->d);
    }
    for (size_t c = 0; c < n; c++)
        TRY(load_room_column(l, c));
    l->scan = csvscan_new((struct csv_source){.self = l, .read = load_read});
    return l->scan != NULL ? ERR_OK : NO_MEMORY(l->d);
}

static void
load_release(struct load *l)
{
    for (size_t c = 0; c < l->s->columns_n; c++) {
        if (l->categories != NULL)
            labels_free(l->categories[c]);
        if (l->values != NULL)
            free(l->values[c]);
        if (l->valid != NULL)
            free(l->valid[c]);
        if (l->texts != NULL)
            free(l->texts[c]);
    }
    free(l->column_of);
    free(l->categories);
    free(l->values);
    free(l->valid);
    free(l->texts);
    free(l->text);
    csvscan_free(l->scan);
}

/* ---- what is wrong, and where ---- */

static bool
places_full(const struct load *l)
{
    return l->report->places_n == CSV_PLACES_MAX;
}

static void
note(struct load *l, const struct csv_field *f, const char *column, const char *what)
{
    struct csv_place *p;

    if (places_full(l))
        return;
    p = &l->report->places[l->report->places_n++];
    p->line = f->line;
    p->column = f->column;
    snprintf(p->name, sizeof p->name, "%s", column);
    snprintf(p->text, sizeof p->text, "%s", what);
}

static enum err
refusal(struct load *l)
{
    const struct csv_place *p = &l->report->places[0];

    return FAIL_FIELD(l->d, ERR_UNPROCESSABLE, p->name,
        "Line %lld, column %d: %s%s%s. Nothing was stored.", (long long)p->line,
        p->column, p->name, p->name[0] != '\0' ? " " : "", p->text);
}

static enum err
next_field(struct load *l, struct csv_field *f, bool *more)
{
    enum csv_step step = csvscan_next(l->scan, f);

    *more = step == CSV_FIELD;
    if (step == CSV_FAILED)
        return FAIL(l->d, ERR_IO, "The upload broke off.");
    return ERR_OK;
}

/* ---- the header ---- */

static void
take_header_name(struct load *l, const struct csv_field *f)
{
    const struct schema_column *c = schema_find(l->s, f->text);
    char name[NAME_BYTES_MAX + 1];

    snprintf(name, sizeof name, "%.*s", (int)(f->text.len < 60 ? f->text.len : 60),
        f->text.ptr);
    if (f->wrong != NULL) {
        note(l, f, "", f->wrong);
    } else if (!str_utf8_ok(f->text)) {
        note(l, f, "", "the header is not UTF-8");
    } else if (c == NULL) {
        note(l, f, name, "is not a column of the schema");
    } else {
        size_t index = (size_t)(c - l->s->columns);
        for (size_t i = 0; i < l->places; i++)
            if (l->column_of[i] == index)
                note(l, f, name, "stands in the header twice");
        if (l->places < l->s->columns_n)
            l->column_of[l->places++] = index;
    }
}

static void
note_missing(struct load *l, const struct csv_field *at)
{
    for (size_t c = 0; c < l->s->columns_n; c++) {
        size_t i = 0;
        while (i < l->places && l->column_of[i] != c)
            i++;
        if (i == l->places)
            note(l, at, l->s->columns[c].name, "is missing from the header");
    }
}

static enum err
load_header(struct load *l)
{
    struct csv_field f = {.line = 1, .column = 1};
    bool more;

    TRY(next_field(l, &f, &more));
    if (!more || (f.last && f.text.len == 0)) {
        note(l, &(struct csv_field){.line = 1, .column = 1}, "",
            more ? "the first line is empty, but must name the columns"
                 : "the text is empty, but must name the columns in its first line");
        return ERR_OK;
    }
    take_header_name(l, &f);
    while (more && !f.last) {
        TRY(next_field(l, &f, &more));
        if (more)
            take_header_name(l, &f);
    }
    note_missing(l, &f);
    return ERR_OK;
}

/* ---- rows ---- */

static const char *
take_text(struct load *l, size_t c, const struct csv_field *f)
{
    char *copy = l->text + l->text_n;

    if (f->text.len > ROW_TEXT_BYTES_MAX ||
        SEGMENT_TEXT_BYTES - l->text_n < f->text.len) {
        return "makes the row longer than 8 MiB";
    }
    if (f->text.len > 0)
        memcpy(copy, f->text.ptr, f->text.len);
    l->text_n += f->text.len;
    l->texts[c][l->row] = (struct str){copy, f->text.len};
    return NULL;
}

static const char *
take_category(const struct load *l, size_t c, struct str text, int64_t *out)
{
    if (l->categories[c] == NULL)
        return schema_value(&l->s->columns[c], text, out);
    *out = labels_find(l->categories[c], text);
    return *out >= 0 ? NULL : "is not a declared category";
}

static const char *
take_value(struct load *l, size_t c, const struct csv_field *f)
{
    const struct schema_column *col = &l->s->columns[c];
    int64_t *v = &l->values[c][l->row];
    const char *wrong;

    *v = 0;
    l->valid[c][l->row] = f->text.len > 0 || f->quoted;
    if (schema_has_labels(col))
        l->texts[c][l->row] = STR("");
    if (f->wrong != NULL)
        return f->wrong;
    if (!l->valid[c][l->row])
        return col->nullable ? NULL : "is empty, but the column is not nullable";
    wrong = col->type == COL_CATEGORY ? take_category(l, c, f->text, v)
                                      : schema_value(col, f->text, v);
    if (wrong == NULL && schema_has_labels(col))
        wrong = take_text(l, c, f);
    if (wrong == NULL && col->bounded && (*v < col->lower || *v > col->upper))
        l->report->outside_bounds++;
    return wrong;
}

static enum err
flush(struct load *l)
{
    if (l->row == 0)
        return ERR_OK;
    if (l->report->places_n == 0) {
        TRY(l->sink->segment(l->sink->self, l->d, l->row, l->values, l->valid,
            (const struct str *const *)l->texts));
        l->report->rows += (int64_t)l->row;
    }
    l->row = 0;
    l->text_n = 0;
    return ERR_OK;
}

/* One record whose first field is in f already. */
static enum err
load_record(struct load *l, struct csv_field *f)
{
    size_t at = 0;
    bool more = true;

    for (;; at++) {
        if (at < l->places) {
            const char *wrong = take_value(l, l->column_of[at], f);
            if (wrong != NULL)
                note(l, f, l->s->columns[l->column_of[at]].name, wrong);
        } else if (at == l->places) {
            note(l, f, "", "the line has more fields than the header");
        }
        if (!more || f->last || places_full(l))
            break;
        TRY(next_field(l, f, &more));
    }
    if (at + 1 < l->places && !places_full(l))
        note(l, f, "", "the line has fewer fields than the header");
    l->row++;
    if (l->row == l->row_cap || l->text_n > ROW_TEXT_BYTES_MAX)
        return flush(l);
    return ERR_OK;
}

static bool
is_blank(const struct load *l, const struct csv_field *f)
{
    return l->places > 1 && f->last && !f->quoted && f->text.len == 0;
}

static enum err
load_rows(struct load *l)
{
    struct csv_field f, blank = {.line = 0};
    bool more;

    for (;;) {
        TRY(next_field(l, &f, &more));
        if (!more || places_full(l))
            return flush(l);
        if (is_blank(l, &f)) { /* pardoned at the end of the text */
            blank = blank.line == 0 ? f : blank;
            continue;
        }
        if (blank.line != 0)
            note(l, &blank, "", "the line is empty");
        blank.line = 0;
        TRY(load_record(l, &f));
    }
}

/* Whoever sends the text is let finish, and the digest is of all of it. */
static enum err
drain(struct load *l)
{
    char chunk[16 << 10];
    ssize_t got;

    do {
        got = load_read(l, chunk, sizeof chunk);
    } while (got > 0);
    if (got < 0)
        return FAIL(l->d, ERR_IO, "The upload broke off.");
    l->report->sha256 = sha256_end(&l->hash);
    return ERR_OK;
}

static enum err
load_all(struct load *l)
{
    TRY(load_room(l));
    TRY(load_header(l));
    if (l->report->places_n == 0)
        TRY(load_rows(l));
    TRY(drain(l));
    return l->report->places_n == 0 ? ERR_OK : refusal(l);
}

enum err
csv_load(struct diag *d, const struct schema *s, int fd, const struct csv_sink *sink,
    struct csv_report *report)
{
    struct load l = {.d = d, .s = s, .fd = fd, .sink = sink, .report = report};
    enum err err;

    *report = (struct csv_report){0};
    sha256_init(&l.hash);
    err = load_all(&l);
    load_release(&l);
    return err;
}
