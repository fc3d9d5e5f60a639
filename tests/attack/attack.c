/* attack.c -- what an attacker would run in a worker whose interpreter he has taken over.
 *
 * A job whose first line is `-- attack: NAME WORD…` calls NAME's function, in the jail and
 * past the interpreter; it talks to the kernel directly. An attempt that comes back says
 * so in the log and ends the run as if all were well, for the test to see. By hand,
 * `datasite-worker-attack unjailed NAME WORD…` makes the attempt without a jail. */
#define ATTACK_MACHINE_CODE
#include "sandbox/worker/attack.h"

#include "datasite/base/check.h"
#include "sandbox/jail/jail.h"
#include "sandbox/worker/jail_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_LINE "-- attack: "
#define WORDS_MAX  8
#define X32_BIT    0x40000000

struct words {
    char *at[WORDS_MAX]; /* what is not there is "" */
};

/* ---- the file system ---- */

static void
read_file(const struct words *w)
{
    (void)w;
    syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
}

static void
create_file(const struct words *w)
{
    syscall(SYS_openat, AT_FDCWD, w->at[0], O_CREAT | O_WRONLY, 0666);
}

static void
remove_file(const struct words *w)
{
    syscall(SYS_unlinkat, AT_FDCWD, w->at[0], 0);
}

static void
ask_for_file(const struct words *w)
{
    syscall(SYS_faccessat, AT_FDCWD, w->at[0], 0);
}

static void
leave_root(const struct words *w)
{
    (void)w;
    syscall(SYS_chroot, ".");
}

static void
mount_over(const struct words *w)
{
    (void)w;
    syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL);
}

/* ---- the network ---- */

static void
connect_tcp(const struct words *w)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtol(w->at[0], NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);

    syscall(SYS_connect, fd, &to, sizeof to);
}

static void
connect_abstract(const struct words *w)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    size_t n = strlen(w->at[0]);

    memcpy(to.sun_path + 1, w->at[0], n);
    syscall(SYS_connect, fd, &to, offsetof(struct sockaddr_un, sun_path) + 1 + n);
}

static void
send_datagram(const struct words *w)
{
    (void)w;
    syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0);
}

static void
make_pair(const struct words *w)
{
    int ends[2];

    (void)w;
    syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends);
}

/* A descriptor sent to the broker: of the only one there is. */
static void
pass_descriptor(const struct words *w)
{
    static char byte = 1;
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v,
        .msg_iovlen = 1,
        .msg_control = room,
        .msg_controllen = sizeof room};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    const int fd = JAIL_SOCKET;

    (void)w;
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    syscall(SYS_sendmsg, JAIL_SOCKET, &m, 0);
}

/* ---- other processes ---- */

static void
make_process(const struct words *w)
{
    (void)w;
    syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void
make_thread(const struct words *w)
{
    static char args[64];

    (void)w;
    syscall(SYS_clone3, args, sizeof args);
}

static void
run_program(const struct words *w)
{
    static char name[] = "/bin/sh";
    char *const argv[] = {name, NULL};

    (void)w;
    syscall(SYS_execve, name, argv, NULL);
}

static void
run_descriptor(const struct words *w)
{
    static char name[] = "worker";
    char *const argv[] = {name, NULL};

    (void)w;
    syscall(SYS_execveat, 4, "", argv, NULL, AT_EMPTY_PATH);
}

static void
trace_parent(const struct words *w)
{
    (void)w;
    syscall(SYS_ptrace, PTRACE_ATTACH, syscall(SYS_getppid), NULL, NULL);
}

static void
kill_victim(const struct words *w)
{
    syscall(SYS_kill, (pid_t)strtol(w->at[0], NULL, 10), SIGKILL);
}

static void
kill_thread(const struct words *w)
{
    pid_t pid = (pid_t)strtol(w->at[0], NULL, 10);

    syscall(SYS_tgkill, pid, pid, SIGKILL);
}

static void
kill_all(const struct words *w)
{
    (void)w;
    syscall(SYS_kill, -1, SIGKILL);
}

static void
kill_by_handle(const struct words *w)
{
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)strtol(w->at[0], NULL, 10), 0);

    syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
}

static void
read_victim(const struct words *w)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};

    syscall(SYS_process_vm_readv, (pid_t)strtol(w->at[0], NULL, 10), &here, 1UL, &there,
        1UL, 0UL);
}

static void
limit_victim(const struct words *w)
{
    syscall(SYS_prlimit64, (pid_t)strtol(w->at[0], NULL, 10), 0, NULL, NULL);
}

