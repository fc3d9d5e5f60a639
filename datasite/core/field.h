/* field.h -- what a text typed by people must hold before it is stored. */
#ifndef DATASITE_CORE_FIELD_H
#define DATASITE_CORE_FIELD_H

#include "datasite/base/err.h"

#include <stddef.h>

/* One line: 1 to bytes_max bytes of UTF-8 with something to see, no control characters.
 * ERR_UNPROCESSABLE at `field`, a JSON Pointer. */
enum err field_line(
    struct diag *d, const char *field, const char *text, size_t bytes_max) NODISCARD;
/* The same, with line ends and tabs. */
enum err field_text(
    struct diag *d, const char *field, const char *text, size_t bytes_max) NODISCARD;

#endif
