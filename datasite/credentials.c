/* credentials.c -- what `login` keeps for the commands after it, and asking for secrets. */
#include "datasite/credentials.h"

#include "datasite/base/fdio.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static enum err
make_folder(struct diag *d, const char *path)
{
    if (mkdir(path, 0700) == -1 && errno != EEXIST)
        return FAIL(d, ERR_IO, "%s: %s", path, strerror(errno));
    return ERR_OK;
}

/* The folder is made when it is to be written to. */
static enum err
credentials_path(struct diag *d, bool make, char out[PATH_MAX])
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char base[1024];
    int n;

    if (config != NULL && config[0] == '/') {
        n = snprintf(base, sizeof base, "%s", config);
    } else if (home != NULL && home[0] == '/') {
        n = snprintf(base, sizeof base, "%s/.config", home);
    } else {
        return FAIL(
            d, ERR_INVALID, "set HOME or XDG_CONFIG_HOME: the token lies there");
    }
    if (n >= (int)sizeof base)
        return FAIL(d, ERR_INVALID, "the path of the configuration folder is too long");
    if (make)
        TRY(make_folder(d, base));
    snprintf(out, PATH_MAX, "%s/datasite", base);
    if (make)
        TRY(make_folder(d, out));
    snprintf(out, PATH_MAX, "%s/datasite/client.json", base);
    return ERR_OK;
}

enum err
credentials_save(struct diag *d, const char *url, const char *email, const char *token)
{
    json_auto_t *doc =
        json_pack("{s:s, s:s, s:s}", "url", url, "email", email, "token", token);
    char path[PATH_MAX];
    enum err result;
    BUF_SCOPE(text);

    buf_init(&text, 4096);
    TRY(credentials_path(d, true, path));
    TRY(json_text(d, doc, &text));
    result = file_replace(d, path, buf_str(&text), 0600);
    explicit_bzero(text.ptr, text.cap);
    return result;
}

enum err
credentials_client(struct diag *d, struct client **out)
{
    json_auto_t *doc = NULL;
    const char *url = NULL, *token = NULL;
    char path[PATH_MAX];
    struct diag quiet = {0};
    BUF_SCOPE(text);

    buf_init(&text, 4096);
    TRY(credentials_path(d, false, path));
    if (file_read(&quiet, path, &text) != ERR_OK) {
        return FAIL(
            d, ERR_UNAUTHENTICATED, "nobody is logged in: `datasite login URL`");
    }
    TRY(json_parse(d, buf_str(&text), &doc));
    TRY(json_take(d, doc, "{s:s, s:s}", "url", &url, "token", &token));
    TRY(client_new(d, url, out));
    client_bearer(*out, token);
    return ERR_OK;
}

static enum err
read_line(struct diag *d, char *out, size_t size)
{
    size_t n = 0;
    char c;

    /* Byte by byte, so that what follows the line stays for whoever reads next. */
    while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
        if (n + 1 >= size || c == '\0')
            return FAIL(d, ERR_INVALID, "the line on standard input is too long");
        out[n++] = c;
    }
    if (n > 0 && out[n - 1] == '\r')
        n--;
    out[n] = '\0';
    return n > 0 ? ERR_OK : FAIL(d, ERR_INVALID, "nothing on standard input");
}

enum err
ask_line(struct diag *d, const char *prompt, bool secret, char *out, size_t size)
{
    struct termios shown, hidden;
    enum err result;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) == -1)
        return read_line(d, out, size);
    fputs(prompt, stderr);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    if (secret)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    result = read_line(d, out, size);
    if (secret) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    return result;
}
