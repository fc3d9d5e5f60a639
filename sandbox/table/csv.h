/* csv.h -- hostile CSV text to typed rows, streaming, in constant memory.
 *
 * RFC 4180 with header; also CR or CRLF line ends, a UTF-8 BOM, quoted newlines, ; or tab
 * separators found from the header. An empty unquoted field is null. Anything that is not
 * the declared type is a bad place with line and column (of the text, from 1). */
#ifndef SANDBOX_TABLE_CSV_H
#define SANDBOX_TABLE_CSV_H

#include "sandbox/table/column.h"

struct csv_place {
    int64_t line;
    int column;
    char name[NAME_BYTES_MAX + 1];
    char text[160];
};
struct csv_report {
    int64_t rows;
    int64_t outside_bounds; /* numbers accepted, to be clamped where used */
    struct digest sha256;   /* of the bytes as they came */
    struct csv_place places[CSV_PLACES_MAX];
    size_t places_n; /* > 0: the text is refused */
};

/* Receives one segment of at most SEGMENT_ROWS parsed rows: for every schema column
 * values[c][0..rows), valid[c][0..rows), and for text and id columns texts[c][0..rows). */
struct csv_sink {
    void *self;
    enum err (*segment)(void *self, struct diag *d, size_t rows, int64_t *const *values,
        uint8_t *const *valid, const struct str *const *texts);
};

/* Reads fd to its end. ERR_UNPROCESSABLE with report->places when rows break the schema;
 * the header must name every schema column exactly once, in any order, and no other. */
enum err csv_load(struct diag *d, const struct schema *s, int fd,
    const struct csv_sink *sink, struct csv_report *report) NODISCARD;
/* The whole table in memory (mocks, tests). key seeds keyed truncation. */
enum err table_from_csv(struct diag *d, const struct schema *s, int fd,
    const uint8_t key[32], struct table *out, struct csv_report *report) NODISCARD;

#endif
