/* sdc_table_test.c -- what is withheld cannot be worked out: linear systems are solved. */
#include "policies/sdc_table.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SIDE_MAX  40
#define CELLS_MAX (SIDE_MAX * SIDE_MAX)
#define PRIME     2147483647 /* arithmetic is exact in its field */

static struct diag diag;

/* Is the value of each withheld cell fixed by the margins? Gauss-Jordan over the equations
 * "withheld cells of this row (column) sum to something known": a cell is fixed when a row
 * of the reduced system has it alone. An independent way from the product's graphs. */
static int64_t system_[2 * SIDE_MAX][CELLS_MAX];

static int64_t
power(int64_t base, int64_t n)
{
    int64_t out = 1;

    for (; n > 0; n /= 2, base = base * base % PRIME)
        if (n % 2 != 0)
            out = out * base % PRIME;
    return out;
}

static void
eliminate(size_t equations, size_t unknowns)
{
    size_t rank = 0;

    for (size_t c = 0; c < unknowns && rank < equations; c++) {
        size_t pivot = rank;
        while (pivot < equations && system_[pivot][c] == 0)
            pivot++;
        if (pivot == equations)
            continue;
        for (size_t k = 0; k < unknowns; k++) {
            int64_t v = system_[pivot][k];
            system_[pivot][k] = system_[rank][k];
            system_[rank][k] = v;
        }
        int64_t inverse = power(system_[rank][c], PRIME - 2);
        for (size_t k = 0; k < unknowns; k++)
            system_[rank][k] = system_[rank][k] * inverse % PRIME;
        for (size_t e = 0; e < equations; e++) {
            int64_t f = system_[e][c];
            for (size_t k = 0; e != rank && f != 0 && k < unknowns; k++)
                system_[e][k] =
                    ((system_[e][k] - f * system_[rank][k]) % PRIME + PRIME) % PRIME;
        }
        rank++;
    }
}

static size_t
computable(const struct sdc_table *t, const uint8_t *withheld)
{
    size_t unknowns = 0, fixed = 0;

    memset(system_, 0, sizeof system_);
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        if (withheld[i] == 0)
            continue;
        system_[i / t->columns][unknowns] = 1;
        system_[t->rows + i % t->columns][unknowns++] = 1;
    }
    eliminate(t->rows + t->columns, unknowns);
    for (size_t e = 0; e < t->rows + t->columns; e++) {
        size_t terms = 0;
        for (size_t k = 0; k < unknowns; k++)
            terms += system_[e][k] != 0;
        fixed += terms == 1;
    }
    return fixed;
}

static size_t
withhold(const struct sdc_table *t, int64_t least, uint8_t *withheld, bool cycles)
{
    ARENA_SCOPE(a, 1 << 24);

    for (size_t i = 0; i < t->rows * t->columns; i++)
        withheld[i] = t->counts[i] > 0 && t->counts[i] < least;
    if (cycles)
        cr_assert_eq(sdc_table_complete(&diag, a, t, t->counts, least, withheld),
            ERR_OK, "%s", diag.text);
    return computable(t, withheld);
}

Test(sdc_table, one_small_cell_takes_three_others_with_it)
{
    static const int64_t counts[] = {20, 3, 40, 30, 25, 60, 70, 80, 90};
    struct sdc_table t = {3, 3, counts};
    uint8_t withheld[9];
    size_t n = 0;

    cr_expect_eq(withhold(&t, 10, withheld, false), 1, "alone it follows");
    cr_expect_eq(withhold(&t, 10, withheld, true), 0);
    for (size_t i = 0; i < 9; i++)
        n += withheld[i];
    cr_expect_eq(n, 4);
    cr_expect(withheld[1] && withheld[0] && withheld[3] && withheld[4], "the cheapest");
}

Test(sdc_table, nothing_small_nothing_withheld)
{
    static const int64_t counts[] = {20, 0, 40, 30};
    struct sdc_table t = {2, 2, counts};
    uint8_t withheld[4];

    withhold(&t, 10, withheld, true);
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(withheld[i], 0);
}

Test(sdc_table, a_list_hides_a_cell_behind_another)
{
    static const int64_t counts[] = {20, 3, 40};
    struct sdc_table t = {1, 3, counts};
    uint8_t withheld[3] = {0, 1, 0};
    ARENA_SCOPE(a, 1 << 20);

    cr_expect_eq(sdc_table_complete(&diag, a, &t, counts, 10, withheld), ERR_OK);
    cr_expect(withheld[0] && withheld[1] && !withheld[2]);
}

