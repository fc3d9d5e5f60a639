/* jail_probe.c -- what a jailed worker must not be able to do, to be tried at start.
 *
 * The attempts go straight to the kernel, as injected machine code would. */
#include "sandbox/jail/jail_probe.h"

#include "datasite/base/check.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
open_file(void)
{
    syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
}

static void
make_socket(void)
{
    syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static void
make_process(void)
{
    syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void
run_program(void)
{
    static char name[] = "/bin/sh";
    char *const argv[] = {name, NULL};

    syscall(SYS_execve, name, argv, NULL);
}

static void
trace_parent(void)
{
    syscall(SYS_ptrace, PTRACE_ATTACH, syscall(SYS_getppid), NULL, NULL);
}

static void
signal_parent(void)
{
    syscall(SYS_kill, -1, 0);
}

static void
read_other_memory(void)
{
    syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0);
}

static void
get_memory(void)
{
    syscall(SYS_mmap, NULL, (size_t)1 << 31, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
}

static void
make_code(void)
{
    syscall(SYS_mprotect, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void
new_namespace(void)
{
    syscall(SYS_unshare, CLONE_NEWUSER);
}

static void
ask_time(void)
{
    syscall(SYS_clock_gettime, 0, NULL);
}

static void
write_elsewhere(void)
{
    syscall(SYS_write, 1, "x", 1);
}

static void
use_processor(void)
{
    for (volatile int i = 0;; i++)
        ;
}

const struct probe jail_probes[] = {
    {"open a file", PROBE_FORBIDDEN, open_file},
    {"make a socket", PROBE_FORBIDDEN, make_socket},
    {"make a process", PROBE_FORBIDDEN, make_process},
    {"run a program", PROBE_FORBIDDEN, run_program},
    {"trace its parent", PROBE_FORBIDDEN, trace_parent},
    {"signal its parent", PROBE_FORBIDDEN, signal_parent},
    {"read another process's memory", PROBE_FORBIDDEN, read_other_memory},
    {"get more memory", PROBE_FORBIDDEN, get_memory},
    {"make memory executable", PROBE_FORBIDDEN, make_code},
    {"make a namespace", PROBE_FORBIDDEN, new_namespace},
    {"ask for the time", PROBE_FORBIDDEN, ask_time},
    {"write to another descriptor", PROBE_FORBIDDEN, write_elsewhere},
    {"use up the processor", PROBE_CPU, use_processor},
};
const size_t jail_probes_n = ARRAY_N(jail_probes);

_Noreturn void
jail_probe_try(int i)
{
    if (i >= 0 && (size_t)i < jail_probes_n)
        jail_probes[i].attempt();
    _exit(0);
}
