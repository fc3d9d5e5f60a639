/* demo_data.h -- a readmission cohort of 50 hospitals, invented from a fixed seed. */
#ifndef DATASITE_DEMO_DATA_H
#define DATASITE_DEMO_DATA_H

#include "datasite/base/json.h"

#define DEMO_HOSPITALS          50
#define DEMO_PERSONS            9000
#define DEMO_STAYS_A_PERSON_MAX 6

/* The members "unit" and "columns" of the dataset; owned by the caller. */
json_t *demo_schema(void);
/* The stays as CSV with header; always the same bytes. *rows: how many. */
enum err demo_csv(struct diag *d, struct buf *out, int64_t *rows) NODISCARD;

#endif
