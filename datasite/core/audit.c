/* audit.c -- the hash-chained record of every act. */
#include "datasite/core/audit.h"

#include "datasite/base/check.h"

#include <sodium.h>
#include <string.h>

#define PAGE_ENTRIES 500
#define PAGE_BYTES   (8 << 20)

static const char before_first[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

static const char *const verbs[] = {
#define AUDIT_VERB(verb, subject, meaning) verb,
#include "datasite/core/audit_verbs.def"
#undef AUDIT_VERB
};

/* A chain while it is walked: how far it is good, and the hash there. */
struct chain {
    int64_t seq;
    struct digest head;
    struct audit_marks *marks; /* or NULL */
};

const char *
audit_verb(size_t i)
{
    return i < ARRAY_N(verbs) ? verbs[i] : NULL;
}

static bool
verb_is_known(const char *verb)
{
    for (size_t i = 0; i < ARRAY_N(verbs); i++) {
        if (strcmp(verb, verbs[i]) == 0)
            return true;
    }
    return false;
}

/* The hash of an entry whose facts are parsed already. */
static enum err
entry_digest(struct diag *d, const struct audit_entry *e, json_t *facts,
    struct digest before, struct digest *out)
{
    json_auto_t *doc = json_pack("{s:s, s:O, s:I, s:s, s:s, s:s}", "actor", e->actor,
        "facts", facts, "seq", (json_int_t)e->seq, "subject", e->subject, "time",
        e->time, "verb", e->verb);
    BUF_SCOPE(text);

    if (doc == NULL)
        return FAIL(d, ERR_INVALID, "an audit entry is not JSON");
    buf_init(&text, BODY_BYTES_MAX);
    buf_add(&text, before.b, sizeof before.b);
    TRY(json_canonical(d, doc, &text));
    *out = digest_bytes(buf_str(&text));
    return ERR_OK;
}

static const char *
actor_text(const struct actor *a)
{
    if (a->id[0] != '\0')
        return a->id;
    return a->roles & ROLE_SYSTEM ? "system" : "nobody";
}

static enum err
head_load(struct ctx *cx, int64_t *seq, const char **hash)
{
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_AUDIT_HEAD, seq, hash);

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    *seq = 0;
    *hash = before_first;
    return ERR_OK;
}

enum err
audit_append(struct ctx *cx, const char *verb, const char *subject, json_t *facts)
{
    json_auto_t *owned = facts != NULL ? facts : json_object();
    struct audit_entry e = {
        .actor = actor_text(&cx->actor), .verb = verb, .subject = subject};
    char time[32], hash[65];
    struct digest head, mine;
    BUF_SCOPE(text);

    if (!verb_is_known(verb))
        return FAIL(&cx->diag, ERR_INTERNAL, "%s is not in audit_verbs.def", verb);
    TRY(audit_head(cx, &e.seq, &head));
    e.seq++;
    e.time = clock_text(cx->now, time);
    TRY(entry_digest(&cx->diag, &e, owned, head, &mine));
    digest_text(mine, hash);
    buf_init(&text, BODY_BYTES_MAX);
    TRY(json_canonical(&cx->diag, owned, &text));
    buf_add(&text, "", 1);
    if (text.full) {
        return FAIL(
            &cx->diag, ERR_TOO_LARGE, "the facts of an audit entry are too long");
    }
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_AUDIT_INSERT, e.seq, e.time, e.actor, verb,
        subject, text.ptr, hash));
    return db_run(cx->db, &cx->diag, NULL, STMT_AUDIT_HEAD_PUT, e.seq, hash);
}

enum err
audit_head(struct ctx *cx, int64_t *entries, struct digest *head)
{
    const char *hash;

    TRY(head_load(cx, entries, &hash));
    if (!digest_parse(str_of(hash), head))
        return FAIL(&cx->diag, ERR_DB, "the head of the audit log is not a hash");
    return ERR_OK;
}

static enum err
bad_entry(struct diag *d, const struct chain *c, const char *why)
{
    diag_clear(d);
    return FAIL(d, ERR_CONFLICT, "audit entry %lld: %s", (long long)c->seq + 1, why);
}

/* The entry that was taken last is the one that was signed. */
static enum err
chain_meets_marks(struct diag *d, struct chain *c)
{
    struct audit_marks *m = c->marks;

    for (; m != NULL && m->at < m->n && m->list[m->at].seq <= c->seq; m->at++) {
        if (m->list[m->at].seq < c->seq)
            continue; /* before the first line of an export */
        if (!digest_eq(m->list[m->at].head, c->head)) {
            c->seq--;
            return bad_entry(d, c, "it is not the one that was signed");
        }
        m->met++;
    }
    return ERR_OK;
}

