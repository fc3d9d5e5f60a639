/* options.c -- the words after a command: options by table, the rest by position. */
#include "datasite/options.h"

#include <string.h>

/* The row that `--name` or `--name=…` means, NULL for none. */
static const struct opt *
opt_find(const char *word, const struct opt *opts, size_t n)
{
    size_t len = strcspn(word, "=");

    for (size_t i = 0; i < n; i++) {
        if (strlen(opts[i].name) == len && memcmp(opts[i].name, word, len) == 0)
            return &opts[i];
    }
    return NULL;
}

static enum err
word_add(struct diag *d, struct words *w, const char *word)
{
    if (w->n == WORDS_MAX)
        return FAIL(d, ERR_INVALID, "more than %d words", WORDS_MAX);
    w->word[w->n++] = word;
    return ERR_OK;
}

/* Takes the option at argv[*at] and its value, which may be the next word. */
static enum err
opt_take(struct diag *d, const struct opt *o, int argc, char *const *argv, int *at)
{
    const char *value = strchr(argv[*at], '=');

    if (o->flag != NULL) {
        if (value != NULL) {
            return FAIL(
                d, ERR_INVALID, "%s takes no value; --help shows the use", o->name);
        }
        *o->flag = true;
        return ERR_OK;
    }
    if (value == NULL && *at + 1 >= argc)
        return FAIL(d, ERR_INVALID, "%s needs a value; --help shows the use", o->name);
    value = value == NULL ? argv[++*at] : value + 1;
    if (o->list != NULL)
        return word_add(d, o->list, value);
    *o->value = value;
    return ERR_OK;
}

enum err
options_parse(struct diag *d, int argc, char *const *argv, const struct opt *opts,
    size_t n, size_t least, size_t most, struct words *rest)
{
    bool only_words = false;

    rest->n = 0;
    for (int i = 1; i < argc; i++) {
        bool is_word = only_words || argv[i][0] != '-' || argv[i][1] == '\0';
        const struct opt *o = is_word ? NULL : opt_find(argv[i], opts, n);
        if (is_word) {
            TRY(word_add(d, rest, argv[i]));
        } else if (strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (o == NULL) {
            return FAIL(
                d, ERR_INVALID, "unknown option %s; --help shows the use", argv[i]);
        } else {
            TRY(opt_take(d, o, argc, argv, &i));
        }
    }
    if (rest->n < least) {
        return FAIL(d, ERR_INVALID, "%s is missing; --help shows the use",
            rest->name == NULL ? "a word" : rest->name);
    }
    if (rest->n > most) {
        return FAIL(d, ERR_INVALID, "%s is one word too many; --help shows the use",
            rest->word[most]);
    }
    return ERR_OK;
}
