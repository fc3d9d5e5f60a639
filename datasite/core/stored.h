/* stored.h -- documents as text to store. */
#ifndef DATASITE_CORE_STORED_H
#define DATASITE_CORE_STORED_H

#include "datasite/core/ctx.h"

#define RESULT_BYTES_MAX (16 << 20)

/* Compact text in the context's memory. */
enum err stored_text(struct ctx *cx, const json_t *v, const char **out) NODISCARD;

#endif
