/* cli.c -- finds the command, runs it, and says in one line what went wrong. */
#include "datasite/cli.h"

#include "datasite/base/check.h"
#include "datasite/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

struct command {
    const char *words; /* "user add" */
    enum err (*run)(struct diag *d, int argc, char **argv, enum answer *answer);
    const char *usage, *about;
};

static const struct command commands[] = {
#define COMMAND(words, name, usage, about) {words, cmd_##name, usage, about},
#include "datasite/commands.def"
#undef COMMAND
};

static void
print_usage(const struct command *c, FILE *to)
{
    fprintf(to, "usage: datasite %s %s\n       %s\n", c->words, c->usage, c->about);
}

static void
print_commands(FILE *to)
{
    fprintf(to, "usage: datasite COMMAND ...\n\n");
    for (size_t i = 0; i < ARRAY_N(commands); i++)
        fprintf(to, "  %-13s %s\n", commands[i].words, commands[i].about);
    fprintf(to,
        "\n`datasite COMMAND --help` shows how a command is used; `datasite "
        "--version` tells the version.\n"
        "Exit codes: 0 done, 1 the answer is no, 2 wrong use or failure.\n");
}

/* How many words of argv the command's own are; 0 when it is another. */
static int
command_words(const struct command *c, int argc, char **argv)
{
    const char *second = strchr(c->words, ' ');
    size_t first_len = second == NULL ? strlen(c->words) : (size_t)(second - c->words);

    if (argc < 1 || strlen(argv[0]) != first_len ||
        memcmp(argv[0], c->words, first_len) != 0)
        return 0;
    if (second == NULL)
        return 1;
    return argc > 1 && strcmp(argv[1], second + 1) == 0 ? 2 : 0;
}

static bool
asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

/* What was asked for must have reached whoever asked. */
static int
told(enum answer answer)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return (int)answer;
    fprintf(stderr, "datasite: standard output cannot be written to\n");
    return ANSWER_FAILED;
}

void
cli_put_plain(FILE *to, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        fputc(*p < ' ' || *p == 0x7F ? ' ' : *p, to);
}

static void
tell_failure(const struct command *c, const struct diag *d)
{
    fprintf(stderr, "datasite %s: ", c->words);
    cli_put_plain(stderr, d->text);
    fputc('\n', stderr);
}

static int
run_command(const struct command *c, int argc, char **argv)
{
    enum answer answer = ANSWER_YES;
    struct diag d = {0};

    if (asks_for_help(argc, argv)) {
        print_usage(c, stdout);
        return told(ANSWER_YES);
    }
    if (c->run(&d, argc, argv, &answer) == ERR_OK)
        return told(answer);
    fflush(stdout);
    tell_failure(c, &d);
    return ANSWER_FAILED;
}

static const struct command *
find_command(int argc, char **argv, int *words)
{
    for (size_t i = 0; i < ARRAY_N(commands); i++) {
        *words = command_words(&commands[i], argc, argv);
        if (*words > 0)
            return &commands[i];
    }
    return NULL;
}

/* `datasite`, `datasite --help`, `datasite help run`. */
static int
help(int argc, char **argv)
{
    int words;
    const struct command *c = find_command(argc, argv, &words);

    if (c != NULL) {
        print_usage(c, stdout);
    } else {
        print_commands(stdout);
    }
    return told(ANSWER_YES);
}

/* Half of a command's name gets its other half. */
static int
no_command(const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i < ARRAY_N(commands); i++) {
        const char *words = commands[i].words;
        if (strncmp(words, word, len) != 0 || words[len] != ' ')
            continue;
        fprintf(
            stderr, "datasite: no command `%s`; there is `datasite %s`\n", word, words);
        return ANSWER_FAILED;
    }
    fprintf(stderr, "datasite: no command `%s`; see `datasite --help`\n", word);
    return ANSWER_FAILED;
}

static bool
is_one_of(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

/* A place of standard input, output or error that came closed is held shut, or the next
 * file that is opened would stand there and be written to as if it were that. */
static void
hold_standard_places(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

int
cli_main(int argc, char **argv)
{
    const struct command *c;
    int words;

    hold_standard_places();
    /* A peer that hangs up is an answer of write(2), not the end of the program. */
    signal(SIGPIPE, SIG_IGN);
    json_object_seed(0); /* before any thread: the library's seeding is not atomic */
    if (sodium_init() == -1) {
        fprintf(stderr, "datasite: no source of randomness on this machine\n");
        return ANSWER_FAILED;
    }
    if (argc < 2) {
        print_commands(stderr);
        return ANSWER_FAILED;
    }
    if (is_one_of(argv[1], "--help", "-h", "help"))
        return help(argc - 2, argv + 2);
    if (is_one_of(argv[1], "--version", "-V", "version")) {
        printf("datasite %s\n", DATASITE_VERSION);
        return told(ANSWER_YES);
    }
    c = find_command(argc - 1, argv + 1, &words);
    return c == NULL ? no_command(argv[1]) : run_command(c, argc - words, argv + words);
}
