/* stored.c -- documents as text to store. */
#include "datasite/core/stored.h"

enum err
stored_text(struct ctx *cx, const json_t *v, const char **out)
{
    BUF_SCOPE(text);

    buf_init(&text, RESULT_BYTES_MAX);
    TRY(json_text(&cx->diag, v, &text));
    *out = arena_strn(cx->arena, text.ptr, text.len);
    return *out != NULL ? ERR_OK
                        : FAIL(&cx->diag, ERR_TOO_LARGE, "the result is too large");
}
