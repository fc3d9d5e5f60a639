/* luabox.h -- a Lua state with a memory ceiling and no doors.
 *
 * The environment is a new table filled from allow-lists; nothing is deleted from an old
 * one. Text chunks only; no load, no coroutines, no finalizers, no weak tables, no
 * clock, no addresses. The memory ceiling is the allocator's; the CPU ceiling is the
 * kernel's, because no hook reaches every loop. The state is never closed: closing runs
 * code, and the process ends anyway. */
#ifndef SANDBOX_WORKER_LUABOX_H
#define SANDBOX_WORKER_LUABOX_H

#include "datasite/base/str.h"
#include "sandbox/wire/luabox_end.h"

#include <lua.h>

enum luabox_ask {
    LUABOX_EXPLAIN,
    LUABOX_RELEASE,
    LUABOX_EXACT
};
enum luabox_verdict {
    LUABOX_ANSWER,
    LUABOX_WRONG,
    LUABOX_UNPAID,
    LUABOX_DENIED
};

/* What a script's world is connected to: a socket in the worker, functions in tests. */
struct luabox_port {
    void *self;
    void (*print)(void *self, struct str line);
    /* Pushes the answer's JSON, or the text of the refusal. */
    enum luabox_verdict (*ask)(
        void *self, lua_State *L, enum luabox_ask what, struct str plan_json);
};

struct luabox {
    lua_State *L;
    const struct luabox_port *port;
    uint64_t random[4]; /* of math.random: from the order's public seed */
    size_t log_bytes;
    enum luabox_end refusal; /* the last refusal: BUDGET, POLICY; OK: none */
    char refusal_text[512];
};

/* False: no memory. box must not move afterwards. */
bool luabox_open(
    struct luabox *box, lua_Alloc alloc, void *heap, const struct luabox_port *port);
void luabox_seed(struct luabox *box, uint64_t seed); /* of math.random */
struct luabox *luabox_of(lua_State *L);

struct luabox_report {
    enum luabox_end end;
    int line; /* 0: unknown */
    char text[512];
};
/* Runs source. On LUABOX_OK the output's JSON text is on top of the stack. */
void luabox_run(struct luabox *box, struct str source, size_t output_bytes_max,
    struct luabox_report *report);

#endif
