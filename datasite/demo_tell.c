/* demo_tell.c -- how the demo tells its story, and what its steps share. */
#include "datasite/demo.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A step has a heading, what it means in a line, and facts. */
void
demo_tell(struct demo *m, const char *heading, const char *meaning)
{
    m->step++;
    printf("\n%s%2d  %s%s\n    %s\n", m->bold ? "\033[1m" : "", m->step, heading,
        m->bold ? "\033[0m" : "", meaning);
    fflush(stdout);
}

void
demo_fact(const char *fmt, ...)
{
    va_list ap;

    fputs("      ", stdout);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
}

void
demo_tell_text(const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        printf("      | %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

const char *
demo_text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text == NULL ? "" : text;
}

enum err
demo_keep_id(struct diag *d, const json_t *made, char *out, size_t size)
{
    const char *id = demo_text_of(made, "id");

    if (id[0] == '\0' || snprintf(out, size, "%s", id) >= (int)size)
        return FAIL(d, ERR_IO, "the server made something without an id");
    return ERR_OK;
}
