/* codescan.c -- what a Lua text contains, without running it.
 *
 * One walk over characters, one over tokens. What it says guides people and refuses
 * early; what a script can reach is decided by the sandbox alone. */
#include "policies/codescan.h"

#include "datasite/base/check.h"
#include "datasite/base/units.h"
#include "policies/charscan.h"
#include "policies/lualex.h"

#include <stdio.h>
#include <string.h>

#define FINDINGS_MAX 100
#define MARKS_MAX    2000
#define BLOCKS_MAX   200 /* deeper nesting is not followed; Lua itself refuses it */

/* Methods that make a measurement; release() spends its price. */
static const char *const measures[] = {
    "count",
    "count_units",
    "keys",
    "sum",
    "mean",
    "variance",
    "quantile",
    "histogram",
    "covariance",
    "most_common",
    "above_threshold",
    "sample_aggregate",
    "fit",
    "bounds",
};

/* Names that Lua has and the sandbox has not. */
static const char *const removed[] = {
    "load",
    "loadfile",
    "loadstring",
    "dofile",
    "require",
    "collectgarbage",
    "xpcall",
    "io",
    "os",
    "package",
    "debug",
    "coroutine",
};

struct block {
    bool loop, marked;
    int line;
};

struct scan {
    struct arena *arena;
    const struct schema *schema;
    enum lane lane;
    struct codescan *out;
    struct lua_token before, at, after; /* a window over the tokens */
    struct block blocks[BLOCKS_MAX];
    size_t blocks_n;
    int loop_line; /* a "for" or "while" that waits for its "do"; 0: none */
};

/* --- findings and marks ----------------------------------------------------------- */

static struct finding *
finding_add(struct codescan *out, const char *rule, int line, int column)
{
    struct finding *f = &out->findings[out->findings_n];

    out->findings_n +=
        out->findings_n < FINDINGS_MAX; /* the last place is for the rest */
    f->line = line;
    f->column = column;
    snprintf(f->rule, sizeof f->rule, "%s", rule);
    return f;
}

static void
mark_add(struct scan *s, int line, const char *kind, const char *text)
{
    struct codescan *out = s->out;

    if (out->marks_n == MARKS_MAX)
        return;
    size_t i = out->marks_n++;

    out->marks[i].line = line;
    snprintf(out->marks[i].kind, sizeof out->marks[i].kind, "%s", kind);
    snprintf(out->marks[i].text, sizeof out->marks[i].text, "%s", text);
}

static bool
among(struct str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(name, str_of(list[i])))
            return true;
    }
    return false;
}

static bool
token_is(const struct lua_token *t, const char *text)
{
    return (t->kind == LUA_NAME || t->kind == LUA_OTHER) &&
        str_eq(t->text, str_of(text));
}

/* --- characters and lines --------------------------------------------------------- */

static void
scan_characters(struct str source, struct codescan *out)
{
    struct charscan c;
    struct char_place p;

    charscan_init(&c, source);
    while (out->findings_n < FINDINGS_MAX && charscan_next(&c, &p)) {
        struct finding *f = finding_add(out, p.rule, p.line, p.column);

        if (strcmp(p.rule, "not-utf8") == 0) {
            snprintf(f->text, sizeof f->text, "byte 0x%02X is not UTF-8", p.code);
        } else {
            snprintf(f->text, sizeof f->text, "U+%04X is %s", p.code, p.what);
        }
    }
}

static void
scan_lines(struct str source, struct codescan *out)
{
    size_t start = 0;
    int line = 1;

    for (size_t i = 0; i <= source.len; i++) {
        if (i < source.len && source.ptr[i] != '\n')
            continue;
        if (i - start > SOURCE_LINE_BYTES_MAX) {
            struct finding *f =
                finding_add(out, "line-too-long", line, SOURCE_LINE_BYTES_MAX + 1);
            snprintf(f->text, sizeof f->text, "this line has %zu bytes, at most %d",
                i - start, SOURCE_LINE_BYTES_MAX);
        }
        start = i + 1;
        line++;
    }
}

