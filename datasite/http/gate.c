/* gate.c -- known hosts (a page elsewhere cannot rebind its name to us) and a rate for each
 * address: one theoretical arrival time in a table of fixed size. Two addresses may share a
 * cell; both then share the rate, and memory stays bounded. */
#include "datasite/http/gate.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CELLS_N 4096
#define BURST_S 2

struct gate {
    struct gate_config config;
    uint8_t key[crypto_shorthash_KEYBYTES]; /* nobody can aim at a cell */
    int64_t due_us[CELLS_N];
};

struct gate *
gate_new(const struct gate_config *c)
{
    struct gate *g = calloc(1, sizeof *g);

    if (g == NULL)
        return NULL;
    g->config = *c;
    randombytes_buf(g->key, sizeof g->key);
    return g;
}

void
gate_free(struct gate *g)
{
    free(g);
}

static bool
same_host(struct str host, const char *name)
{
    return host.len == strlen(name) && strncasecmp(host.ptr, name, host.len) == 0;
}

static bool
is_address(struct str host)
{
    bool has_colon = memchr(host.ptr, ':', host.len) != NULL;

    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool is_hex = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

        if (!((c >= '0' && c <= '9') || c == '.' || c == ':' || (has_colon && is_hex)))
            return false;
    }
    return host.len > 0;
}

bool
gate_knows_host(const struct gate *g, struct str host)
{
    if (is_address(host) || same_host(host, "localhost"))
        return true;
    for (size_t i = 0; i < g->config.hosts_n; i++) {
        if (same_host(host, g->config.hosts[i]))
            return true;
    }
    return g->config.is_public && g->config.hosts_n == 0;
}

int
gate_wait_s(struct gate *g, const char *address, struct monous now)
{
    uint8_t hash[crypto_shorthash_BYTES];
    int64_t *due, every_us;
    size_t cell;

    if (g->config.requests_per_s <= 0)
        return 0;
    every_us = 1000000 / g->config.requests_per_s;
    crypto_shorthash(hash, (const unsigned char *)address, strlen(address), g->key);
    cell = (size_t)(hash[0] | hash[1] << 8) % CELLS_N;
    due = &g->due_us[cell];
    if (*due < now.us)
        *due = now.us;
    if (*due - now.us > BURST_S * INT64_C(1000000))
        return (int)((*due - now.us) / 1000000);
    *due += every_us;
    return 0;
}
