/* client.c -- the API from outside, over HTTP. */
#include "datasite/client.h"

#include "datasite/base/address.h"
#include "datasite/base/check.h"
#include "datasite/base/limits.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANSWER_BYTES_MAX   ((size_t)256 << 20)
#define CONNECT_TIMEOUT_MS 10000L
#define CALL_TIMEOUT_MS    600000L

#define DISPATCH_CONNECT_MS 5000L
#define DISPATCH_TIMEOUT_MS 10000L
#define DISPATCH_ANSWER_MAX ((size_t)64 << 10)

struct client {
    CURL *curl;
    char url[512];
    char token[256]; /* of the Authorization field, or "" */
    char csrf[128];
    char error[CURL_ERROR_SIZE];
};

void
client_free(struct client *c)
{
    if (c == NULL)
        return;
    curl_easy_cleanup(c->curl);
    explicit_bzero(c->token, sizeof c->token);
    free(c);
}

void
client_free_p(struct client **c)
{
    client_free(*c);
}

const char *
client_url(const struct client *c)
{
    return c->url;
}

enum err
client_new(struct diag *d, const char *url, struct client **out)
{
    struct client *c;
    size_t n = strlen(url);

    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return FAIL(d, ERR_INVALID, "%s: a URL begins with https:// or http://", url);
    while (n > 0 && url[n - 1] == '/')
        n--;
    if (n >= sizeof c->url)
        return FAIL(d, ERR_INVALID, "the URL is too long");
    c = calloc(1, sizeof *c);
    if (c != NULL)
        c->curl = curl_easy_init();
    if (c == NULL || c->curl == NULL) {
        client_free(c);
        return FAIL(d, ERR_INTERNAL, "no HTTP client");
    }
    memcpy(c->url, url, n);
    *out = c;
    return ERR_OK;
}

void
client_bearer(struct client *c, const char *token)
{
    CHECK(snprintf(c->token, sizeof c->token, "%s", token) < (int)sizeof c->token);
}

void
reply_release(struct reply_in *r)
{
    json_decref(r->json);
    buf_release(&r->body);
    *r = (struct reply_in){0};
}

/* One call */

static size_t
on_body(char *bytes, size_t size, size_t n, void *to)
{
    struct reply_in *r = to;

    buf_add(&r->body, bytes, size * n);
    return r->body.full ? 0 : size * n; /* 0 ends the transfer */
}

static size_t
on_field(char *line, size_t size, size_t n, void *to)
{
    static const char name[] = "etag:";
    struct reply_in *r = to;
    size_t len = size * n, at = sizeof name - 1;

    if (len <= at || strncasecmp(line, name, at) != 0)
        return len;
    while (at < len && line[at] == ' ')
        at++;
    while (len > at && (line[len - 1] == '\r' || line[len - 1] == '\n'))
        len--;
    snprintf(r->etag, sizeof r->etag, "%.*s", (int)(len - at), line + at);
    return size * n;
}

static void
list_free_p(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}
#define FIELDS_SCOPE(name) \
    struct curl_slist *name __attribute__((cleanup(list_free_p))) = NULL

/* Adds "name: value"; nothing where there is no value. */
static void
add_field(struct curl_slist **list, const char *name, const char *value)
{
    char line[512];
    struct curl_slist *longer;

    if (value == NULL || value[0] == '\0')
        return;
    CHECK(snprintf(line, sizeof line, "%s: %s", name, value) < (int)sizeof line);
    longer = curl_slist_append(*list, line);
    CHECK(longer != NULL);
    *list = longer;
}

static void
add_fields(struct client *c, const struct call *call, struct curl_slist **list)
{
    char bearer[sizeof c->token + 16] = "", wait[32] = "";

    if (c->token[0] != '\0')
        snprintf(bearer, sizeof bearer, "Bearer %s", c->token);
    if (call->wait_s > 0)
        snprintf(wait, sizeof wait, "wait=%d", call->wait_s);
    add_field(list, "Authorization", bearer);
    add_field(list, "X-CSRF-Token", c->csrf);
    add_field(
        list, "Content-Type", call->body != NULL ? "application/json" : call->type);
    add_field(list, "If-Match", call->if_match);
    add_field(list, "If-None-Match", call->if_none_match);
    add_field(list, "Prefer", wait);
    add_field(list, "Expect", " "); /* no waiting for 100 Continue */
}

