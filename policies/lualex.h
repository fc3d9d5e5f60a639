/* lualex.h -- the tokens of a Lua 5.4 text (manual section 3.1), never its meaning.
 *
 * Total over any bytes: what is no token is one byte of kind LUA_OTHER. Comments and
 * white space are passed over. */
#ifndef POLICIES_LUALEX_H
#define POLICIES_LUALEX_H

#include "datasite/base/str.h"

enum lua_kind {
    LUA_END,
    LUA_NAME,
    LUA_STRING,
    LUA_NUMBER,
    LUA_OTHER
};

struct lua_token {
    enum lua_kind kind;
    struct str text;  /* as written; a string without its quotes or brackets */
    bool escaped;     /* a string that holds backslash escapes */
    int line, column; /* from 1; of its first byte */
};

struct lualex {
    struct str source;
    size_t at;
    int line;
    size_t line_start;
};

void lualex_init(struct lualex *x, struct str source);
struct lua_token lualex_next(struct lualex *x);
/* What a quoted string stands for: into out, which holds text.len bytes; the length. An
 * escape that Lua refuses stands for itself. */
size_t literal_unescape(struct str text, char *out);
bool name_byte(char c, bool first);

#endif
