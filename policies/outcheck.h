/* outcheck.h -- what an output is made of: types, size, entropy, texts.
 *
 * Disclosure control looks at answers. Whatever else a result holds could carry rows in
 * digits, in texts or in sheer number; these rules bound that. They see the output, not
 * the data. */
#ifndef POLICIES_OUTCHECK_H
#define POLICIES_OUTCHECK_H

#include "policies/schema.h"
#include "policies/sdc_cells.h"

#define OUTPUT_DEPTH_MAX 8

enum outcheck_rule {
    OUTPUT_TYPES,
    OUTPUT_SIZE,
    OUTPUT_ENTROPY,
    OUTPUT_TEXTS
};

/* Texts that an output may hold, as a JSON object that has them as names: columns and
 * declared categories. */
enum err outcheck_categories(
    struct diag *d, const struct schema *s, json_t *texts) NODISCARD;
/* Names and literals of the reviewed source, and of programs that stand in its literals. */
enum err outcheck_literals(struct diag *d, struct str source, json_t *texts) NODISCARD;

/* whole: the output. own: the same with null in place of every answer that has evidence.
 * [{"name","met","detail","threshold"}]: "output_types", "output_size", "output_entropy"
 * and "output_texts", where the limits turn them on; owned by the caller. */
json_t *outcheck(const struct sdc_limits *l, const json_t *whole, const json_t *own,
    const json_t *texts);

#endif
