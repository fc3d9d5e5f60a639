/* config.c -- defaults, then the file; options come after. */
#include "datasite/config.h"

#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/base/limits.h"
#include "datasite/carrier.h"

#include <stdio.h>
#include <string.h>

#define CONFIG_BYTES_MAX (64 << 10)
#define THREADS_MAX      64

void
config_init(struct config *c)
{
    *c = (struct config){.listen = "127.0.0.1:8080",
        .site_name = "Datasite",
        .threads = 8,
        .requests_per_s = 2000,
        .runs_at_once = RUNS_AT_ONCE_MAX,
        .second_admin = -1,
        .transparency = -1,
        .jail_minimum = "none"};
}

static enum err
copy_text(struct diag *d, const char *field, const char *from, char *to, size_t size)
{
    if (from == NULL)
        return ERR_OK;
    if (from[0] == '\0' || strlen(from) >= size) {
        return FAIL_FIELD(
            d, ERR_INVALID, field, "%s must have 1 to %zu bytes", field, size - 1);
    }
    memcpy(to, from, strlen(from) + 1);
    return ERR_OK;
}

static enum err
in_range(struct diag *d, const char *field, int v, int max)
{
    if (v < 1 || v > max)
        return FAIL_FIELD(d, ERR_INVALID, field, "%s must be 1 to %d", field, max);
    return ERR_OK;
}

static enum err
hosts_take(struct diag *d, const json_t *list, struct config *c)
{
    size_t n = json_array_size(list);

    if (list == NULL)
        return ERR_OK;
    if (!json_is_array(list) || n > HOSTS_MAX) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/hosts", "/hosts must list up to %d names", HOSTS_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(list, i));

        TRY(copy_text(
            d, "/hosts", name == NULL ? "" : name, c->hosts[i], sizeof c->hosts[i]));
    }
    c->hosts_n = n;
    return ERR_OK;
}

/* Each asks for all those before it. The words are those of jail_level. */
static const struct {
    const char *name, *word;
} jail_layers[] = {
    {"none", ""},
    {"seccomp", "seccomp"},
    {"landlock", "landlock"},
    {"namespaces", "namespaces"},
};

static enum err
jail_minimum_take(struct diag *d, const char *name, struct config *c)
{
    if (name == NULL)
        return ERR_OK;
    for (size_t i = 0; i < ARRAY_N(jail_layers); i++) {
        if (strcmp(jail_layers[i].name, name) == 0) {
            snprintf(
                c->jail_minimum, sizeof c->jail_minimum, "%s", jail_layers[i].name);
            return ERR_OK;
        }
    }
    return FAIL_FIELD(d, ERR_INVALID, "/jail_minimum",
        "/jail_minimum is none, seccomp, landlock or namespaces");
}

bool
config_jail_suffices(const char *level, const char *minimum)
{
    for (size_t i = 0; i < ARRAY_N(jail_layers); i++) {
        if (strstr(level, jail_layers[i].word) == NULL)
            return false;
        if (strcmp(jail_layers[i].name, minimum) == 0)
            return true;
    }
    return false;
}

/* Where mail is handed over, and in whose name: both or neither. */
static enum err
mail_take(struct diag *d, const char *url, const char *from, struct config *c)
{
    if ((url == NULL) != (from == NULL)) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/smtp_url", "/smtp_url and /smtp_from go together");
    }
    TRY(copy_text(d, "/smtp_url", url, c->smtp_url, sizeof c->smtp_url));
    TRY(copy_text(d, "/smtp_from", from, c->smtp_from, sizeof c->smtp_from));
    if (url == NULL)
        return ERR_OK;
    if (strncmp(url, "smtp://", 7) != 0 && strncmp(url, "smtps://", 8) != 0) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/smtp_url", "/smtp_url begins with smtp:// or smtps://");
    }
    if (!carrier_address_ok(from)) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/smtp_from", "/smtp_from is an address such as a@b.org");
    }
    return ERR_OK;
}

