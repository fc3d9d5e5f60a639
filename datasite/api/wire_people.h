/* wire_people.h -- people, tokens, projects and their records as JSON, both ways. */
#ifndef DATASITE_API_WIRE_PEOPLE_H
#define DATASITE_API_WIRE_PEOPLE_H

#include "datasite/core/project.h"
#include "datasite/core/session.h"
#include "datasite/core/token.h"

/* Each is owned by the caller; NULL: no memory. */
json_t *user_to_json(const struct actor *reader, const struct user *u);
json_t *session_to_json(const struct user *u, const char *csrf);
json_t *token_to_json(const struct token *t);
json_t *project_to_json(const struct project *p);
/* id and name of a person or another thing; null where id is NULL. */
json_t *person_json(const char *id, const char *name);
json_t *member_to_json(const struct member *m);

/* Readers of members whose form json_take cannot say; v NULL: absent, *out stays. */
enum err roles_take(struct diag *d, json_t *v, unsigned *out) NODISCARD;
enum err scopes_take(struct diag *d, json_t *v, uint64_t *out) NODISCARD;
/* The strings of an array, in arena memory, borrowing from v. */
enum err names_take(struct ctx *cx, json_t *v, const char *field,
    const char *const **out, size_t *n) NODISCARD;

#endif