/* --- columns ---------------------------------------------------------------------- */

static void
column_seen(struct scan *s, size_t i, int line)
{
    s->out->columns[i] = true;
    mark_add(s, line, "column", s->schema->columns[i].name);
}

static bool
is_word(const char *name)
{
    size_t n = 0;

    while (name_byte(name[n], n == 0))
        n++;
    return n > 0 && name[n] == '\0';
}

/* Does text hold name: between non-word bytes where name is a word, else anywhere? */
static bool
text_names(struct str text, const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; n > 0 && i + n <= text.len; i++) {
        const char *hit = memmem(text.ptr + i, text.len - i, name, n);

        if (hit == NULL)
            return false;
        i = (size_t)(hit - text.ptr);
        bool starts = i == 0 || !name_byte(text.ptr[i - 1], false);
        bool ends = i + n == text.len || !name_byte(text.ptr[i + n], false);

        if ((starts && ends) || !is_word(name))
            return true;
    }
    return false;
}

static enum err
scan_columns(struct diag *d, struct scan *s)
{
    struct str text = s->at.text;

    if (s->at.kind == LUA_STRING && s->at.escaped) {
        char *plain = arena_array(s->arena, 1, text.len + 1);

        if (plain == NULL)
            return FAIL(d, ERR_TOO_LARGE, "scanning needs too much memory");
        text = (struct str){plain, literal_unescape(s->at.text, plain)};
    }
    for (size_t i = 0; i < s->schema->columns_n; i++) {
        const char *name = s->schema->columns[i].name;

        if (s->at.kind == LUA_STRING ? text_names(text, name)
                                     : str_eq(text, str_of(name)))
            column_seen(s, i, s->at.line);
    }
    return ERR_OK;
}

/* --- blocks ----------------------------------------------------------------------- */

static void
block_open(struct scan *s, bool loop, int line)
{
    if (s->blocks_n < BLOCKS_MAX)
        s->blocks[s->blocks_n++] = (struct block){.loop = loop, .line = line};
}

static void
scan_block(struct scan *s)
{
    if (token_is(&s->at, "for") || token_is(&s->at, "while")) {
        s->loop_line = s->at.line;
    } else if (token_is(&s->at, "do")) {
        block_open(s, s->loop_line > 0, s->loop_line > 0 ? s->loop_line : s->at.line);
        s->loop_line = 0;
    } else if (token_is(&s->at, "repeat")) {
        block_open(s, true, s->at.line);
    } else if (token_is(&s->at, "function") || token_is(&s->at, "if")) {
        block_open(s, false, s->at.line);
    } else if (token_is(&s->at, "end") || token_is(&s->at, "until")) {
        s->blocks_n -= s->blocks_n > 0;
    }
}

/* Marks, once each, the loops that a spend stands in. */
static void
mark_loops(struct scan *s)
{
    for (size_t i = 0; i < s->blocks_n; i++) {
        struct block *b = &s->blocks[i];

        if (b->loop && !b->marked)
            mark_add(s, b->line, "loop", "spends on every turn");
        b->marked = true;
    }
}

/* --- calls and names -------------------------------------------------------------- */

static bool
is_field(const struct scan *s)
{
    return token_is(&s->before, ":") || token_is(&s->before, ".");
}

static bool
is_applied(const struct scan *s)
{
    return token_is(&s->after, "(") || token_is(&s->after, "{") ||
        s->after.kind == LUA_STRING;
}

static void
lane_finding(struct scan *s, const char *needs)
{
    struct finding *f = finding_add(s->out, "lane", s->at.line, s->at.column);

    snprintf(f->text, sizeof f->text, "%.*s() needs %s; this job is in lane %s",
        (int)s->at.text.len, s->at.text.ptr, needs, lane_name(s->lane));
}

