/* suggest.c -- guesses a schema document from CSV text, for the owner to mend. */
#include "policies/suggest.h"

#include "datasite/base/check.h"
#include "policies/csvscan.h"
#include "policies/schema_value.h"

#include <string.h>

#define CATEGORIES_GUESS 32 /* more distinct texts than this are no categories */
#define DECIMALS_MAX     9
#define CELL_BYTES_MAX   255

/* What all values so far could be. */
struct guess {
    char name[NAME_BYTES_MAX + 1];
    bool integer, decimal, boolean, date;
    int decimals;
    int64_t lower, upper; /* of integers and dates; decimals at nine places */
    size_t values, nulls;
    char **texts; /* the first distinct ones, up to CATEGORIES_GUESS + 1 */
    size_t texts_n;
};

struct guesses {
    struct diag *d;
    struct arena *a;
    struct guess *list;
    size_t n;
};

static const struct schema_column as_integer = {.type = COL_INTEGER};
static const struct schema_column as_decimal = {
    .type = COL_DECIMAL, .decimals = DECIMALS_MAX};
static const struct schema_column as_boolean = {.type = COL_BOOLEAN};
static const struct schema_column as_date = {.type = COL_DATE};

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "The suggestion needs too much memory.");
}

static int
trailing_zeros(int64_t v)
{
    int zeros = 0;

    while (zeros < DECIMALS_MAX && v % 10 == 0) {
        v /= 10;
        zeros++;
    }
    return zeros;
}

static void
widen(struct guess *g, int64_t v)
{
    g->lower = g->values == 0 || v < g->lower ? v : g->lower;
    g->upper = g->values == 0 || v > g->upper ? v : g->upper;
}

static void
try_types(struct guess *g, struct str text)
{
    int64_t v;

    g->boolean = g->boolean && schema_value(&as_boolean, text, &v) == NULL;
    g->integer = g->integer && schema_value(&as_integer, text, &v) == NULL;
    g->date = g->date && schema_value(&as_date, text, &v) == NULL;
    if (g->date)
        widen(g, v);
    g->decimal = g->decimal && schema_value(&as_decimal, text, &v) == NULL;
    if (!g->decimal)
        return;
    widen(g, v);
    if (DECIMALS_MAX - trailing_zeros(v) > g->decimals)
        g->decimals = DECIMALS_MAX - trailing_zeros(v);
}

static enum err
try_category(struct guesses *all, struct guess *g, struct str text)
{
    for (size_t i = 0; i < g->texts_n; i++)
        if (str_eq(str_of(g->texts[i]), text))
            return ERR_OK;
    if (g->texts_n > CATEGORIES_GUESS)
        return ERR_OK;
    if (text.len > CELL_BYTES_MAX) { /* so long a text is no category */
        g->texts_n = CATEGORIES_GUESS + 1;
        return ERR_OK;
    }
    g->texts[g->texts_n] = arena_strn(all->a, text.ptr, text.len);
    return g->texts[g->texts_n++] != NULL ? ERR_OK : no_memory(all->d);
}

static enum err
take_value(struct guesses *all, size_t i, const struct csv_field *f)
{
    struct guess *g = &all->list[i];

    if (f->text.len == 0 && !f->quoted) {
        g->nulls++;
        return ERR_OK;
    }
    try_types(g, f->text);
    g->values++;
    return try_category(all, g, f->text);
}

/* ---- reading ---- */

static enum err
bad_text(struct guesses *all, const struct csv_field *f, const char *why)
{
    return FAIL(all->d, ERR_UNPROCESSABLE, "Line %lld, column %d: the text %s.",
        (long long)f->line, f->column, why);
}

static enum err
take_name(struct guesses *all, const struct csv_field *f)
{
    struct guess *g;

    if (f->wrong != NULL)
        return bad_text(all, f, f->wrong);
    if (all->n == COLUMNS_MAX)
        return bad_text(all, f, "has more than 512 columns");
    if (f->text.len == 0 || f->text.len > NAME_BYTES_MAX || !str_utf8_ok(f->text))
        return bad_text(all, f, "has a column without a name of 1 to 63 bytes");
    g = &all->list[all->n++];
    memcpy(g->name, f->text.ptr, f->text.len);
    g->integer = g->decimal = g->boolean = g->date = true;
    g->texts = arena_array(all->a, sizeof *g->texts, CATEGORIES_GUESS + 1);
    return g->texts != NULL ? ERR_OK : no_memory(all->d);
}

static enum err
take_record(struct guesses *all, struct csvscan *scan, struct csv_field *f)
{
    size_t at = 0;

    if (f->last && f->text.len == 0 && !f->quoted && all->n > 1)
        return ERR_OK; /* an empty line */
    for (;; at++) {
        if (f->wrong != NULL)
            return bad_text(all, f, f->wrong);
        if (at == all->n)
            return bad_text(all, f, "has more fields here than its header");
        TRY(take_value(all, at, f));
        if (f->last || csvscan_next(scan, f) != CSV_FIELD)
            break;
    }
    return at + 1 == all->n ? ERR_OK
                            : bad_text(all, f, "has fewer fields here than its header");
}

