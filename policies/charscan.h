/* charscan.h -- characters that a reader cannot see, or that deceive one.
 *
 * A reviewer approves what the screen shows, so the text may hold only what a screen
 * shows in the order in which it is run (Boucher & Anderson, "Trojan Source", 2021). */
#ifndef POLICIES_CHARSCAN_H
#define POLICIES_CHARSCAN_H

#include "datasite/base/str.h"

struct charscan {
    struct str source;
    size_t at;
    int line;
    size_t line_start;
};

struct char_place {
    const char *rule; /* "not-utf8", "nul", "control-character", "hidden-character" */
    const char *what; /* "a bidirectional control" */
    uint32_t code;    /* the code point; for not-utf8 the byte */
    int line, column;
};

void charscan_init(struct charscan *c, struct str source);
/* The next place that breaks a rule; false: there is none. Ends after not-utf8. */
bool charscan_next(struct charscan *c, struct char_place *out);

#endif
