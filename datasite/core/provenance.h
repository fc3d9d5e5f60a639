/* provenance.h -- how a released result came about, in the words of W3C PROV. */
#ifndef DATASITE_CORE_PROVENANCE_H
#define DATASITE_CORE_PROVENANCE_H

#include "datasite/core/release.h"

/* PROV-JSON of a released job: entities (program, data, policy, result, receipt),
 * activities (reviews, run, release), people and programs, and who used, made and
 * answered for what. Names and ids, no e-mail, no private value. *out is owned by the
 * caller. */
enum err provenance_make(struct ctx *cx, const struct job *j, const struct result *r,
    json_t **out) NODISCARD;

#endif