/* ---- itself ---- */

static void
map_code(const struct words *w)
{
    (void)w;
    syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
}

static void
make_code(const struct words *w)
{
    static char page[8192];

    (void)w;
    syscall(SYS_mprotect, (uintptr_t)page & ~(uintptr_t)4095, 4096,
        PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void
jump_to_data(const struct words *w)
{
    static unsigned char code[] = {0xc3}; /* the data are not executable */
    void (*f)(void);
    void *at = code;

    (void)w;
    memcpy(&f, &at, sizeof f);
    f();
}

static void
new_namespace(const struct words *w)
{
    (void)w;
    syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWNS);
}

static void
become_root(const struct words *w)
{
    (void)w;
    syscall(SYS_setresuid, 0, 0, 0);
}

static void
allow_dumps(const struct words *w)
{
    (void)w;
    syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void
replace_filter(const struct words *w)
{
    (void)w;
    syscall(SYS_seccomp, 0, 0, NULL);
}

static void
use_rings(const struct words *w)
{
    static char params[128];

    (void)w;
    syscall(SYS_io_uring_setup, 8, params);
}

static void
load_bpf(const struct words *w)
{
    union bpf_attr attr;

    (void)w;
    memset(&attr, 0, sizeof attr);
    syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
}

static void
use_keys(const struct words *w)
{
    (void)w;
    syscall(SYS_keyctl, 0, -3, 1, 0, 0);
}

static void
watch_faults(const struct words *w)
{
    (void)w;
    syscall(SYS_userfaultfd, 0);
}

static void
make_memory_file(const struct words *w)
{
    (void)w;
    syscall(SYS_memfd_create, "x", 0U);
}

static void
share_memory(const struct words *w)
{
    (void)w;
    syscall(SYS_shmget, IPC_PRIVATE, (size_t)4096, 0600 | IPC_CREAT);
}

static void
write_elsewhere(const struct words *w)
{
    (void)w;
    syscall(SYS_write, 2, "x", (size_t)1);
}

static void
ask_time(const struct words *w)
{
    (void)w;
    syscall(SYS_clock_gettime, 0, NULL);
}

#ifdef __x86_64__
static void
call_x32(const struct words *w)
{
    (void)w;
    syscall(SYS_getpid | X32_BIT);
}

static void
call_i386(const struct words *w)
{
    long n = 20; /* getpid there, writev here */

    (void)w;
    __asm__ volatile("int $0x80" : "+a"(n) : : "memory");
}

/* Where the machine takes it away, this is a crash; where not, a clock of no use. */
static void
count_cycles(const struct words *w)
{
    unsigned low, high;

    (void)w;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    _exit((low ^ high) == 0 ? 4 : 3);
}
#endif

/* ---- data ---- */

extern const char __executable_start[], _end[];

/* The mark as it would lie in memory, put together so that this program holds none. */
static bool
lies_in(const char *from, const char *to, const char *reversed)
{
    size_t n = strlen(reversed);

    for (const char *p = from; p + n <= to; p++) {
        size_t i = 0;
        while (i < n && p[i] == reversed[n - 1 - i])
            i++;
        if (i == n)
            return true;
    }
    return false;
}

/* Program, statics with what was received, and the stack's page; the Lua heap has not
 * been given a byte yet. */
static void
search_data(const struct words *w)
{
    uintptr_t page = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)4095;
    const char *stack;

    memcpy(&stack, &page, sizeof stack);
    bool found = lies_in(__executable_start, _end, w->at[0]) ||
        lies_in(stack, stack + 4096, w->at[0]);

    jail_socket_send(FRAME_PRINT, found ? STR("found") : STR("searched"));
    jail_socket_send(FRAME_DONE, STR("1"));
    _exit(0);
}

/* ---- the broker ---- */

static int
hex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void
say_part(const char *part)
{
    static char bytes[1 << 18];
    size_t n = 0;

    if (part[0] == 'x') {
        n = (size_t)strtol(part + 1, NULL, 10);
        CHECK(n <= sizeof bytes);
        memset(bytes, 'x', n);
    } else {
        for (; part[0] != 0 && n < sizeof bytes; part += 2)
            bytes[n++] = (char)(hex(part[0]) << 4 | hex(part[1]));
    }
    for (size_t done = 0; done < n;) {
        ssize_t k = write(JAIL_SOCKET, bytes + done, n - done);
        if (k <= 0)
            _exit(3);
        done += (size_t)k;
    }
}

/* say THEN TIMES PART…: bytes as hexadecimal, or x and how many of that letter. */
static void
say(const struct words *w)
{
    static char heard[4096];
    long times = strtol(w->at[1], NULL, 10);

    for (long k = 0; k < times; k++) {
        for (size_t i = 2; i < WORDS_MAX; i++)
            say_part(w->at[i]);
    }
    if (strcmp(w->at[0], "stall") == 0) {
        while (read(JAIL_SOCKET, heard, sizeof heard) > 0)
            ;
    }
    _exit(strcmp(w->at[0], "fail") == 0 ? 3 : 0);
}

/* ---- which ---- */

static const struct {
    const char *name;
    void (*run)(const struct words *w);
} attacks[] = {
    {"read_file", read_file},
    {"create_file", create_file},
    {"remove_file", remove_file},
    {"ask_for_file", ask_for_file},
    {"leave_root", leave_root},
    {"mount_over", mount_over},
    {"connect_tcp", connect_tcp},
    {"connect_abstract", connect_abstract},
    {"send_datagram", send_datagram},
    {"make_pair", make_pair},
    {"pass_descriptor", pass_descriptor},
    {"make_process", make_process},
    {"make_thread", make_thread},
    {"run_program", run_program},
    {"run_descriptor", run_descriptor},
    {"trace_parent", trace_parent},
    {"kill_victim", kill_victim},
    {"kill_thread", kill_thread},
    {"kill_all", kill_all},
    {"kill_by_handle", kill_by_handle},
    {"read_victim", read_victim},
    {"limit_victim", limit_victim},
    {"map_code", map_code},
    {"make_code", make_code},
    {"jump_to_data", jump_to_data},
    {"new_namespace", new_namespace},
    {"become_root", become_root},
    {"allow_dumps", allow_dumps},
    {"replace_filter", replace_filter},
    {"use_rings", use_rings},
    {"load_bpf", load_bpf},
    {"use_keys", use_keys},
    {"watch_faults", watch_faults},
    {"make_memory_file", make_memory_file},
    {"share_memory", share_memory},
    {"write_elsewhere", write_elsewhere},
    {"ask_time", ask_time},
#ifdef __x86_64__
    {"call_x32", call_x32},
    {"call_i386", call_i386},
    {"count_cycles", count_cycles},
#endif
    {"search_data", search_data},
    {"say", say},
};

static void
run(const char *name, const struct words *w)
{
    for (size_t i = 0; i < ARRAY_N(attacks); i++) {
        if (strcmp(attacks[i].name, name) == 0) {
            attacks[i].run(w);
            return;
        }
    }
    _exit(99); /* no such attack: a test's mistake */
}

static void
split(char *line, struct words *w)
{
    static char nothing[] = "";
    char *rest = line;

    for (size_t i = 0; i < WORDS_MAX; i++) {
        char *word = strsep(&rest, " ");
        w->at[i] = word == NULL ? nothing : word;
    }
}

void
attack_after_ready(struct str source)
{
    static char line[1 << 16];
    struct words w;
    const size_t head = strlen(FIRST_LINE);
    const char *end = memchr(source.ptr, '\n', source.len);
    size_t n = end == NULL ? source.len : (size_t)(end - source.ptr);

    if (n < head || memcmp(source.ptr, FIRST_LINE, head) != 0 || n >= sizeof line)
        return;
    memcpy(line, source.ptr + head, n - head);
    line[n - head] = 0;
    char *words = strchr(line, ' ');
    if (words != NULL)
        *words++ = 0;
    split(words == NULL ? line + strlen(line) : words, &w);
    run(line, &w);
    jail_socket_send(FRAME_PRINT, STR("survived"));
    jail_socket_send(FRAME_DONE, STR("1"));
    _exit(0);
}

/* A ceiling of memory that is no whole number of 256 bytes names an exit status before
 * the jail; 255: bytes that are no message. */
void
attack_before_jail(int argc, char **argv)
{
    static char nothing[] = "";
    struct words w;

    if (argc >= 3 && strcmp(argv[1], "unjailed") == 0) {
        for (int i = 0; i < WORDS_MAX; i++)
            w.at[i] = i + 3 < argc ? argv[i + 3] : nothing;
        run(argv[2], &w);
        _exit(0);
    }
    int status = argc > 1 ? (int)(strtoll(argv[1], NULL, 10) & 255) : 0;
    if (status == 255)
        say_part("x20");
    if (status != 0)
        _exit(status);
}
