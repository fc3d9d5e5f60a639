/* router.c -- matching over the table; no order, no wildcards but a {name} for a segment. */
#include "datasite/http/router.h"

#include <string.h>

static bool
is_placeholder(const char *segment)
{
    return segment[0] == '{';
}

static size_t
segment_bytes(const char *at)
{
    return (size_t)(strchrnul(at, '/') - at);
}

/* Whether path fits pattern; taken[] gets the segments under placeholders. */
static bool
path_fits(const char *pattern, const char *path, struct str taken[ROUTE_PARAMS_MAX],
    size_t *n)
{
    *n = 0;
    while (*pattern != '\0') {
        if (!is_placeholder(pattern)) {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t have = segment_bytes(path);
        if (have == 0 || *n == ROUTE_PARAMS_MAX)
            return false;
        taken[(*n)++] = (struct str){path, have};
        path += have;
        pattern += segment_bytes(pattern);
    }
    return *path == '\0';
}

/* A fixed segment beats a placeholder: /datasets/suggestions is not a dataset's name. */
static size_t
fixed_bytes(const char *pattern)
{
    return strcspn(pattern, "{");
}

static bool
params_copy(struct arena *a, const struct str *taken, size_t n, const char *param[])
{
    for (size_t i = 0; i < n; i++) {
        param[i] = arena_strn(a, taken[i].ptr, taken[i].len);
        if (param[i] == NULL)
            return false;
    }
    return true;
}

const struct route *
router_match(enum method m, const char *path, struct arena *a,
    const char *param[ROUTE_PARAMS_MAX], unsigned *allow)
{
    struct str taken[ROUTE_PARAMS_MAX], kept[ROUTE_PARAMS_MAX] = {0};
    const struct route *best = NULL;
    size_t n, kept_n = 0, fixed = 0;

    *allow = 0;
    for (size_t i = 0; i < routes_n; i++) {
        if (!path_fits(routes[i].path, path, taken, &n) ||
            fixed_bytes(routes[i].path) < fixed)
            continue;
        if (fixed_bytes(routes[i].path) > fixed) {
            fixed = fixed_bytes(routes[i].path);
            *allow = 0;
            best = NULL;
        }
        *allow |= 1u << routes[i].method;
        if (routes[i].method != m)
            continue;
        best = &routes[i];
        kept_n = n;
        memcpy(kept, taken, sizeof kept);
    }
    return best != NULL && params_copy(a, kept, kept_n, param) ? best : NULL;
}

/* Two patterns of one method that some path fits both, none being the more fixed. */
static bool
rows_collide(const struct route *a, const struct route *b)
{
    const char *p = a->path, *q = b->path;

    if (a->method != b->method || fixed_bytes(p) != fixed_bytes(q))
        return false;
    while (*p == '/' && *q == '/') {
        size_t n = segment_bytes(++p);
        size_t k = segment_bytes(++q);

        if (!is_placeholder(p) && !is_placeholder(q) &&
            (n != k || memcmp(p, q, n) != 0))
            return false;
        p += n;
        q += k;
    }
    return *p == '\0' && *q == '\0';
}

enum err
router_check_table(struct diag *d)
{
    for (size_t i = 0; i < routes_n; i++) {
        for (size_t j = i + 1; j < routes_n; j++) {
            if (rows_collide(&routes[i], &routes[j])) {
                return FAIL(d, ERR_INTERNAL, "%s and %s match the same path",
                    routes[i].name, routes[j].name);
            }
        }
    }
    return ERR_OK;
}