static enum err
config_take(struct diag *d, json_t *doc, struct config *c)
{
    const char *listen = NULL, *data = NULL, *name = NULL, *minimum = NULL;
    const char *smtp_url = NULL, *smtp_from = NULL;
    int private_webhooks = 0;
    json_t *hosts = NULL;
    int decide = -1, port;
    char host[256];

    TRY(json_take(d, doc,
        "{s?s, s?s, s?s, s?b, s?b, s?b, s?i, s?i, s?i, s?o, s?s, s?b, s?s, s?s !}",
        "listen", &listen, "data", &data, "site_name", &name, "tokens_may_decide",
        &decide, "second_admin", &c->second_admin, "transparency", &c->transparency,
        "threads", &c->threads, "runs_at_once", &c->runs_at_once, "requests_per_s",
        &c->requests_per_s, "hosts", &hosts, "jail_minimum", &minimum,
        "private_webhooks", &private_webhooks, "smtp_url", &smtp_url, "smtp_from",
        &smtp_from));
    TRY(mail_take(d, smtp_url, smtp_from, c));
    c->private_webhooks = private_webhooks != 0;
    TRY(jail_minimum_take(d, minimum, c));
    TRY(hosts_take(d, hosts, c));
    TRY(copy_text(d, "/listen", listen, c->listen, sizeof c->listen));
    TRY(copy_text(d, "/data", data, c->data_dir, sizeof c->data_dir));
    TRY(copy_text(d, "/site_name", name, c->site_name, sizeof c->site_name));
    TRY(in_range(d, "/threads", c->threads, THREADS_MAX));
    TRY(in_range(d, "/runs_at_once", c->runs_at_once, RUNS_AT_ONCE_MAX));
    if (c->requests_per_s < 0) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/requests_per_s", "/requests_per_s is 0 or more");
    }
    if (!config_listen(c->listen, host, &port))
        return FAIL_FIELD(d, ERR_INVALID, "/listen", "/listen must be HOST:PORT");
    c->set_name = name != NULL;
    c->set_tokens = decide != -1;
    c->tokens_may_decide = decide == 1;
    return ERR_OK;
}

enum err
config_load(struct diag *d, const char *path, struct config *c)
{
    json_auto_t *doc = NULL;
    struct diag why = {0};
    enum err result;
    BUF_SCOPE(text);

    buf_init(&text, CONFIG_BYTES_MAX);
    TRY(file_read(d, path, &text));
    result = json_parse(&why, buf_str(&text), &doc);
    if (result == ERR_OK)
        result = config_take(&why, doc, c);
    if (result != ERR_OK)
        return FAIL(d, result, "%s: %s", path, why.text);
    return ERR_OK;
}

bool
config_listen(const char *text, char host[256], int *port)
{
    const char *colon = strrchr(text, ':');
    size_t n = colon == NULL ? 0 : (size_t)(colon - text);
    int64_t v;

    if (n == 0 || n >= 256 || !str_fixed(str_of(colon + 1), 0, &v) || v < 0 ||
        v > 65535)
        return false;
    if (text[0] == '[') {
        if (n < 3 || text[n - 1] != ']')
            return false;
        text++;
        n -= 2;
    } else if (memchr(text, ':', n) != NULL) {
        return false;
    }
    memcpy(host, text, n);
    host[n] = '\0';
    *port = (int)v;
    return true;
}

/* Without a name and password in front of the host. */
static json_t *
mail_host_json(const char *url)
{
    const char *host = strstr(url, "://") + 3, *at = strrchr(host, '@');

    return json_sprintf("%.*s%s", (int)(host - url), url, at != NULL ? at + 1 : host);
}

json_t *
config_json(const struct config *c)
{
    json_t *hosts = json_array(), *doc;

    for (size_t i = 0; i < c->hosts_n; i++)
        json_array_append_new(hosts, json_string(c->hosts[i]));
    doc = json_pack("{s:s, s:s, s:s, s:b, s:i, s:i, s:i, s:o, s:s, s:b}", "listen",
        c->listen, "data", c->data_dir, "site_name", c->site_name, "tokens_may_decide",
        (int)c->tokens_may_decide, "threads", c->threads, "runs_at_once",
        c->runs_at_once, "requests_per_s", c->requests_per_s, "hosts", hosts,
        "jail_minimum", c->jail_minimum, "private_webhooks", (int)c->private_webhooks);
    if (c->second_admin != -1)
        json_object_set_new(doc, "second_admin", json_boolean(c->second_admin));
    if (c->transparency != -1)
        json_object_set_new(doc, "transparency", json_boolean(c->transparency));
    if (c->smtp_url[0] != '\0') {
        json_object_set_new(doc, "smtp_url", mail_host_json(c->smtp_url));
        json_object_set_new(doc, "smtp_from", json_string(c->smtp_from));
    }
    return doc;
}
