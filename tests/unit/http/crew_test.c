/* crew_test.c -- every task runs once; stopping finishes what is queued and takes no more. */
#include "datasite/http/crew.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <unistd.h>

#define TASKS_N 500

static void
count(void *arg)
{
    usleep(10);
    atomic_fetch_add((atomic_int *)arg, 1);
}

Test(crew, runs_every_task_once)
{
    static struct task tasks[TASKS_N];
    static atomic_int n;
    struct diag d = {0};
    struct crew *crew;

    cr_assert_eq(crew_start(&d, 4, &crew), ERR_OK);
    for (int i = 0; i < TASKS_N; i++) {
        tasks[i] = (struct task){.run = count, .arg = &n};
        cr_assert(crew_do(crew, &tasks[i]));
    }
    crew_stop(crew);
    cr_assert_eq(atomic_load(&n), TASKS_N);
    cr_assert_not(crew_do(crew, &tasks[0]));
    crew_free(crew);
}
