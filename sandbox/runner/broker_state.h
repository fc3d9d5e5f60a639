/* broker_state.h -- what a broker holds, for the files broker*.c alone. */
#ifndef SANDBOX_RUNNER_BROKER_STATE_H
#define SANDBOX_RUNNER_BROKER_STATE_H

#include "sandbox/engine/parts.h"
#include "sandbox/engine/question.h"
#include "sandbox/runner/broker.h"
#include "sandbox/runner/rowrun.h"
#include "sandbox/wire/frame.h"
#include "sandbox/wire/orders.h"

#define EXPLAINS_PER_QUESTION 16

/* A measurement of this run that is answered already: asking again is free. */
struct answered {
    struct answered *next;
    struct digest measurement;
    struct str answer;
};

struct broker {
    struct arena *arena; /* of the run */
    struct order order;  /* as the server sent it; texts borrow the frame */
    char run_id[64], dataset_id[64], dataset_name[NAME_BYTES_MAX + 1];
    int server_fd, mock_fd;
    struct schema schema;
    struct table table;
    struct rng *rng;
    struct worker worker;
    struct rowrun rowrun;
    struct row_port rows;
    struct parts parts;
    struct monous deadline;
    int64_t questions_left, explains_left;
    bool was_unpaid, was_denied; /* what the worker may say it died of */
    char denied_rule[32];
    struct answered *answered;
    json_t *measurements;
    struct buf output; /* the worker's text, once it has proved to be JSON */
    struct outcome outcome;
};

/* The order as the server sent it; its descriptors are the broker's from here on. */
enum err broker_read_order(
    struct diag *d, struct broker *b, struct frame *frame) NODISCARD;
/* The private data, or the mock that came with the order. */
enum err broker_load(
    struct diag *d, struct broker *b, const struct broker_setup *s) NODISCARD;
/* A plan that the worker wants explained, released or told exactly: its answer. */
enum err broker_ask(struct diag *d, struct broker *b, const struct frame *in,
    struct buf *answer) NODISCARD;
/* Which message carries a refusal to the worker; FRAME_NONE: it is none, the run fails. */
enum frame_type broker_refusal(enum err e);
/* Takes what the worker sends until the run is over; the outcome is in b. */
void broker_serve(struct broker *b);

#endif
