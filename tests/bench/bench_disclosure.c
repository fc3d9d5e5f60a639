/* bench_disclosure.c -- what comparing a result with released cells costs.
 *
 * A thousand released cells over a hundred thousand persons, of random halves (which share
 * no structure, the worst case) and of a hundred tables of ten cells; then the same
 * looked for with a difference that takes a whole table to see. Times are of the
 * processor. */
#include "policies/sdc_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS     ((size_t)100000)
#define WORDS    ((ROWS + 63) / 64)
#define RELEASED 1000
#define LEAST    10

static uint64_t state = 7;

/* splitmix64: generators over bits alone would make cells that depend on one another. */
static uint64_t
draw(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double
seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
put(uint64_t *cell, size_t row)
{
    cell[row / 64] |= UINT64_C(1) << (row % 64);
}

static void
halves(uint64_t (*cells)[WORDS])
{
    for (size_t c = 0; c < RELEASED; c++)
        for (size_t i = 0; i < ROWS; i++)
            if (draw() % 2 == 0)
                put(cells[c], i);
}

static void
tables(uint64_t (*cells)[WORDS])
{
    for (size_t t = 0; t < RELEASED / 10; t++)
        for (size_t i = 0; i < ROWS; i++)
            put(cells[t * 10 + draw() % 10], i);
}

/* All persons but one: beside any whole table, it tells of that one. */
static void
one_left_out(uint64_t *cell)
{
    for (size_t i = 1; i < ROWS; i++)
        put(cell, i);
}

static void
measure(const char *name, void (*make)(uint64_t (*)[WORDS]), void (*last)(uint64_t *))
{
    uint64_t(*cells)[WORDS] = calloc(RELEASED + 1, sizeof *cells);
    struct sdc_told *told = calloc(RELEASED + 1, sizeof *told);
    struct sdc_people people = {.rows = ROWS, .n = ROWS};
    struct arena *a = arena_new((size_t)1 << 30);
    struct sdc_difference found;
    struct diag d = {0};

    if (cells == NULL || told == NULL || a == NULL)
        exit(1);
    make(cells);
    last(cells[RELEASED]);
    for (size_t i = 0; i <= RELEASED; i++)
        told[i] = (struct sdc_told){cells[i], i, i == RELEASED};
    double begin = seconds();
    if (sdc_history_check(&d, a, &people, told, RELEASED + 1, LEAST, 1, &found))
        exit(1);
    printf("%-44s %8.3f s   %s\n", name, seconds() - begin,
        found.found ? "refused" : "served");
    arena_free(a);
    free(told);
    free(cells);
}

static void
a_third(uint64_t *cell)
{
    for (size_t i = 0; i < ROWS; i += 3)
        put(cell, i);
}

int
main(void)
{
    printf("1000 released cells over 100000 persons, one new\n");
    measure("halves by chance, another third", halves, a_third);
    measure("halves by chance, all but one person", halves, one_left_out);
    measure("100 tables of 10 cells, another third", tables, a_third);
    measure("100 tables of 10 cells, all but one person", tables, one_left_out);
    return 0;
}
