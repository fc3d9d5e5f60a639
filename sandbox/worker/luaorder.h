/* luaorder.h -- pairs and next in an order that is the same in every process.
 *
 * Lua keeps texts in an order that hangs on addresses and the clock; a script that walked
 * a table would see both. Here a walk goes through the whole numbers from 1 upwards, then
 * the other numbers upwards, then texts by their bytes, then false and true. Tables,
 * functions and handles as keys have no such order: a walk over them is an error. */
#ifndef SANDBOX_WORKER_LUAORDER_H
#define SANDBOX_WORKER_LUAORDER_H

#include <lua.h>
#include <stddef.h>
#include <stdint.h>

int luaorder_pairs(lua_State *L);
int luaorder_next(lua_State *L);

/* A key where it can be compared; the text is the table's. */
struct luakey {
    union {
        lua_Integer i;
        lua_Number n;
        const char *text;
    };
    size_t len;
    uint32_t at;  /* for the caller */
    uint8_t kind; /* enum luakey_kind */
};
/* The key at index; an error where it is of a type without an order. */
struct luakey luaorder_key(lua_State *L, int index);
/* The C library's qsort may ask the system for memory; this does not. */
void luaorder_sort(struct luakey *x, size_t n);

#endif
