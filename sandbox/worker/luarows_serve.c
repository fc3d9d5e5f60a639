/* luarows_serve.c -- the role `rows` of a worker: a program, then its rows. */
#include "sandbox/wire/rowwire.h"
#include "sandbox/worker/attack.h"
#include "sandbox/worker/jail_socket.h"
#include "sandbox/worker/luarows.h"

#include <string.h>
#include <unistd.h>

_Noreturn static void
give_up(void)
{
    _exit(JAIL_EXIT_PROTOCOL);
}

static void
take_program(struct luarows *r)
{
    static char body[ROW_PROGRAM_BYTES_MAX];
    static char names[ROW_ARGS_MAX][NAME_BYTES_MAX + 1];
    struct row_program *p = &r->program;
    struct str text;

    if (jail_socket_take(body, sizeof body, &text) != FRAME_PROGRAM)
        give_up();
    struct fields f = fields_of(text);
    p->kind = (enum row_kind)field_i64(&f, ROW_MAP, ROW_COLLECT);
    p->source = field_str(&f, SOURCE_BYTES_MAX);
    p->decimals = (int)field_i64(&f, 0, 9);
    p->lower = field_i64(&f, INT64_MIN, INT64_MAX);
    p->upper = field_i64(&f, INT64_MIN, INT64_MAX);
    p->fallback = field_i64(&f, INT64_MIN, INT64_MAX);
    r->seed = (uint64_t)field_i64(&f, INT64_MIN, INT64_MAX);
    p->args_n = (size_t)field_i64(&f, 0, ROW_ARGS_MAX);
    for (size_t i = 0; i < p->args_n; i++) {
        field_z(&f, names[i], sizeof names[i]);
        r->names[i] = names[i];
        p->types[i].type = (enum column_type)field_i64(&f, 0, COL_ID);
        p->types[i].decimals = (int)field_i64(&f, 0, 18);
    }
    if (!fields_end(&f) || r->is_map != (p->kind == ROW_MAP))
        give_up();
}

static void
send_report(
    enum frame_type type, bool good, int64_t number, struct str json, const char *error)
{
    static char room[ROW_RESULT_BYTES_MAX];
    struct buf b = {.ptr = room, .cap = sizeof room, .max = sizeof room - 1};

    field_put_i64(&b, good);
    field_put_i64(&b, number);
    field_put_str(&b, json);
    field_put_z(&b, error);
    if (b.full)
        give_up();
    jail_socket_send(type, buf_str(&b));
}

static void
take_texts(struct fields *f, struct luarows_arg *arg, size_t n, uint32_t *starts)
{
    struct str lengths = field_str(f, n * sizeof(uint32_t));
    struct str texts = field_str(f, n * ROW_TEXT_BYTES_MAX);
    uint32_t at = 0, length;

    if (f->bad || lengths.len != n * sizeof length)
        give_up();
    for (size_t i = 0; i < n; i++) {
        starts[i] = at;
        memcpy(&length, lengths.ptr + i * sizeof length, sizeof length);
        if (length > texts.len - at)
            give_up();
        at += length;
    }
    starts[n] = at;
    arg->texts = texts.ptr;
    arg->starts = starts;
}

/* The next rows; the arguments point into the message. */
static size_t
take_batch(struct luarows *r)
{
    static char body[ROW_BATCH_BYTES_MAX];
    static uint32_t starts[ROW_ARGS_MAX][ROW_BATCH_ROWS + 1];
    struct str text, s;
    size_t n;

    if (jail_socket_take(body, sizeof body, &text) != FRAME_BATCH)
        give_up();
    struct fields f = fields_of(text);
    n = (size_t)field_i64(&f, 0, ROW_BATCH_ROWS);
    for (size_t i = 0; n > 0 && i < r->program.args_n; i++) {
        struct luarows_arg *arg = &r->args[i];
        *arg = (struct luarows_arg){0};
        s = field_str(&f, n);
        arg->valid = (const uint8_t *)s.ptr;
        if (s.len != n)
            give_up();
        if (row_type_is_text(&r->program.types[i])) {
            take_texts(&f, arg, n, starts[i]);
            continue;
        }
        s = field_str(&f, n * sizeof(int64_t));
        arg->numbers = (const uint8_t *)s.ptr;
        if (s.len != n * sizeof(int64_t))
            give_up();
    }
    if (!fields_end(&f))
        give_up();
    return n;
}

_Noreturn static void
serve_map(struct luarows *r)
{
    static int64_t values[ROW_BATCH_ROWS];

    for (;;) {
        size_t n = take_batch(r);
        for (size_t i = 0; i < n; i++)
            values[i] = luarows_map(r, i);
        jail_socket_send(
            FRAME_VALUES, (struct str){(const char *)values, n * sizeof *values});
    }
}

static void
serve_rows(struct luarows *r)
{
    struct luabox_report report;
    struct str json = STR("");
    int64_t number;
    size_t n;

    while ((n = take_batch(r)) > 0)
        luarows_add(r, n);
    bool good = luarows_end(r, ROW_RESULT_BYTES_MAX - 1024, &number, &report);
    if (good && r->program.kind == ROW_COLLECT)
        json.ptr = lua_tolstring(r->box.L, -1, &json.len);
    send_report(FRAME_RESULT, good, number, json, good ? "" : report.text);
}

void
luarows_serve(struct luarows *r)
{
    struct luabox_report report;

    take_program(r);
    attack_after_ready(r->program.source);
    bool good = luarows_compile(r, &report);
    send_report(FRAME_COMPILED, good, 0, STR(""), report.text);
    if (!good)
        _exit(0);
    if (r->is_map)
        serve_map(r);
    serve_rows(r);
    _exit(0);
}