static void
scan_call(struct scan *s)
{
    struct str name = s->at.text;
    char text[64];

    snprintf(text, sizeof text, "%.*s", (int)(name.len < 63 ? name.len : 63), name.ptr);
    if (str_eq(name, STR("exact"))) {
        mark_add(s, s->at.line, "exact", text);
        if (s->lane == LANE_DP)
            lane_finding(s, "lane exact or rows");
    } else if (str_eq(name, STR("collect"))) {
        mark_add(s, s->at.line, "exact", text);
        if (s->lane != LANE_ROWS)
            lane_finding(s, "lane rows");
    } else if (str_eq(name, STR("release"))) {
        mark_add(s, s->at.line, "release", text);
        mark_loops(s);
    } else if (token_is(&s->before, ":") && among(name, measures, ARRAY_N(measures))) {
        mark_add(s, s->at.line, "spend", text);
        mark_loops(s);
    }
}

/* Use of a name that Lua has and the sandbox has not. A field, a local and a table's key
 * of that name are the script's own, and asking whether it is there is no use of it. */
static void
scan_free_name(struct scan *s)
{
    bool own = is_field(s) || token_is(&s->before, "local") ||
        token_is(&s->before, "function");
    bool used = is_applied(s) || token_is(&s->after, ".") || token_is(&s->after, ":") ||
        token_is(&s->after, "[");

    if (own || !used || !among(s->at.text, removed, ARRAY_N(removed)))
        return;
    struct finding *f = finding_add(s->out, "unknown-name", s->at.line, s->at.column);

    snprintf(f->text, sizeof f->text, "%.*s does not exist here", (int)s->at.text.len,
        s->at.text.ptr);
}

static enum err
scan_tokens(struct diag *d, struct str source, struct scan *s)
{
    struct lualex x;

    lualex_init(&x, source);
    s->at = lualex_next(&x);
    while (s->at.kind != LUA_END) {
        s->after = lualex_next(&x);
        scan_block(s);
        if (s->at.kind == LUA_NAME) {
            scan_free_name(s);
            if (is_field(s) && is_applied(s))
                scan_call(s);
        }
        if (s->at.kind == LUA_NAME || s->at.kind == LUA_STRING)
            TRY(scan_columns(d, s));
        s->before = s->at;
        s->at = s->after;
    }
    return ERR_OK;
}

/* --- the door --------------------------------------------------------------------- */

char *
source_normal(struct arena *a, struct str source, size_t *len)
{
    char *out = arena_array(a, 1, source.len + 1);
    size_t n = 0;

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < source.len; i++) {
        bool pair =
            source.ptr[i] == '\r' && i + 1 < source.len && source.ptr[i + 1] == '\n';

        if (!pair)
            out[n++] = source.ptr[i];
    }
    *len = n;
    return out;
}

enum err
codescan_run(struct diag *d, struct arena *a, struct str source, const struct schema *s,
    enum lane lane, struct codescan *out)
{
    struct scan *scan = arena_array(a, sizeof *scan, 1);

    *out = (struct codescan){
        .findings = arena_array(a, sizeof *out->findings, FINDINGS_MAX + 1),
        .columns = arena_array(a, sizeof *out->columns, s->columns_n + 1),
        .marks = arena_array(a, sizeof *out->marks, MARKS_MAX),
    };
    if (scan == NULL || out->findings == NULL || out->columns == NULL ||
        out->marks == NULL)
        return FAIL(d, ERR_TOO_LARGE, "scanning needs too much memory");
    if (source.len > SOURCE_BYTES_MAX) {
        struct finding *f = finding_add(out, "too-long", 1, 1);
        char has[32], most[32];

        snprintf(f->text, sizeof f->text, "the source has %s, at most %s",
            size_text((int64_t)source.len, has), size_text(SOURCE_BYTES_MAX, most));
        return ERR_OK;
    }
    scan_characters(source, out);
    scan_lines(source, out);
    scan->arena = a;
    scan->schema = s;
    scan->lane = lane;
    scan->out = out;
    return scan_tokens(d, source, scan);
}
