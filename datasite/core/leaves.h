/* leaves.h -- a short digest of every value of a document by its JSON Pointer, so that
 * one who holds both can say which value changed. It proves nothing: a signature does. */
#ifndef DATASITE_CORE_LEAVES_H
#define DATASITE_CORE_LEAVES_H

#include "datasite/base/json.h"

/* {"/dataset":"0f3a…", "/measurements/0/epsilon":"…"}; owned by the caller, NULL: no
 * memory. An empty object or array is a value. */
json_t *leaves_digests(const json_t *doc);

#endif
