/* luarows.h -- the Lua state of a row process: quotas a row, and no state between rows.
 *
 * A map's state lives in one piece of memory that only grows. When the program is
 * compiled, that memory is copied; whatever a row allocates, the copy is put back before
 * the next one. A row that allocates nothing cannot have changed anything: libraries and
 * environment are read-only. A row that uses up its steps or its memory is left by
 * longjmp from the hook or the allocator, which no pcall sees. So what a row gives
 * depends on that row alone, down to the last step and byte.
 *
 * Programs over `rows` have a process for each call, and the kernel's limits. */
#ifndef SANDBOX_WORKER_LUAROWS_H
#define SANDBOX_WORKER_LUAROWS_H

#include "sandbox/wire/rowport.h"
#include "sandbox/worker/luabox.h"

#include <setjmp.h>

#define ROW_STEPS 100000      /* instructions of Lua a row */
#define ROW_WORK  10000000    /* and of work inside its libraries, in bytes touched */
#define ROW_BYTES (256 << 10) /* allocated by one row */

/* One argument of a batch as it lies in the message. */
struct luarows_arg {
    const uint8_t *valid;
    const uint8_t *numbers; /* 8 bytes a row, of no alignment; NULL: texts */
    const char *texts;
    const uint32_t *starts; /* n + 1 of them */
};

struct luarows {
    struct luabox box; /* first: luabox_of finds it */
    struct row_program program;
    const char *names[ROW_ARGS_MAX];
    bool is_map;
    char *memory, *copy;
    size_t bytes, top, image, ceiling, last, image_last;
    uint64_t seed, work;
    jmp_buf escape;
    bool running; /* inside a row: quotas leave by escape */
    bool touched; /* the row has asked for memory */
    bool failed;  /* a block that could not take its rows */
    struct luarows_arg args[ROW_ARGS_MAX];
    size_t row; /* at hand */
    lua_Integer rows_n;
};

/* memory is aligned to 16 and stays. False: too small. */
bool luarows_open(struct luarows *r, bool is_map, void *memory, size_t bytes);
/* r->program and names are set. False: report says why. */
bool luarows_compile(struct luarows *r, struct luabox_report *report);
/* ROW_MAP: the value of row i of r->args, or the default. */
int64_t luarows_map(struct luarows *r, size_t i);
/* Others: adds n rows of r->args to `rows`. */
void luarows_add(struct luarows *r, size_t n);
/* Runs over all rows. ROW_BLOCK: *number. ROW_COLLECT: the JSON text is on top of the
 * stack. False: the program failed; report says how. */
bool luarows_end(
    struct luarows *r, size_t bytes_max, int64_t *number, struct luabox_report *report);

/* The role: talks with the broker until the socket ends. Never returns. */
_Noreturn void luarows_serve(struct luarows *r);

#endif
