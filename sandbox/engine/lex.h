/* lex.h -- the words of an expression in Lua syntax. */
#ifndef SANDBOX_ENGINE_LEX_H
#define SANDBOX_ENGINE_LEX_H

#include "datasite/base/arena.h"
#include "datasite/base/err.h"
#include "datasite/base/str.h"

enum lex_kind {
    LEX_END,
    LEX_NUMBER,
    LEX_STRING,
    LEX_NAME,
    LEX_WORD,  /* and or not true false nil */
    LEX_SYMBOL /* + - * / // % == ~= < <= > >= ( ) . [ ] , */
};

struct lex {
    enum lex_kind kind;
    struct str text; /* a string's text is unescaped */
    int column;      /* from 1 */
};

struct lexer {
    struct diag *d;
    struct arena *a;
    const char *what; /* for messages */
    struct str source;
    size_t at;
};

enum err lex_next(struct lexer *l, struct lex *out) NODISCARD;
/* "where, column 7: …" */
enum err lex_fail(const struct lexer *l, int column, const char *fmt, ...)
    __attribute__((format(printf, 3, 4))) NODISCARD;
bool lex_is(const struct lex *t, const char *text);

#endif
