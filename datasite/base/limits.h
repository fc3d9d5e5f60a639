/* limits.h -- every ceiling in the product, in one place. Units stand in the names. */
#ifndef DATASITE_BASE_LIMITS_H
#define DATASITE_BASE_LIMITS_H

/* text and documents */
#define SOURCE_BYTES_MAX      (64 << 10)
#define SOURCE_LINE_BYTES_MAX 200
#define NAME_BYTES_MAX        63
#define TITLE_BYTES_MAX       200
#define TEXT_BYTES_MAX        4000
#define JSON_DEPTH_MAX        16
#define BODY_BYTES_MAX        (1 << 20)
#define UPLOAD_BYTES_MAX      (INT64_C(64) << 30)

/* tables */
#define COLUMNS_MAX         512
#define CATEGORIES_MAX      10000
#define CSV_FIELD_BYTES_MAX (1 << 20)
#define CSV_PLACES_MAX      20 /* bad places reported of one upload */
#define ROWS_MAX            (INT64_C(1) << 40)
#define SEGMENT_ROWS        65536
#define VALUE_ABS_MAX       (INT64_C(1) << 62) /* of a bound or a value in fixed point */

/* questions */
#define PLAN_BYTES_MAX  (1 << 20)
#define PLAN_OPS_MAX    64
#define EXPR_BYTES_MAX  4096
#define EXPR_NODES_MAX  512
#define KEYS_MAX        1000000
#define FRAME_BYTES_MAX (32 << 20)
/* Of memory for one: out of reach, since how many rows there are must not be what decides
 * whether a question is answered. */
#define SCRATCH_BYTES_MAX ((size_t)1 << 50)

/* runs */
#define RUN_CPU_MS_DEFAULT       10000
#define RUN_WALL_MS_DEFAULT      60000
#define RUN_MEMORY_BYTES_DEFAULT (INT64_C(64) << 20)
#define RUN_QUESTIONS_DEFAULT    1000
#define RUN_OUTPUT_BYTES_DEFAULT (INT64_C(1) << 20)
#define RUN_LOG_BYTES_MAX        (64 << 10)
#define RUN_LOG_LINE_BYTES_MAX   4096
#define RUN_BLOCKS_MS_MAX        (INT64_C(24) * 3600 * 1000) /* of processor time, reserved */
#define RUN_ROWS_MS_MAX          (8 * RUN_BLOCKS_MS_MAX) /* beside the wall time */
#define RUNS_AT_ONCE_MAX         4

/* the server */
#define REQUEST_ARENA_BYTES (INT64_C(64) << 20)
#define PAGE_ITEMS_DEFAULT  50
#define PAGE_ITEMS_MAX      200
#define WAIT_S_MAX          60
#define REQUEST_DEADLINE_S  30
#define PASSWORD_BYTES_MIN  12
#define PASSWORD_BYTES_MAX  1024

#endif
