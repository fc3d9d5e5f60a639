/* demo_proof.c -- the demo's last chapter: what anybody can check afterwards. */
#include "datasite/cli.h"
#include "datasite/demo.h"

#include "datasite/base/fdio.h"

#include <stdio.h>
#include <string.h>

/* The site's key, as anybody may fetch it. */
static enum err
fetch_key(struct diag *d, struct demo *m, char path[128])
{
    json_auto_t *site = NULL;

    TRY(client_get(m->people[RESEARCHER].client, d, "/.well-known/datasite", &site));
    return file_replace(d, demo_site_path(&m->site, "site.pub", path),
        str_of(demo_text_of(site, "key")), 0644);
}

/* Writes a copy in which the first epsilon is another by one digit. */
static enum err
tamper(struct diag *d, const char *from, const char *to)
{
    static const char member[] = "\"epsilon\":\"";
    char *digit;
    BUF_SCOPE(text);

    buf_init(&text, 1 << 20);
    TRY(file_read(d, from, &text));
    buf_add(&text, "", 1);
    digit = strstr(text.ptr, member);
    digit = digit == NULL ? NULL : strpbrk(digit, "012345678");
    if (digit == NULL)
        return FAIL(d, ERR_IO, "the receipt has no price to change");
    ++*digit;
    return file_replace(d, to, (struct str){text.ptr, text.len - 1}, 0600);
}

/* Runs a command of this program as anybody would, and expects its answer. */
static enum err
expect(struct diag *d, char *const *argv, enum answer want)
{
    int code = 0;

    fputs("      $ datasite", stdout);
    for (size_t i = 1; argv[i] != NULL; i++)
        printf(" %s", argv[i]);
    putchar('\n');
    TRY(demo_command(d, argv, "        ", &code));
    if (code != (int)want)
        return FAIL(d, ERR_IO, "that command ended with %d, not %d", code, (int)want);
    return ERR_OK;
}

static enum err
verify(struct diag *d, char *receipt, char *key, enum answer want)
{
    char self[] = "datasite", command[] = "verify", option[] = "--key";

    return expect(d, (char *const[]){self, command, receipt, option, key, NULL}, want);
}

enum err
demo_step_receipt(struct diag *d, struct demo *m)
{
    char receipt[128], changed[128], key[128];

    demo_tell(m, "Anybody can check the receipt without the server",
        "It names code, data, policy, prices and result. One digit of a price changed, "
        "and it fails.");
    demo_site_path(&m->site, "receipt.json", receipt);
    demo_site_path(&m->site, "tampered.json", changed);
    TRY(fetch_key(d, m, key));
    TRY(verify(d, receipt, key, ANSWER_YES));
    TRY(tamper(d, receipt, changed));
    return verify(d, changed, key, ANSWER_NO);
}

enum err
demo_step_budget(struct diag *d, struct demo *m)
{
    struct client *owner = m->people[OWNER].client;
    json_auto_t *budget = NULL, *ledger = NULL;
    json_t *row;
    size_t i;

    demo_tell(m, "What it cost, entry by entry",
        "What was reserved and not used came back; what was answered is spent for "
        "good.");
    TRY(client_get(owner, d, DEMO_PATH "/budget", &budget));
    TRY(client_get(owner, d, DEMO_PATH "/ledger?limit=50", &ledger));
    demo_fact("entry  %-8s %8s  %s", "kind", "epsilon", "mechanism");
    json_array_foreach(json_object_get(ledger, "items"), i, row)
    {
        demo_fact("%5lld  %-8s %8s%s%s",
            (long long)json_integer_value(json_object_get(row, "seq")),
            demo_text_of(row, "kind"), demo_text_of(row, "epsilon"),
            demo_text_of(row, "mechanism")[0] == '\0' ? "" : "  ",
            demo_text_of(row, "mechanism"));
    }
    demo_fact("epsilon %s: spent %s, reserved %s, free %s",
        demo_text_of(budget, "epsilon"), demo_text_of(budget, "spent"),
        demo_text_of(budget, "reserved"), demo_text_of(budget, "free"));
    return ERR_OK;
}

enum err
demo_step_audit(struct diag *d, struct demo *m)
{
    char self[] = "datasite", command[] = "audit", verb[] = "verify",
         option[] = "--data";

    demo_tell(m, "Every act stands in a chain that cannot be edited unseen",
        "Each entry holds the hash of the one before it.");
    return expect(d, (char *const[]){self, command, verb, option, m->site.data, NULL},
        ANSWER_YES);
}