/* Takes one more entry into the chain, or says what is wrong with it. */
static enum err
chain_add(struct diag *d, struct chain *c, const struct audit_entry *e)
{
    json_auto_t *facts = NULL;
    struct digest stored, mine;
    char before[65];
    BUF_SCOPE(text);

    if (e->seq != c->seq + 1)
        return bad_entry(d, c, "it is missing");
    if (strcmp(e->prev, digest_text(c->head, before)) != 0)
        return bad_entry(d, c, "it does not follow the entry before it");
    buf_init(&text, BODY_BYTES_MAX);
    if (json_parse(d, str_of(e->facts), &facts) != ERR_OK ||
        json_canonical(d, facts, &text) != ERR_OK ||
        !str_eq(buf_str(&text), str_of(e->facts)))
        return bad_entry(d, c, "its facts are not in the form they were written in");
    if (entry_digest(d, e, facts, c->head, &mine) != ERR_OK)
        return bad_entry(d, c, "it is not text");
    if (!digest_parse(str_of(e->hash), &stored) || !digest_eq(stored, mine))
        return bad_entry(d, c, "it does not match its hash");
    c->seq = e->seq;
    c->head = mine;
    return chain_meets_marks(d, c);
}

enum err
audit_entries(struct ctx *cx, const struct audit_filter *f, int64_t after,
    int64_t limit, struct audit_entry **out, size_t *n)
{
    enum stmt_id list = f->newest_first ? STMT_AUDIT_LIST_NEWEST : STMT_AUDIT_LIST;
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, list, after, f->verb, f->actor, f->subject, limit));
    for (;;) {
        struct audit_entry e = {0};

        TRY(db_row(cx->db, &cx->diag, cx->arena, list, &more, &e.seq, &e.time, &e.actor,
            &e.verb, &e.subject, &e.facts, &e.prev, &e.hash));
        if (!more)
            return ERR_OK;
        CHECK(*n < (size_t)limit);
        if (e.seq == 1)
            e.prev = before_first;
        (*out)[(*n)++] = e;
    }
}

/* What the log says about its own end. */
struct end {
    int64_t seq;
    struct digest head;
};

static enum err
chain_meets_end(struct diag *d, struct chain *c, const struct end *end)
{
    if (c->seq != end->seq || digest_eq(c->head, end->head))
        return ERR_OK;
    c->seq--;
    return bad_entry(d, c, "it is not the one the head of the log names");
}

static enum err
chain_add_page(struct ctx *cx, struct chain *c, const struct end *end, size_t *n)
{
    static const struct audit_filter all = {0};
    struct audit_entry *list;

    TRY(audit_entries(cx, &all, c->seq, PAGE_ENTRIES, &list, n));
    for (size_t i = 0; i < *n; i++) {
        TRY(chain_add(&cx->diag, c, &list[i]));
        TRY(chain_meets_end(&cx->diag, c, end));
    }
    return ERR_OK;
}

/* A log that was cut off misses entries that were signed. */
static enum err
marks_all_met(struct diag *d, struct chain *c)
{
    if (c->marks == NULL || c->marks->met == c->marks->n)
        return ERR_OK;
    return bad_entry(d, c, "entries that were signed are missing");
}

/* The end is read before the entries: what is appended meanwhile lies beyond it, and is
 * walked as well. */
static enum err
chain_walk(struct ctx *cx, struct chain *c)
{
    struct end end;
    size_t n = PAGE_ENTRIES;

    TRY(audit_head(cx, &end.seq, &end.head));
    while (n == PAGE_ENTRIES) {
        struct ctx page = *cx;
        ARENA_SCOPE(arena, PAGE_BYTES);
        enum err err;

        page.arena = arena;
        err = chain_add_page(&page, c, &end, &n);
        cx->diag = page.diag;
        TRY(err);
    }
    if (c->seq < end.seq)
        return bad_entry(&cx->diag, c, "it is missing, and so are those after it");
    return marks_all_met(&cx->diag, c);
}

enum err
audit_verify(struct ctx *cx, struct audit_marks *marks, int64_t *entries,
    struct digest *head, int64_t *first_bad)
{
    struct chain c = {.marks = marks};
    enum err err = chain_walk(cx, &c);

