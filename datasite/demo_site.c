/* demo_site.c -- the demo's stage: a server of its own in a temporary folder. */
#include "datasite/demo_site.h"

#include "datasite/base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

char *
demo_site_path(const struct demo_site *s, const char *name, char out[128])
{
    CHECK(snprintf(out, 128, "%s/%s", s->dir, name) < 128);
    return out;
}

/* The signals that end the demo wait until somebody looks, so that nothing is left behind. */
static void
end_signals(sigset_t *ends)
{
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
}

bool
demo_site_ended(void)
{
    sigset_t waiting;

    sigpending(&waiting);
    return sigismember(&waiting, SIGINT) || sigismember(&waiting, SIGTERM);
}

/* In a child, before it becomes this program again: it takes signals as any other. */
static void
take_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Reads what the server prints: the setup link, and the ready line, which ends it. */
static enum err
read_ready(struct diag *d, struct demo_site *s, FILE *from)
{
    static const char ready[] = "listening on ";
    char line[512];

    while (fgets(line, sizeof line, from) != NULL) {
        const char *token = strstr(line, "#token=");
        line[strcspn(line, "\n")] = '\0';
        if (token != NULL)
            snprintf(s->setup_token, sizeof s->setup_token, "%s", token + 7);
        if (strncmp(line, ready, sizeof ready - 1) != 0)
            continue;
        snprintf(s->url, sizeof s->url, "%s", line + sizeof ready - 1);
        return ERR_OK;
    }
    return FAIL(d, ERR_IO, "the server did not start; %s/server.log says why", s->dir);
}

/* Starts a child that calls begin(arg, fd) and never returns; *from reads its words. */
static enum err
start_child(struct diag *d, void (*begin)(const void *arg, int out), const void *arg,
    pid_t *pid, FILE **from)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) == -1)
        return FAIL(d, ERR_IO, "no pipe: %s", strerror(errno));
    fflush(stdout); /* or the child would hold what is not written yet */
    *pid = fork();
    if (*pid == 0) {
        begin(arg, ends[1]);
        _exit(2);
    }
    close(ends[1]);
    *from = *pid == -1 ? NULL : fdopen(ends[0], "r");
    if (*from == NULL) {
        close(ends[0]);
        return FAIL(d, ERR_IO, "no process: %s", strerror(errno));
    }
    return ERR_OK;
}

struct server_start {
    const struct demo_site *site;
    const char *listen;
};

/* In the child: becomes the server, with its words on `out` and its log in a file. */
static void
become_server(const void *arg, int out)
{
    const struct server_start *start = arg;
    char log[128];
    int fd = open(demo_site_path(start->site, "server.log", log),
        O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    /* Whoever kills the demo ends its server too. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (fd == -1 || dup2(fd, STDERR_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
        return;
    take_signals();
    execl("/proc/self/exe", "datasite", "serve", "--data", start->site->data,
        "--listen", start->listen, (char *)NULL);
}

/* In the child: becomes the command, with all its words on `out`. */
static void
become_command(const void *arg, int out)
{
    char *const *argv = arg;

    if (dup2(out, STDERR_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
        return;
    take_signals();
    execv("/proc/self/exe", argv);
}

static enum err
start_server(struct diag *d, const char *listen, struct demo_site *s)
{
    const struct server_start start = {s, listen};
    FILE *from = NULL;
    enum err result;

    TRY(start_child(d, become_server, &start, &s->server, &from));
    result = read_ready(d, s, from);
    fclose(from);
    return result;
}

enum err
demo_command(struct diag *d, char *const *argv, const char *indent, int *code)
{
    char line[512];
    FILE *from = NULL;
    pid_t pid = -1;
    int status = 0;

    TRY(start_child(d, become_command, argv, &pid, &from));
    while (fgets(line, sizeof line, from) != NULL)
        printf("%s%s", indent, line);
    fclose(from);
    if (waitpid(pid, &status, 0) == -1 || !WIFEXITED(status))
        return FAIL(d, ERR_IO, "`datasite %s` did not end by itself", argv[1]);
    *code = WEXITSTATUS(status);
    return ERR_OK;
}

enum err
demo_site_start(struct diag *d, const char *listen, struct demo_site *out)
{
    sigset_t ends;

    end_signals(&ends);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    *out = (struct demo_site){.dir = "/tmp/datasite-demo-XXXXXX"};
    if (mkdtemp(out->dir) == NULL)
        return FAIL(d, ERR_IO, "%s: %s", out->dir, strerror(errno));
    snprintf(out->data, sizeof out->data, "%s/site", out->dir);
    return start_server(d, listen, out);
}

static int
drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

void
demo_site_stop(struct demo_site *s, bool forget)
{
    if (s->server > 0) {
        kill(s->server, SIGTERM);
        waitpid(s->server, NULL, 0);
    }
    s->server = 0;
    if (forget && s->dir[0] != '\0')
        nftw(s->dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}

enum err
demo_site_serve(struct diag *d, struct demo_site *s)
{
    sigset_t ends;
    int signal_n;

    end_signals(&ends);
    sigaddset(&ends, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    for (;;) {
        /* The server may have ended before its signal was blocked. */
        if (waitpid(s->server, NULL, WNOHANG) == s->server) {
            s->server = 0;
            return FAIL(d, ERR_IO, "the server ended; %s/server.log says why", s->dir);
        }
        CHECK(sigwait(&ends, &signal_n) == 0);
        if (signal_n != SIGCHLD)
            return ERR_OK;
    }
}
