/* crew.h -- a few threads that do what must not be done on the HTTP thread. */
#ifndef DATASITE_HTTP_CREW_H
#define DATASITE_HTTP_CREW_H

#include "datasite/base/err.h"

struct task {
    void (*run)(void *arg);
    void *arg;
    struct task *next;
};
struct crew;

enum err crew_start(struct diag *d, int threads, struct crew **out) NODISCARD;
/* Queues a task, which the caller keeps until it runs. False: the crew is stopping. */
bool crew_do(struct crew *c, struct task *t);
/* Finishes what is queued, ends the threads and frees the crew's memory with crew_free:
 * crew_do stays callable in between. */
void crew_stop(struct crew *c);
void crew_free(struct crew *c);

#endif
