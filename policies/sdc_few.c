/* sdc_few.c -- whether a set of rows belongs to a few persons. */
#include "policies/sdc_few.h"

#include "datasite/base/check.h"

#define WORD_BITS 64

/* The most rows that one person has. */
static enum err
most_rows(
    struct diag *d, struct arena *a, const struct sdc_people *people, int64_t *out)
{
    uint32_t *rows;

    *out = people->together_n > 0 ? (int64_t)people->together_n : 1;
    if (people->of_row == NULL)
        return ERR_OK;
    rows = arena_array(a, sizeof *rows, people->n + 1);
    if (rows == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the comparison needs too much memory");
    for (size_t i = 0; i < people->rows; i++) {
        uint32_t n = ++rows[people->of_row[i]];
        *out = n > *out ? n : *out;
    }
    return ERR_OK;
}

enum err
sdc_few_init(struct diag *d, struct arena *a, const struct sdc_people *people,
    int64_t least, struct sdc_few *out)
{
    int64_t most;

    CHECK(least > 0 && least < (INT64_C(1) << 31));
    TRY(most_rows(d, a, people, &most));
    *out = (struct sdc_few){.people = people,
        .words = (people->rows + WORD_BITS - 1) / WORD_BITS,
        .least = least,
        .slack = (least - 1) * most,
        .seen = arena_array(a, sizeof *out->seen, people->n + 1)};
    return out->seen != NULL
        ? ERR_OK
        : FAIL(d, ERR_TOO_LARGE, "the comparison needs too much memory");
}

/* The fewest that rows without identity may belong to; 0 where there are none. */
static int64_t
persons_at_once(const struct sdc_few *f, const uint64_t *rows)
{
    int64_t most = 0;

    for (size_t t = 0; t < f->people->together_n; t++) {
        int64_t n = 0;
        for (size_t w = 0; w < f->words; w++)
            n += __builtin_popcountll(rows[w] & f->people->together[t][w]);
        most = n > most ? n : most;
    }
    return most < f->least ? most : f->least;
}

/* Persons of the rows, counted up to `least`. */
static int64_t
persons_of(struct sdc_few *f, const uint64_t *rows)
{
    int64_t persons = 0;

    if (f->people->together_n > 0)
        return persons_at_once(f, rows);
    f->turn++;
    for (size_t w = 0; w < f->words; w++) {
        for (uint64_t left = rows[w]; left != 0; left &= left - 1) {
            size_t row = w * WORD_BITS + (size_t)__builtin_ctzll(left);
            size_t who = f->people->of_row != NULL ? f->people->of_row[row] : row;
            persons += f->seen[who] != f->turn;
            f->seen[who] = f->turn;
            if (persons == f->least)
                return persons;
        }
    }
    return persons;
}

bool
sdc_few_is(struct sdc_few *f, const uint64_t *rows)
{
    int64_t persons = persons_of(f, rows);

    return persons > 0 && persons < f->least;
}

bool
sdc_few_is_many(struct sdc_few *f, const uint64_t *rows)
{
    return persons_of(f, rows) == f->least;
}
