/* codescan.h -- what a Lua text contains, without running it: hidden characters, lines,
 * tokens, the columns it names, the calls that spend or release.
 *
 * Floor 1 has no Lua: this is a lexer of Lua 5.4 (manual section 3.1), not a parser.
 * Whether the text parses is the worker's answer. */
#ifndef POLICIES_CODESCAN_H
#define POLICIES_CODESCAN_H

#include "policies/policy.h"
#include "policies/schema.h"

struct finding {
    char rule[32];    /* "hidden-character", "control-character", "nul", "not-utf8",
                         "too-long", "line-too-long", "lane", "unknown-name" */
    int line, column; /* from 1; column counts bytes */
    char text[192];
};

/* CRLF becomes LF; a lone CR stays and is a finding. The text that is hashed, shown,
 * approved and run is this one. Memory from a; NULL at the limit. */
char *source_normal(struct arena *a, struct str source, size_t *len);

/* What a reader of the text wants pointed out. */
struct code_mark {
    int line;
    char kind[16]; /* "spend", "release", "exact", "column", "loop" */
    char text[64]; /* the method, the column */
};

struct codescan {
    struct finding *findings; /* an empty list: nothing speaks against it */
    size_t findings_n;
    bool *columns; /* by schema index: a word of the text names it */
    struct code_mark *marks;
    size_t marks_n;
};

/* Scans normalised source against the lane and the schema. ERR_OK even with
 * findings. */
enum err codescan_run(struct diag *d, struct arena *a, struct str source,
    const struct schema *s, enum lane lane, struct codescan *out) NODISCARD;

#endif
