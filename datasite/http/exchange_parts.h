/* exchange_parts.h -- what the files exchange*.c have of each other. */
#ifndef DATASITE_HTTP_EXCHANGE_PARTS_H
#define DATASITE_HTTP_EXCHANGE_PARTS_H

#include "datasite/http/exchange.h"

#define ANSWER_BYTES_MAX ((size_t)256 << 20) /* of JSON */

const char *method_name(enum method m);

/* x->text is empty again. */
void exchange_text_clear(struct exchange *x);
/* The methods that the path has, as the field Allow lists them; NULL: no memory. */
const char *exchange_allow(struct exchange *x);

/* Make x->answer: of x->asset, of OPTIONS, of x->rp. */
void exchange_give_asset(struct exchange *x);
void exchange_give_options(struct exchange *x);
enum err exchange_give_reply(struct exchange *x) NODISCARD;

/* The handler and the record of its answer, in one transaction. */
enum err exchange_run_once(struct exchange *x, const char *key) NODISCARD;
/* The record after the handler: of one that is slow before it takes the writer for its
 * last step, and that does no harm when it runs twice. */
enum err exchange_run_then_record(struct exchange *x, const char *key) NODISCARD;

/* Whatever changed, somebody may wait for it, and there may be work to do. */
void exchange_wake(struct exchange *x);

#endif
