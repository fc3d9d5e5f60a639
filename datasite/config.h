/* config.h -- what --config FILE and the options of `serve` say. */
#ifndef DATASITE_CONFIG_H
#define DATASITE_CONFIG_H

#include "datasite/base/json.h"

#define HOSTS_MAX 8

struct config {
    char listen[256];   /* "127.0.0.1:8080"; port 0: any free one */
    char data_dir[512]; /* "" where no --data was given */
    char site_name[128];
    bool tokens_may_decide; /* bearer tokens may review, release and change budgets */
    bool set_tokens;        /* the file says something about it */
    int second_admin;       /* raising a budget takes two; -1: the file says nothing */
    int transparency;       /* anybody may see what was released; -1: as before */
    bool set_name;
    int threads; /* of the worker pool of the server */
    int runs_at_once;
    char jail_minimum[16]; /* what the kernel must give, or serve does not start */
    bool private_webhooks; /* letters may go to http, and to this network */
    char smtp_url[256];    /* "smtp://host:25"; "": no mail is sent */
    char smtp_from[256];
    int requests_per_s;         /* of one address; 0: unlimited */
    char hosts[HOSTS_MAX][128]; /* names, beside addresses, that the site answers to */
    size_t hosts_n;
};

/* The defaults. */
void config_init(struct config *c);
/* Reads a JSON document over what c holds: {"listen","data","site_name",
 * "tokens_may_decide","second_admin","transparency","threads","runs_at_once",
 * "requests_per_s","hosts","jail_minimum","private_webhooks","smtp_url","smtp_from"},
 * each optional; names the member at fault. */
enum err config_load(struct diag *d, const char *path, struct config *c) NODISCARD;
/* "HOST:PORT" and "[V6]:PORT" in parts; false when it is neither. */
bool config_listen(const char *text, char host[256], int *port);
/* Does a jail of this level ("seccomp, landlock 7, user+pid+… namespaces"; "": it does
 * not hold) have every layer that the minimum asks for? "none" asks for nothing. */
bool config_jail_suffices(const char *level, const char *minimum);
/* The document that would give the same, without a password of the mail server; owned by
 * the caller. */
json_t *config_json(const struct config *c);

#endif
