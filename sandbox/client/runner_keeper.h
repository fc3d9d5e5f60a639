/* runner_keeper.h -- the server's hold on its runner: the process, and orders on their way.
 *
 * For the files runner_*.c of the server's side alone. */
#ifndef SANDBOX_CLIENT_RUNNER_KEEPER_H
#define SANDBOX_CLIENT_RUNNER_KEEPER_H

#include "sandbox/client/runner_client.h"
#include "sandbox/wire/frame.h"

#include <pthread.h>
#include <sys/types.h>

#define RUNNER_SEND_US INT64_C(5000000) /* a living runner takes an order at once */

struct flight {
    struct flight *next;
    const char *run_id;
};

struct runner {
    char *runner_exe, *worker_exe, *vault_path, *key_path;
    pthread_t keeper;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int orders_fd; /* -1: the runner is down */
    pid_t pid;     /* 0: not running, or reaped */
    bool stopping;
    int calls_n; /* inside our functions */
    struct flight *flights;
    struct monous tested; /* when the self-test ran; 0: never */
    enum err test_result;
    struct diag test_diag;
    char level[128];
    pthread_mutex_t test_lock;
};

/* A call into the client: the runner is not let go of before the last one has returned. */
void runner_enter(struct runner *r);
void runner_leave(struct runner **r);
#define CALL_SCOPE(r)                                                        \
    struct runner *call_scope_ __attribute__((cleanup(runner_leave))) = (r); \
    runner_enter(call_scope_)

/* Sends an order with the far end of a new socket; the near end is *answers. A runner
 * that dies in between is met by trying once more with the next one. */
enum err runner_send(struct diag *d, struct runner *r, enum frame_type type,
    struct str body, int data_fd, int *answers) NODISCARD;
/* The next message on an order's socket. Whatever goes wrong, the sandbox is to blame. */
enum err runner_hear(
    struct diag *d, int fd, struct monous deadline, struct frame *in) NODISCARD;
enum err runner_out_of_turn(struct diag *d, const struct frame *in) NODISCARD;
/* Was all of a message read, and nothing else in it? what names it: "a report". */
enum err runner_read_end(
    struct diag *d, const struct fields *f, const char *what) NODISCARD;
/* One order, one answer of the wanted type. wait_us 0: for as long as it takes. */
enum err runner_ask(struct diag *d, struct runner *r, enum frame_type type,
    struct str body, int data_fd, enum frame_type want, struct frame *in,
    int64_t wait_us) NODISCARD;

#endif