static enum err
body_of(struct diag *d, const struct call *call, struct buf *text, struct str *out)
{
    *out = call->bytes;
    if (call->body == NULL)
        return ERR_OK;
    buf_init(text, BODY_BYTES_MAX);
    TRY(json_text(d, call->body, text));
    *out = buf_str(text);
    return ERR_OK;
}

static void
set_options(struct client *c, const struct call *call, struct str body,
    struct curl_slist *fields, struct reply_in *out)
{
    CURL *h = c->curl;

    curl_easy_reset(h); /* keeps cookies and connections */
    curl_easy_setopt(h, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, CALL_TIMEOUT_MS);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, c->error);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_field);
    curl_easy_setopt(h, CURLOPT_HEADERDATA, out);
    if (body.ptr != NULL) {
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.ptr);
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    }
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, call->method);
}

static bool
is_json(struct client *c)
{
    const char *type = NULL;

    curl_easy_getinfo(c->curl, CURLINFO_CONTENT_TYPE, &type);
    return type != NULL &&
        (strncmp(type, "application/json", 16) == 0 ||
            strncmp(type, "application/problem+json", 24) == 0);
}

enum err
client_send(
    struct client *c, struct diag *d, const struct call *call, struct reply_in *out)
{
    char url[1024];
    struct str body;
    long status = 0;
    BUF_SCOPE(text);
    FIELDS_SCOPE(fields);

    reply_release(out);
    buf_init(&out->body, ANSWER_BYTES_MAX);
    TRY(body_of(d, call, &text, &body));
    if (snprintf(url, sizeof url, "%s%s", c->url, call->path) >= (int)sizeof url)
        return FAIL(d, ERR_INVALID, "the path is too long");
    add_fields(c, call, &fields);
    set_options(c, call, body, fields, out);
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    c->error[0] = '\0';
    if (curl_easy_perform(c->curl) != CURLE_OK) {
        return FAIL(d, ERR_IO, "%s does not answer: %s", c->url,
            c->error[0] == '\0' ? "no reason given" : c->error);
    }
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    out->status = (int)status;
    if (is_json(c) && out->body.len > 0)
        TRY(json_parse(d, buf_str(&out->body), &out->json));
    return ERR_OK;
}

/* Dispatches */

enum err
client_init(struct diag *d)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return FAIL(d, ERR_INTERNAL, "libcurl cannot be started");
    return ERR_OK;
}

/* A dispatch on its way. */
struct parcel {
    const struct dispatch *what;
    size_t sent, answered;
    bool refused; /* the name leads to an address that is not for everybody */
};

static void
curl_free_p(CURL **h)
{
    curl_easy_cleanup(*h);
}

/* Looks at the very address that is connected to: what a name leads to may change. */
static curl_socket_t
open_socket(void *to, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct parcel *p = to;

    (void)purpose;
    if (!p->what->private_ok && !address_is_public(&a->addr)) {
        p->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t
give_bytes(char *out, size_t size, size_t n, void *from)
{
    struct parcel *p = from;
    size_t left = p->what->bytes.len - p->sent,
           take = size * n < left ? size * n : left;

    memcpy(out, p->what->bytes.ptr + p->sent, take);
    p->sent += take;
    return take;
}

/* What is answered matters to nobody; too much of it ends the call. */
static size_t
drop_bytes(const char *bytes, size_t size, size_t n, void *to)
{
    struct parcel *p = to;

    (void)bytes;
    p->answered += size * n;
    return p->answered <= DISPATCH_ANSWER_MAX ? size * n : 0;
}

static void
dispatch_bounds(CURL *h, struct parcel *p)
{
    curl_easy_setopt(h, CURLOPT_URL, p->what->url);
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h, CURLOPT_PROXY, ""); /* whatever the environment says */
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, DISPATCH_CONNECT_MS);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, DISPATCH_TIMEOUT_MS);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, p);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, drop_bytes);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, p);
}

static void
dispatch_post(CURL *h, const struct dispatch *s, struct curl_slist **fields)
{
    for (size_t i = 0; s->fields[i] != NULL; i++) {
        struct curl_slist *longer = curl_slist_append(*fields, s->fields[i]);
        CHECK(longer != NULL);
        *fields = longer;
    }
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, s->private_ok ? "http,https" : "https");
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, *fields);
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->bytes.len);
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, s->bytes.ptr);
}

