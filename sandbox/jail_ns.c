/* jail_ns.c -- namespaces: a bonus where the kernel grants them, never a requirement.
 *
 * Under the usual container profiles every one of them is refused; seccomp and landlock
 * do not depend on them. */
#include "sandbox/jail.h"

#include "datasite/base/check.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t
jail_ns_fork(unsigned *namespaces)
{
    static const unsigned wanted[] = {
        CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
            CLONE_NEWNS,
        CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS,
    };

    for (size_t i = 0; i < ARRAY_N(wanted); i++) {
        *namespaces = wanted[i]; /* the child has its copy, too */
        pid_t pid =
            (pid_t)syscall(SYS_clone, wanted[i] | SIGCHLD, NULL, NULL, NULL, NULL);
        if (pid != -1)
            return pid;
    }
    *namespaces = 0;
    return fork();
}
