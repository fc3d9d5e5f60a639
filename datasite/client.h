/* client.h -- the API from outside, over HTTP. client.c is the only file that knows curl. */
#ifndef DATASITE_CLIENT_H
#define DATASITE_CLIENT_H

#include "datasite/base/json.h"

struct client;

/* url: "https://host" or "http://host:port". Redirects are not followed. */
enum err client_new(struct diag *d, const char *url, struct client **out) NODISCARD;
void client_free(struct client *c);
void client_free_p(struct client **c);
#define CLIENT_SCOPE(name) \
    struct client *name __attribute__((cleanup(client_free_p))) = NULL

const char *client_url(const struct client *c);
/* Calls carry this bearer token from here on. */
void client_bearer(struct client *c, const char *token);
/* Opens a session: its cookie and CSRF token go with every call from here on. */
enum err client_sign_in(struct client *c, struct diag *d, const char *email,
    const char *password) NODISCARD;

struct call {
    const char *method, *path; /* "POST", "/api/v1/jobs" */
    json_t *body;              /* borrowed; NULL: none */
    struct str bytes;          /* instead of body, with type */
    const char *type;          /* "text/csv" */
    const char *if_match;      /* an ETag */
    const char *if_none_match;
    int wait_s; /* Prefer: wait=N */
};
struct reply_in {
    int status;
    char etag[128];
    json_t *json;    /* of a JSON answer, owned; NULL else */
    struct buf body; /* owned */
};
void reply_release(struct reply_in *r);
#define REPLY_SCOPE(name) \
    struct reply_in name __attribute__((cleanup(reply_release))) = {0}

/* ERR_OK: there was an answer, whatever its status. ERR_IO: there was none. */
enum err client_send(struct client *c, struct diag *d, const struct call *call,
    struct reply_in *out) NODISCARD;
/* The same, and a status from 400 on fails as the problem document says. */
enum err client_call(struct client *c, struct diag *d, const struct call *call,
    struct reply_in *out) NODISCARD;
/* Once before any thread is started. */
enum err client_init(struct diag *d) NODISCARD;

/* Something sent to an address that somebody else chose: bounded in time and size, no
 * redirects, no proxies, and only to addresses of the open Internet unless private_ok. */
struct dispatch {
    const char *url;           /* https; http with private_ok; smtp or smtps for mail */
    const char *const *fields; /* "Name: value" of an HTTP request; NULL ends them */
    const char *from, *to;     /* of a mail; to NULL: a POST */
    struct str bytes;
    bool private_ok;
};
/* ERR_IO says why it was not taken, in words that tell nothing about this network. */
enum err client_dispatch(struct diag *d, const struct dispatch *s) NODISCARD;

/* The failure that a problem document stands for. */
enum err problem_fail(struct diag *d, const struct reply_in *r) NODISCARD;

/* client_call without a body, and with one. *out is owned by the caller; NULL: drop it. */
enum err client_get(
    struct client *c, struct diag *d, const char *path, json_t **out) NODISCARD;
/* Consumes body. */
enum err client_post(struct client *c, struct diag *d, const char *path, json_t *body,
    json_t **out) NODISCARD;

#endif