    *entries = c.seq;
    *head = c.head;
    *first_bad = err == ERR_CONFLICT ? c.seq + 1 : 0;
    return err;
}

static enum err
line_take(struct diag *d, json_t *doc, struct audit_entry *e, json_t **facts)
{
    json_int_t seq;

    TRY(json_take(d, doc, "{s:I, s:s, s:s, s:s, s:s, s:o, s:s, s:s !}", "seq", &seq,
        "time", &e->time, "actor", &e->actor, "verb", &e->verb, "subject", &e->subject,
        "facts", facts, "prev", &e->prev, "hash", &e->hash));
    e->seq = seq;
    return ERR_OK;
}

/* The first line of an export says where it begins. */
static enum err
chain_begin(struct diag *d, struct chain *c, const struct audit_entry *e)
{
    if (e->seq < 1 || !digest_parse(str_of(e->prev), &c->head))
        return bad_entry(d, c, "the export does not begin with an audit entry");
    if (e->seq == 1 && strcmp(e->prev, before_first) != 0)
        return bad_entry(d, c, "the first entry follows nothing");
    c->seq = e->seq - 1;
    return chain_meets_marks(d, c);
}

static enum err
chain_add_line(struct diag *d, struct chain *c, struct str line, bool is_first)
{
    json_auto_t *doc = NULL;
    json_t *facts;
    struct audit_entry e;
    BUF_SCOPE(text);

    buf_init(&text, BODY_BYTES_MAX);
    if (json_parse(d, line, &doc) != ERR_OK ||
        line_take(d, doc, &e, &facts) != ERR_OK ||
        json_canonical(d, facts, &text) != ERR_OK)
        return bad_entry(d, c, "the line is not an audit entry");
    buf_add(&text, "", 1);
    e.facts = text.ptr;
    if (is_first)
        TRY(chain_begin(d, c, &e));
    return chain_add(d, c, &e);
}

enum err
audit_verify_lines(struct diag *d, struct str text, struct audit_marks *marks,
    int64_t *entries, struct digest *head, int64_t *first_bad)
{
    struct chain c = {.marks = marks};
    enum err err = ERR_OK;

    *entries = 0;
    while (text.len > 0 && err == ERR_OK) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.ptr) : text.len;

        err = chain_add_line(d, &c, (struct str){text.ptr, len}, *entries == 0);
        *entries += err == ERR_OK;
        text.ptr += end != NULL ? len + 1 : len;
        text.len -= end != NULL ? len + 1 : len;
    }
    *head = c.head;
    *first_bad = err == ERR_OK ? 0 : c.seq + 1;
    if (err == ERR_OK && *entries == 0)
        return FAIL(d, ERR_INVALID, "there are no audit entries in this text");
    return err;
}

json_t *
audit_entry_json(const struct audit_entry *e)
{
    json_t *facts = json_loads(e->facts, 0, NULL);

    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "seq",
        (json_int_t)e->seq, "time", e->time, "actor", e->actor, "verb", e->verb,
        "subject", e->subject, "facts", facts, "prev", e->prev, "hash", e->hash);
}

static enum err
export_entry(struct diag *d, const struct audit_entry *e, struct buf *out)
{
    json_auto_t *doc = audit_entry_json(e);

    if (doc == NULL)
        return FAIL(d, ERR_DB, "audit entry %lld cannot be read", (long long)e->seq);
    TRY(json_text(d, doc, out));
    buf_addz(out, "\n");
    if (out->full)
        return FAIL(d, ERR_TOO_LARGE, "too much for one export: use after and limit");
    return ERR_OK;
}

enum err
audit_export_lines(struct ctx *cx, int64_t after, int64_t limit, struct buf *out)
{
    static const struct audit_filter all = {0};
    size_t n = 1;

    while (limit > 0 && n > 0) {
        int64_t ask = limit < PAGE_ENTRIES ? limit : PAGE_ENTRIES;
        struct audit_entry *list;
        struct ctx page = *cx;
        ARENA_SCOPE(arena, PAGE_BYTES);
        enum err err;

        page.arena = arena;
        err = audit_entries(&page, &all, after, ask, &list, &n);
        for (size_t i = 0; i < n && err == ERR_OK; i++)
            err = export_entry(&page.diag, &list[i], out);
        cx->diag = page.diag;
        TRY(err);
        after = n > 0 ? list[n - 1].seq : after;
        limit -= (int64_t)n;
    }
    return ERR_OK;
}
