/* runner_main.c -- datasite-runner: the process that may start brokers, and nothing else.
 *
 *   datasite-runner WORKER [VAULT KEY]      orders come on descriptor 3 */
#include "datasite/base/log.h"
#include "sandbox/runner.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* It dies with the server: by the signal, or by the end of the socket where the server
 * was gone before the signal was asked for. */
static bool
settle(void)
{
    struct rlimit none = {0, 0};

    umask(077); /* the vault is nobody else's to read */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    if (fcntl(RUNNER_ORDERS_FD, F_SETFD, FD_CLOEXEC) != 0 ||
        syscall(SYS_close_range, RUNNER_ORDERS_FD + 1, ~0U, 0) != 0)
        return false;
    return setrlimit(RLIMIT_CORE, &none) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

int
main(int argc, char **argv)
{
    struct diag d = {0};
    struct broker_setup setup = {.worker_exe = argc > 1 ? argv[1] : NULL,
        .vault_path = argc == 4 ? argv[2] : NULL,
        .key_path = argc == 4 ? argv[3] : NULL};

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
    if (runner_serve(&d, &setup, RUNNER_ORDERS_FD) != ERR_OK && d.code != ERR_IO)
        log_diag(LOG_ERROR, "runner.end", &d);
    return 0;
}
