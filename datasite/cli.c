/* cli.c -- finds the command, runs it, and says in one line what went wrong. */
#include "datasite/cli.h"

#include "datasite/base/check.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

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
        "\n`datasite COMMAND --help` shows how a command is used.\n"
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

static int
run_command(const struct command *c, int argc, char **argv)
{
    enum answer answer = ANSWER_YES;
    struct diag d = {0};

    if (asks_for_help(argc, argv)) {
        print_usage(c, stdout);
        return 0;
    }
    if (c->run(&d, argc, argv, &answer) == ERR_OK)
        return fflush(stdout) == 0 ? (int)answer : (int)ANSWER_FAILED;
    fflush(stdout);
    fprintf(stderr, "datasite %s: %s\n", c->words, d.text);
    return ANSWER_FAILED;
}

int
cli_main(int argc, char **argv)
{
    /* A peer that hangs up is an answer of write(2), not the end of the program. */
    signal(SIGPIPE, SIG_IGN);
    json_object_seed(0); /* before any thread: the library's seeding is not atomic */
    if (sodium_init() == -1) {
        fprintf(stderr, "datasite: no source of randomness on this machine\n");
        return ANSWER_FAILED;
    }
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        print_commands(stdout);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_N(commands); i++) {
        int n = command_words(&commands[i], argc - 1, argv + 1);
        if (n > 0)
            return run_command(&commands[i], argc - n, argv + n);
    }
    if (argc > 1) {
        fprintf(stderr, "datasite: no command `%s`; see `datasite --help`\n", argv[1]);
    } else {
        print_commands(stderr);
    }
    return ANSWER_FAILED;
}
