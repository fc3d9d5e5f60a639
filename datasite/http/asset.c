/* asset.c -- the embedded pages by address. */
#include "datasite/http/asset.h"

#include "datasite/base/check.h"
#include "datasite/base/digest.h"
#include "datasite/base/embed.h"

#include <stdlib.h>
#include <string.h>

#define FOLDER       "web/dist/"
#define PAGE         "index.html"
#define CACHE_PAGE   "no-cache"
#define CACHE_FILE   "public, max-age=3600"
#define CACHE_HASHED "public, max-age=31536000, immutable"

/* First segments of addresses that the application shows; it knows what follows. */
static const char *const app_roots[] = {"", "login", "setup", "inbox", "jobs",
    "datasets", "projects", "budgets", "audit", "people", "users", "tokens", "account",
    "settings", "dictionary", "results", "policies", "help", "search", "notifications",
    "new", "transparency"};

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".woff2", "font/woff2"},
    {".json", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
};

struct named_asset {
    const char *name;
    struct asset asset;
};

struct assets {
    size_t n;
    struct named_asset item[];
};

static const char *
type_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_N(types); i++) {
        size_t n = strlen(types[i].suffix), len = strlen(name);

        if (len >= n && strcmp(name + len - n, types[i].suffix) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

/* app-K3JX7QZP.js: what esbuild names by content never changes under its name. */
static bool
is_hashed(const char *name)
{
    const char *dash = strrchr(name, '-');
    size_t n = dash == NULL ? 0 : strcspn(dash + 1, ".");

    return n == 8 && strspn(dash + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == n;
}

static const char *
cache_of(const char *name)
{
    if (strcmp(name, PAGE) == 0)
        return CACHE_PAGE;
    return is_hashed(name) ? CACHE_HASHED : CACHE_FILE;
}

struct assets *
assets_new(void)
{
    struct assets *s = calloc(1, sizeof *s + embedded_n * sizeof s->item[0]);

    for (size_t i = 0; s != NULL && i < embedded_n; i++) {
        struct named_asset *a = &s->item[s->n];
        char hex[65];

        if (strncmp(embedded[i].path, FOLDER, strlen(FOLDER)) != 0)
            continue;
        a->name = embedded[i].path + strlen(FOLDER);
        a->asset =
            (struct asset){embedded[i].bytes, type_of(a->name), cache_of(a->name), ""};
        digest_text(digest_bytes(embedded[i].bytes), hex);
        memcpy(a->asset.etag, hex, 32);
        s->n++;
    }
    return s;
}

void
assets_free(struct assets *s)
{
    free(s);
}

static const struct asset *
by_name(const struct assets *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->item[i].name, name) == 0)
            return &s->item[i].asset;
    }
    return NULL;
}

static bool
is_app_address(const char *path)
{
    size_t n = strcspn(path + 1, "/");

    for (size_t i = 0; i < ARRAY_N(app_roots); i++) {
        if (strlen(app_roots[i]) == n && memcmp(app_roots[i], path + 1, n) == 0)
            return n > 0 || path[1] == '\0';
    }
    return false;
}

const struct asset *
asset_find(const struct assets *s, const char *path)
{
    const struct asset *file = by_name(s, path + 1);

    if (file != NULL)
        return file;
    return is_app_address(path) ? by_name(s, PAGE) : NULL;
}
