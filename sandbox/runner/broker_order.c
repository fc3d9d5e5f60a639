/* broker_order.c -- what a broker is ordered to run, and on which data. */
#include "sandbox/runner/broker_state.h"

#include "datasite/base/fdio.h"
#include "sandbox/runner/child.h"

static enum err
read_columns(struct diag *d, struct broker *b, struct str marks)
{
    bool *columns = arena_array(b->arena, sizeof *columns, b->schema.columns_n + 1);

    if (columns == NULL || marks.len != b->schema.columns_n)
        return FAIL(d, ERR_INVALID, "the order's columns do not fit its schema");
    for (size_t i = 0; i < marks.len; i++)
        columns[i] = marks.ptr[i] == '1';
    b->order.columns = columns;
    return ERR_OK;
}

/* What an exact answer is bound by. */
static struct sdc_limits
read_output(struct fields *f)
{
    struct sdc_limits l = {.suppress = field_i64(f, 0, 1) != 0};

    l.rounding = field_i64(f, 0, INT32_MAX);
    l.persons_min = field_i64(f, 0, INT64_MAX);
    l.dominance_percent = field_i64(f, 0, 100);
    l.p_percent = field_i64(f, 0, INT64_MAX);
    l.freedom_min = field_i64(f, 0, INT64_MAX);
    l.zeros = field_i64(f, 0, 1) != 0;
    l.equal = field_i64(f, 0, 1) != 0;
    l.extremes = field_i64(f, 0, 1) != 0;
    return l;
}

enum err
broker_read_order(struct diag *d, struct broker *b, struct frame *frame)
{
    struct fields f = fields_of(buf_str(&frame->body));
    struct order *o = &b->order;
    struct str marks;

    b->server_fd = frame_take_fd(frame, 0);
    b->mock_fd = frame_take_fd(frame, 1);
    field_z(&f, b->run_id, sizeof b->run_id); /* the runner reads these three as well */
    o->limits.wall_ms = field_i64(&f, 1, INT64_C(1) << 40);
    o->limits.rows_ms = field_i64(&f, 0, INT64_C(1) << 40);
    field_z(&f, b->dataset_name, sizeof b->dataset_name);
    o->source = field_str(&f, SOURCE_BYTES_MAX);
    o->schema_json = field_str(&f, CHILD_SCHEMA_BYTES_MAX);
    o->lane = (enum lane)field_i64(&f, LANE_DP, LANE_ROWS);
    o->accounting = (enum accounting)field_i64(&f, ACCOUNT_PURE, ACCOUNT_ZCDP);
    o->cap = field_budget(&f);
    o->promise.epsilon_nano = field_i64(&f, -1, PRICE_NANO_MAX);
    o->promise.delta_atto = field_i64(&f, 0, ATTO);
    o->promise.at_delta_atto = field_i64(&f, 0, ATTO);
    o->rows_assumed = field_i64(&f, 0, ROWS_MAX);
    o->key_persons_min = field_i64(&f, 0, ROWS_MAX);
    o->seed = (uint64_t)field_i64(&f, INT64_MIN, INT64_MAX);
    o->limits.cpu_ms = field_i64(&f, 1, INT64_C(1) << 40);
    o->limits.memory_bytes = field_i64(&f, 1 << 20, INT64_C(1) << 40);
    o->limits.questions_max = field_i64(&f, 0, INT64_MAX / EXPLAINS_PER_QUESTION);
    o->limits.output_bytes_max = field_i64(&f, 0, FRAME_BYTES_MAX / 2);
    o->output = read_output(&f);
    marks = field_str(&f, COLUMNS_MAX);
    field_z(&f, b->dataset_id, sizeof b->dataset_id);
    o->data_version = field_i64(&f, 0, INT64_MAX);
    if (!fields_end(&f))
        return FAIL(d, ERR_INVALID, "an order that cannot be read");
    TRY(child_schema(d, b->arena, o->schema_json, &b->schema));
    return read_columns(d, b, marks);
}

/* ---- the data ---- */

static enum err
load_mock(struct diag *d, struct broker *b)
{
    static const uint8_t key[32]; /* nothing about a mock is secret */
    struct csv_report report = {0};

    TRY(table_from_csv(d, &b->schema, b->mock_fd, key, &b->table, &report));
    fd_close_p(&b->mock_fd);
    return ERR_OK;
}

enum err
broker_load(struct diag *d, struct broker *b, const struct broker_setup *s)
{
    if (b->dataset_id[0] == 0)
        return load_mock(d, b);
    return child_load(d, s, b->dataset_id, b->order.data_version, &b->schema,
        b->order.columns, &b->table);
}