/* Two small cells hide behind each other, and their sum is small still. */
Test(sdc_table, what_a_line_withholds_stands_for_enough)
{
    static const int64_t counts[] = {20, 3, 4, 40};
    struct sdc_table t = {1, 4, counts};
    uint8_t withheld[4] = {0, 1, 1, 0};
    ARENA_SCOPE(a, 1 << 20);

    cr_expect_eq(sdc_table_complete(&diag, a, &t, counts, 10, withheld), ERR_OK);
    cr_expect(withheld[0] && !withheld[3]);
}

Test(sdc_table, a_table_that_is_too_narrow_is_given_up)
{
    static const int64_t counts[] = {20, 3};
    struct sdc_table wide = {1, 2, counts};
    uint8_t withheld[2] = {0, 1};
    ARENA_SCOPE(a, 1 << 20);

    cr_expect_eq(sdc_table_complete(&diag, a, &wide, counts, 10, withheld), ERR_OK);
    cr_expect(withheld[0] && withheld[1], "all of it");
}

/* Does each line that withholds something withhold enough, or everything? */
static bool
lines_stand(const struct sdc_table *t, int64_t least, const uint8_t *withheld)
{
    for (size_t line = 0; line < t->rows + t->columns; line++) {
        bool is_row = line < t->rows;
        size_t n = is_row ? t->columns : t->rows, cells = 0;
        int64_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            size_t cell =
                is_row ? line * t->columns + i : i * t->columns + line - t->rows;
            cells += withheld[cell];
            sum += withheld[cell] != 0 ? t->counts[cell] : 0;
        }
        if (cells > 0 && cells < n && (sum < least || cells < 2))
            return false;
    }
    return true;
}

Test(sdc_table, many_tables)
{
    static int64_t counts[CELLS_MAX];
    uint8_t withheld[CELLS_MAX];
    size_t open = 0;

    srand(1);
    for (int round = 0; round < 300; round++) {
        struct sdc_table t = {2 + (size_t)rand() % 9, 2 + (size_t)rand() % 9, counts};
        for (size_t i = 0; i < t.rows * t.columns; i++)
            counts[i] = rand() % 3 == 0 ? rand() % 12 : rand() % 500;
        open += withhold(&t, 10, withheld, false);
        cr_expect_eq(withhold(&t, 10, withheld, true), 0, "round %d", round);
        for (size_t i = 0; i < t.rows * t.columns; i++)
            cr_expect(counts[i] == 0 || counts[i] >= 10 || withheld[i] != 0);
        cr_expect(lines_stand(&t, 10, withheld), "round %d", round);
    }
    cr_expect_gt(open, 100, "primary suppression alone leaves cells open");
}

/* ---- by three keys ---- */

/* The same over all sums along one key: every margin is a sum of these. */
static size_t
computable_of_cube(const struct sdc_cube *c, const uint8_t *withheld)
{
    const size_t *n = c->sizes;
    size_t unknowns = 0, fixed = 0, equations = n[1] * n[2] + n[0] * n[2] + n[0] * n[1];

    cr_assert_leq(equations, 2 * SIDE_MAX);
    memset(system_, 0, sizeof system_);
    for (size_t i = 0; i < n[0] * n[1] * n[2]; i++) {
        size_t x = i / (n[1] * n[2]), y = i / n[2] % n[1], z = i % n[2];
        if (withheld[i] == 0)
            continue;
        system_[y * n[2] + z][unknowns] = 1;
        system_[n[1] * n[2] + x * n[2] + z][unknowns] = 1;
        system_[n[1] * n[2] + n[0] * n[2] + x * n[1] + y][unknowns++] = 1;
    }
    eliminate(equations, unknowns);
    for (size_t e = 0; e < equations; e++) {
        size_t terms = 0;
        for (size_t k = 0; k < unknowns; k++)
            terms += system_[e][k] != 0;
        fixed += terms == 1;
    }
    return fixed;
}

Test(sdc_table, tables_by_three_keys)
{
    static int64_t counts[CELLS_MAX];
    uint8_t withheld[CELLS_MAX];
    size_t open = 0, told = 0;

    srand(2);
    for (int round = 0; round < 100; round++) {
        ARENA_SCOPE(a, 1 << 20);
        struct sdc_cube c = {.axes = 3, .counts = counts};
        size_t cells = 1;
        for (size_t i = 0; i < 3; i++)
            cells *= c.sizes[i] = 2 + (size_t)rand() % 3;
        for (size_t i = 0; i < cells; i++) {
            counts[i] = rand() % 8 == 0 ? rand() % 12 : 10 + rand() % 500;
            withheld[i] = counts[i] > 0 && counts[i] < 10;
        }
        open += computable_of_cube(&c, withheld);
        cr_assert_eq(sdc_cube_complete(&diag, a, &c, counts, 10, withheld), ERR_OK);
        cr_expect_eq(computable_of_cube(&c, withheld), 0, "round %d", round);
        for (size_t i = 0; i < cells; i++)
            told += withheld[i] == 0;
    }
    cr_expect_gt(open, 100, "primary suppression alone leaves cells open");
    cr_expect_gt(told, 300, "and not everything is withheld");
}

