/* runner_main.c -- datasite-runner: the process that may start brokers, and nothing else.
 *
 *   datasite-runner WORKER [VAULT KEY]      orders come on descriptor 3 */
#include "datasite/base/log.h"
#include "sandbox/runner/runner.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096

/* A file that the children of the runner open, and the folder that it lies in. */
struct place {
    char folder[PATH_BYTES_MAX], path[PATH_BYTES_MAX];
};
enum {
    PLACE_VAULT,
    PLACE_KEY,
    PLACES_N
};
/* The folders' names inside the runner's room. */
static const char *const rooms[PLACES_N] = {"/vault", "/key"};

/* It dies with the server: by the signal, or by the end of the socket where the server
 * was gone before the signal was asked for. */
static bool
settle(void)
{
    umask(077); /* the vault is nobody else's to read */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return false;
    if (fcntl(RUNNER_ORDERS_FD, F_SETFD, FD_CLOEXEC) != 0 ||
        syscall(SYS_close_range, RUNNER_ORDERS_FD + 1, ~0U, 0) != 0)
        return false;
    return signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

static enum err
place_of(struct diag *d, const char *path, struct place *out)
{
    const char *slash = strrchr(path, '/');
    int n = slash == NULL ? 1 : (int)(slash - path) + 1;

    if (strlen(path) >= sizeof out->path)
        return FAIL(d, ERR_INVALID, "a path of the vault is too long");
    snprintf(out->folder, sizeof out->folder, "%.*s", n, slash == NULL ? "." : path);
    snprintf(out->path, sizeof out->path, "%s", path);
    return ERR_OK;
}

/* Inside the room the folder has another name. */
static void
move_in(struct place *p, const char *at)
{
    char name[PATH_BYTES_MAX];
    const char *slash = strrchr(p->path, '/');

    snprintf(name, sizeof name, "%s", slash == NULL ? p->path : slash + 1);
    snprintf(p->folder, sizeof p->folder, "%s", at);
    snprintf(p->path, sizeof p->path, "%.16s/%.4000s", at, name);
}

static enum err
shut_in(struct diag *d, struct place places[], size_t n, struct worker_home *home)
{
    struct jail_folder folders[PLACES_N];
    struct jail_path paths[PLACES_N];
    struct jail jail = {.role = JAIL_RUNNER,
        .program_fd = home->program_fd,
        .paths = paths,
        .paths_n = n};

    for (size_t i = 0; i < n; i++)
        folders[i] = (struct jail_folder){places[i].folder, rooms[i]};
    jail_room_enter(folders, n, &home->room);
    for (size_t i = 0; i < n; i++) {
        if (home->room.has_empty)
            move_in(&places[i], rooms[i]);
        paths[i] = (struct jail_path){places[i].folder, JAIL_USE_KEEP};
    }
    return jail_seal(d, &jail);
}

static enum err
serve(struct diag *d, int argc, char **argv)
{
    static struct place places[PLACES_N];
    struct broker_setup setup = {0};
    size_t n = argc == 4 ? PLACES_N : 0;

    for (size_t i = 0; i < n; i++)
        TRY(place_of(d, argv[2 + i], &places[i]));
    TRY(worker_home_open(d, argv[1], &setup.home));
    TRY(shut_in(d, places, n, &setup.home));
    if (n > 0) {
        setup.vault_path = places[PLACE_VAULT].path;
        setup.key_path = places[PLACE_KEY].path;
    }
    return runner_serve(d, &setup, RUNNER_ORDERS_FD);
}

int
main(int argc, char **argv)
{
    struct diag d = {0};

    log_init("datasite-runner", LOG_INFO);
    if (argc != 2 && argc != 4) {
        fprintf(stderr, "datasite-runner: started by datasite, not by hand\n");
        return 2;
    }
    json_object_seed(0);
    tzset(); /* children that log from inside their jail can open no time zone */
    if (sodium_init() < 0 || !settle()) {
        log_event(LOG_ERROR, "runner.start", "the runner could not settle");
        return 2;
    }
    if (serve(&d, argc, argv) != ERR_OK && d.code != ERR_IO)
        log_diag(LOG_ERROR, "runner.end", &d);
    _exit(0); /* nothing is left to flush, and a sanitizer's last look is not allowed */
}
