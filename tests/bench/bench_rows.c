/* bench_rows.c -- rows a second of a one-line `map`, through the broker's port, its socket
 * and a jailed process, beside plain Lua that calls the same function of each value. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "sandbox/runner/rowrun.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BATCH     512
#define BATCHES   2000
#define ROUNDS    5
#define WAIT_US   INT64_C(600000000)
#define AIM_M     3.0
#define VALUES_N  121 /* 0 to 120, as ages are */
#define SUM_RIGHT (BATCHES * sum_of_batch())

static int64_t ages[BATCH];

static int64_t
sum_of_batch(void)
{
    int64_t sum = 0;

    for (size_t i = 0; i < BATCH; i++)
        sum += ages[i] * 2 + 1;
    return sum;
}

static double
rows_m_per_s(int64_t began_us)
{
    return (double)BATCH * BATCHES / (double)(clock_mono().us - began_us);
}

/* Each value is a call from C, which is the fastest way in that there is. */
static double
plain_lua(void)
{
    lua_State *L = luaL_newstate();
    int64_t began = clock_mono().us, sum = 0;

    CHECK(luaL_dostring(L, "return function(age) return age * 2 + 1 end") == LUA_OK);
    for (size_t i = 0; i < (size_t)BATCH * BATCHES; i++) {
        lua_pushvalue(L, -1);
        lua_pushinteger(L, ages[i % BATCH]);
        CHECK(lua_pcall(L, 1, 1, 0) == LUA_OK);
        sum += lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    CHECK(sum == SUM_RIGHT);
    lua_close(L);
    return rows_m_per_s(began);
}

static double
jailed_map(const struct row_port *port, const struct row_program *p)
{
    static uint8_t valid[BATCH];
    struct row_batch in = {.n = BATCH, .values = {ages}, .valid = {valid}};
    int64_t out[BATCH], began = clock_mono().us, sum = 0;

    memset(valid, 1, sizeof valid);
    for (size_t k = 0; k < BATCHES; k++) {
        port->map(port->self, p, &in, out);
        for (size_t i = 0; i < BATCH; i++)
            sum += out[i];
    }
    CHECK(sum == SUM_RIGHT);
    return rows_m_per_s(began);
}

static void
home_open(struct worker_home *home)
{
    char exe[4096];
    struct diag d = {0};
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 64);

    CHECK(n > 0);
    exe[n] = 0;
    strcpy(strrchr(exe, '/'), "/datasite-worker"); /* the programs stand beside */
    CHECK(worker_home_open(&d, exe, home) == ERR_OK);
    jail_room_enter(NULL, 0, &home->room); /* as the runner does, once */
}

int
main(void)
{
    struct row_program p = {.kind = ROW_MAP,
        .source = STR("return row.age * 2 + 1"),
        .args_n = 1,
        .types = {{.type = COL_INTEGER}},
        .lower = 0,
        .upper = 1000};
    struct rowrun r = {.left_us = WAIT_US, .memory_bytes = 64 << 20, .cpu_ms = 60000};
    struct worker_home home;
    struct diag d = {0};
    double best = 0, plain = 0;

    for (size_t i = 0; i < BATCH; i++)
        ages[i] = (int64_t)(i * 37 % VALUES_N);
    snprintf(p.types[0].name, sizeof p.types[0].name, "age");
    home_open(&home);
    CHECK(starter_fork(&d, &home, &r.starter_fd) == ERR_OK);
    struct row_port port = rowrun_port(&r);
    rowrun_begin(&r, (struct monous){clock_mono().us + WAIT_US});
    CHECK(port.check(port.self, &d, &p) == ERR_OK);
    for (int i = 0; i < ROUNDS; i++) {
        double ours = jailed_map(&port, &p), theirs = plain_lua();
        best = ours > best ? ours : best;
        plain = theirs > plain ? theirs : plain;
    }
    rowrun_end(&r);
    printf("map of one line, jailed        %6.1f M rows/s   (aim %.0f)\n", best, AIM_M);
    printf("plain Lua, called for each     %6.1f M rows/s   ratio %.2f\n", plain,
        best / plain);
    return 0;
}