/* ---- what an answer withholds ---- */

Test(sdc_table, sums_are_withheld_by_the_rules_for_sums)
{
    /* Forty persons each, but one has nine tenths of the second sum. */
    static const struct sdc_cell cells[] = {{.persons = 40,
                                                .rows = 40,
                                                .largest = 30,
                                                .second = 30,
                                                .total = 1000,
                                                .differing = 30},
        {.persons = 41,
            .rows = 41,
            .largest = 900,
            .second = 20,
            .total = 1000,
            .differing = 30},
        {.persons = 42,
            .rows = 42,
            .largest = 30,
            .second = 30,
            .total = 1000,
            .differing = 30}};
    const struct sdc_evidence sums = {
        .kind = SDC_SUMS, .cells = cells, .cells_n = 3, .line = 3};
    const struct sdc_evidence counts = {
        .kind = SDC_COUNTS, .cells = cells, .cells_n = 3, .line = 3};
    const struct sdc_cube shape = {.axes = 1, .sizes = {3}};
    struct sdc_limits l = sdc_limits_default();
    uint8_t withheld[3] = {0};
    ARENA_SCOPE(a, 1 << 20);

    cr_assert_eq(sdc_withhold(&diag, a, &l, &counts, &shape, withheld), ERR_OK);
    cr_expect(!withheld[0] && !withheld[1] && !withheld[2]);
    cr_assert_eq(sdc_withhold(&diag, a, &l, &sums, &shape, withheld), ERR_OK);
    cr_expect(withheld[0] && withheld[1] && !withheld[2], "and the smallest beside it");
}

/* Two columns of a file as a table of counts. */
struct keys {
    char names[SIDE_MAX][64];
    size_t n;
};

static size_t
key_of(struct keys *k, const char *name)
{
    for (size_t i = 0; i < k->n; i++)
        if (strcmp(k->names[i], name) == 0)
            return i;
    cr_assert_lt(k->n, SIDE_MAX);
    snprintf(k->names[k->n], sizeof k->names[0], "%s", name);
    return k->n++;
}

static bool
read_table(const char *path, int row_column, int column_column, struct sdc_table *t,
    int64_t counts[CELLS_MAX])
{
    static int64_t square[SIDE_MAX][SIDE_MAX];
    static struct keys rows, columns;
    FILE *f = fopen(path, "r");
    char line[4096];

    if (f == NULL)
        return false;
    memset(square, 0, sizeof square);
    rows.n = columns.n = 0;
    cr_assert_not_null(fgets(line, sizeof line, f));
    while (fgets(line, sizeof line, f) != NULL) {
        char *rest = line, *field;
        size_t r = 0, c = 0;
        for (int i = 0; (field = strsep(&rest, ",\r\n")) != NULL; i++) {
            if (i == row_column)
                r = key_of(&rows, field);
            if (i == column_column)
                c = key_of(&columns, field);
        }
        square[r][c]++;
    }
    fclose(f);
    *t = (struct sdc_table){rows.n, columns.n, counts};
    for (size_t i = 0; i < rows.n * columns.n; i++)
        counts[i] = square[i / columns.n][i % columns.n];
    return true;
}

Test(sdc_table, encounters_by_two_categories)
{
    static const int pairs[][2] = {{2, 4}, {4, 43}, {2, 43}, {4, 6}, {5, 35}};
    static int64_t counts[CELLS_MAX];
    uint8_t withheld[CELLS_MAX];
    struct sdc_table t;
    size_t open = 0;

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (!read_table("../shared/data/diabetes_encounters.csv", pairs[i][0],
                pairs[i][1], &t, counts))
            cr_skip_test("diabetes_encounters.csv is not beside this repository");
        open += withhold(&t, 10, withheld, false);
        cr_expect_eq(withhold(&t, 10, withheld, true), 0, "pair %zu", i);
    }
    cr_expect_gt(
        open, 0, "the tables are ones that need more than primary suppression");
}

Test(sdc_table, rounding)
{
    cr_expect_eq(sdc_rounded(0, 5), 0);
    cr_expect_eq(sdc_rounded(2, 5), 0);
    cr_expect_eq(sdc_rounded(3, 5), 5);
    cr_expect_eq(sdc_rounded(7, 5), 5);
    cr_expect_eq(sdc_rounded(5, 10), 10);
}