static void
dispatch_mail(CURL *h, struct parcel *p, struct curl_slist **to)
{
    *to = curl_slist_append(NULL, p->what->to);
    CHECK(*to != NULL);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(h, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
    curl_easy_setopt(h, CURLOPT_MAIL_FROM, p->what->from);
    curl_easy_setopt(h, CURLOPT_MAIL_RCPT, *to);
    curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(h, CURLOPT_READFUNCTION, give_bytes);
    curl_easy_setopt(h, CURLOPT_READDATA, p);
}

enum err
client_dispatch(struct diag *d, const struct dispatch *s)
{
    CURL *h __attribute__((cleanup(curl_free_p))) = curl_easy_init();
    struct parcel p = {.what = s};
    long status = 0;
    CURLcode code;
    FIELDS_SCOPE(list);

    if (h == NULL)
        return FAIL(d, ERR_INTERNAL, "no HTTP client");
    dispatch_bounds(h, &p);
    if (s->to == NULL) {
        dispatch_post(h, s, &list);
    } else {
        dispatch_mail(h, &p, &list);
    }
    code = curl_easy_perform(h);
    if (p.refused)
        return FAIL(d, ERR_IO, "the name leads to an address that is not public");
    if (code != CURLE_OK)
        return FAIL(d, ERR_IO, "%s", curl_easy_strerror(code));
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    if (s->to == NULL && (status < 200 || status > 299))
        return FAIL(d, ERR_IO, "the answer was %ld", status);
    return ERR_OK;
}

/* Problems */

static enum err
code_of(const char *type, int status)
{
    static const struct {
        enum err code;
        const char *slug;
    } rows[] = {
#define ERR(name, http, slug, title) {ERR_##name, slug},
#include "datasite/base/err.def"
#undef ERR
    };
    const char *slug = type == NULL ? NULL : strrchr(type, '/');

    for (size_t i = 1; slug != NULL && i < ARRAY_N(rows); i++) {
        if (strcmp(rows[i].slug, slug + 1) == 0)
            return rows[i].code;
    }
    return status >= 500 ? ERR_INTERNAL : ERR_INVALID;
}

enum err
problem_fail(struct diag *d, const struct reply_in *r)
{
    const char *type = json_string_value(json_object_get(r->json, "type"));
    const char *title = json_string_value(json_object_get(r->json, "title"));
    const char *detail = json_string_value(json_object_get(r->json, "detail"));
    json_t *first = json_array_get(json_object_get(r->json, "errors"), 0);
    const char *pointer = json_string_value(json_object_get(first, "pointer"));
    const char *why = json_string_value(json_object_get(first, "detail"));
    enum err code = code_of(type, r->status);

    if (title == NULL)
        return FAIL(d, code, "the server answered %d", r->status);
    if (pointer != NULL && why != NULL)
        return FAIL_FIELD(d, code, pointer, "%s: %s", pointer, why);
    return FAIL(d, code, "%s", detail == NULL || detail[0] == '\0' ? title : detail);
}

enum err
client_call(
    struct client *c, struct diag *d, const struct call *call, struct reply_in *out)
{
    TRY(client_send(c, d, call, out));
    return out->status < 400 ? ERR_OK : problem_fail(d, out);
}

static enum err
call_json(struct client *c, struct diag *d, const struct call *call, json_t **out)
{
    REPLY_SCOPE(reply);

    TRY(client_call(c, d, call, &reply));
    if (out != NULL) {
        if (reply.json == NULL)
            return FAIL(d, ERR_IO, "%s did not answer with JSON", call->path);
        *out = json_incref(reply.json);
    }
    return ERR_OK;
}

enum err
client_get(struct client *c, struct diag *d, const char *path, json_t **out)
{
    return call_json(c, d, &(struct call){.method = "GET", .path = path}, out);
}

enum err
client_post(
    struct client *c, struct diag *d, const char *path, json_t *body, json_t **out)
{
    json_auto_t *mine = body;
    const struct call call = {.method = "POST", .path = path, .body = mine};

    if (mine == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the request, or text not in UTF-8");
    return call_json(c, d, &call, out);
}

enum err
client_sign_in(
    struct client *c, struct diag *d, const char *email, const char *password)
{
    json_auto_t *session = NULL;
    const char *csrf = NULL;

    TRY(client_post(c, d, "/api/v1/session",
        json_pack("{s:s, s:s}", "email", email, "password", password), &session));
    TRY(json_take(d, session, "{s:s}", "csrf_token", &csrf));
    if (snprintf(c->csrf, sizeof c->csrf, "%s", csrf) >= (int)sizeof c->csrf)
        return FAIL(d, ERR_IO, "the server's CSRF token is too long");
    return ERR_OK;
}