static enum err
read_all(struct guesses *all, struct csvscan *scan)
{
    struct csv_field f;

    do {
        if (csvscan_next(scan, &f) != CSV_FIELD)
            return FAIL(all->d, ERR_UNPROCESSABLE, "The text has no header line.");
        TRY(take_name(all, &f));
    } while (!f.last);
    while (csvscan_next(scan, &f) == CSV_FIELD)
        TRY(take_record(all, scan, &f));
    return ERR_OK;
}

/* ---- telling ---- */

/* The least of 1, 2, 5 times a power of ten that is not below v >= 0. */
static int64_t
round_up(int64_t v)
{
    int64_t step = 1;

    while (step <= v / 10)
        step *= 10;
    for (int times = 1; times <= 10; times++)
        if (step * times >= v &&
            (times == 1 || times == 2 || times == 5 || times == 10))
            return step * times;
    return v;
}

static int64_t
round_outward(int64_t v, bool lower)
{
    if (lower)
        return v >= 0 ? 0 : -round_up(-v);
    return v <= 0 ? 0 : round_up(v);
}

static bool
names_a_person(const char *name)
{
    static const char *const words[] = {
        "patient", "person", "subject", "member", "pid"};

    for (size_t i = 0; i < ARRAY_N(words); i++)
        if (strstr(name, words[i]) != NULL)
            return true;
    return false;
}

/* Every value of its own, or called by what counts people. */
static bool
looks_like_id(const struct guess *g)
{
    size_t n = strlen(g->name);
    bool ends_in_id = n >= 2 && strcmp(g->name + n - 2, "id") == 0;

    return g->texts_n > CATEGORIES_GUESS && !g->date &&
        (names_a_person(g->name) || ends_in_id);
}

static json_t *
bounds_json(const struct guess *g, const char *type)
{
    struct schema_column c = {.type = COL_INTEGER};
    int64_t scale = 1;
    char lower[32], upper[32];

    if (g->date && !g->decimal)
        return json_pack("{s:s, s:s}", "name", g->name, "type", type);
    for (int i = g->decimals; i < DECIMALS_MAX; i++)
        scale *= 10;
    c.decimals = g->decimals;
    c.type = g->decimals > 0 ? COL_DECIMAL : COL_INTEGER;
    const char *low = schema_text(&c, round_outward(g->lower / scale, true), lower);
    const char *high = schema_text(&c, round_outward(g->upper / scale, false), upper);
    json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "name", g->name, "type", type,
        "lower", low, "upper", high);
    if (o != NULL && g->decimals > 0)
        json_object_set_new(o, "decimals", json_integer(g->decimals));
    return o;
}

static json_t *
category_json(const struct guess *g)
{
    json_t *list = json_array();

    for (size_t i = 0; i < g->texts_n; i++)
        json_array_append_new(list, json_string(g->texts[i]));
    return json_pack(
        "{s:s, s:s, s:o}", "name", g->name, "type", "category", "categories", list);
}

static json_t *
guess_json(const struct guess *g)
{
    bool words = g->boolean && !g->decimal; /* 0 and 1 may as well be numbers */

    if (g->values == 0)
        return json_pack("{s:s, s:s}", "name", g->name, "type", "text");
    if (looks_like_id(g))
        return json_pack("{s:s, s:s}", "name", g->name, "type", "id");
    if (words)
        return json_pack("{s:s, s:s}", "name", g->name, "type", "boolean");
    if (g->decimal)
        return bounds_json(g, g->decimals > 0 ? "decimal" : "integer");
    if (g->date)
        return bounds_json(g, "date");
    if (g->texts_n <= CATEGORIES_GUESS)
        return category_json(g);
    return json_pack("{s:s, s:s}", "name", g->name, "type", "text");
}

static json_t *
unit_json(const struct guesses *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct guess *g = &all->list[i];
        if (looks_like_id(g) && names_a_person(g->name) && g->nulls == 0)
            return json_pack("{s:s, s:i}", "column", g->name, "max_rows", 1);
    }
    return json_null();
}

static enum err
tell(const struct guesses *all, json_t **out)
{
    json_t *columns = json_array();

    for (size_t i = 0; i < all->n; i++) {
        const struct guess *g = &all->list[i];
        json_t *o = guess_json(g);
        if (o != NULL && g->nulls == 0)
            json_object_set_new(o, "nullable", json_false());
        json_array_append_new(columns, o);
    }
    *out = json_pack("{s:o, s:o}", "unit", unit_json(all), "columns", columns);
    return *out != NULL ? ERR_OK : no_memory(all->d);
}

enum err
schema_suggest(struct diag *d, struct str csv, json_t **out)
{
    struct csvscan *scan __attribute__((cleanup(csvscan_free_p))) = NULL;
    ARENA_SCOPE(a, (size_t)256 << 20);
    struct guesses all = {.d = d, .a = a};

    scan = csvscan_new(csv_source_of(&csv));
    if (a == NULL || scan == NULL)
        return no_memory(d);
    all.list = arena_array(a, sizeof *all.list, COLUMNS_MAX);
    if (all.list == NULL)
        return no_memory(d);
    TRY(read_all(&all, scan));
    return tell(&all, out);
}
