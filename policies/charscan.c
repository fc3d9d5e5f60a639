/* charscan.c -- characters that a reader cannot see, or that deceive one. */
#include "policies/charscan.h"

#include "datasite/base/check.h"

struct char_range {
    uint32_t from, to;
    const char *rule, *what;
};

#define HIDDEN  "hidden-character"
#define CONTROL "control-character"

/* Ascending. LF and TAB are the only controls that a text may hold. */
static const struct char_range ranges[] = {
    {0x0000, 0x0000, "nul", "NUL"},
    {0x0001, 0x0008, CONTROL, "a control character"},
    {0x000b, 0x000c, CONTROL, "a control character"},
    {0x000d, 0x000d, CONTROL, "a carriage return without a line feed"},
    {0x000e, 0x001f, CONTROL, "a control character"},
    {0x007f, 0x009f, CONTROL, "a control character"},
    {0x00a0, 0x00a0, HIDDEN, "a no-break space"},
    {0x00ad, 0x00ad, HIDDEN, "a soft hyphen"},
    {0x034f, 0x034f, HIDDEN, "a combining grapheme joiner"},
    {0x061c, 0x061c, HIDDEN, "a bidirectional control"},
    {0x115f, 0x1160, HIDDEN, "a Hangul filler"},
    {0x1680, 0x1680, HIDDEN, "a space that is not U+0020"},
    {0x17b4, 0x17b5, HIDDEN, "an invisible vowel"},
    {0x180b, 0x180f, HIDDEN, "an invisible separator"},
    {0x2000, 0x200a, HIDDEN, "a space that is not U+0020"},
    {0x200b, 0x200d, HIDDEN, "a zero-width character"},
    {0x200e, 0x200f, HIDDEN, "a bidirectional control"},
    {0x2028, 0x2029, HIDDEN, "a line or paragraph separator"},
    {0x202a, 0x202e, HIDDEN, "a bidirectional control"},
    {0x202f, 0x202f, HIDDEN, "a narrow no-break space"},
    {0x205f, 0x205f, HIDDEN, "a space that is not U+0020"},
    {0x2060, 0x2065, HIDDEN, "an invisible operator"},
    {0x2066, 0x2069, HIDDEN, "a bidirectional control"},
    {0x206a, 0x206f, HIDDEN, "a deprecated format character"},
    {0x2800, 0x2800, HIDDEN, "a blank Braille pattern"},
    {0x3000, 0x3000, HIDDEN, "an ideographic space"},
    {0x3164, 0x3164, HIDDEN, "a Hangul filler"},
    {0xe000, 0xf8ff, HIDDEN, "a private-use character"},
    {0xfe00, 0xfe0f, HIDDEN, "a variation selector"},
    {0xfeff, 0xfeff, HIDDEN, "a byte order mark"},
    {0xffa0, 0xffa0, HIDDEN, "a Hangul filler"},
    {0xfff0, 0xfff8, HIDDEN, "an unassigned format character"},
    {0xfff9, 0xfffb, HIDDEN, "an annotation mark"},
    {0x1bca0, 0x1bca3, HIDDEN, "a shorthand format control"},
    {0x1d173, 0x1d17a, HIDDEN, "a musical format control"},
    {0xe0000, 0xe0fff, HIDDEN, "a tag or variation selector"},
    {0xf0000, 0x10ffff, HIDDEN, "a private-use character"},
};

static const struct char_range *
range_of(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_N(ranges) && ranges[i].from <= code; i++) {
        if (code <= ranges[i].to)
            return &ranges[i];
    }
    return NULL;
}

/* Length and least code point by the lead byte; 0: none starts so. */
static size_t
utf8_lead(uint8_t lead, uint32_t *code, uint32_t *least)
{
    if (lead < 0x80) {
        *code = lead, *least = 0;
        return 1;
    }
    if (lead >> 5 == 0x06) {
        *code = lead & 0x1f, *least = 0x80;
        return 2;
    }
    if (lead >> 4 == 0x0e) {
        *code = lead & 0x0f, *least = 0x800;
        return 3;
    }
    *code = lead & 0x07, *least = 0x10000;
    return lead >> 3 == 0x1e ? 4 : 0;
}

/* Code point at the start of s, by RFC 3629; its length, 0 where s is not UTF-8. */
static size_t
utf8_take(struct str s, uint32_t *code)
{
    uint32_t least;
    size_t n = s.len == 0 ? 0 : utf8_lead((uint8_t)s.ptr[0], code, &least);

    if (n == 0 || n > s.len)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (((uint8_t)s.ptr[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | ((uint8_t)s.ptr[i] & 0x3f);
    }
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;

    return *code < least || *code > 0x10ffff || surrogate ? 0 : n;
}

void
charscan_init(struct charscan *c, struct str source)
{
    *c = (struct charscan){.source = source, .line = 1};
}

static struct char_place
place_at(const struct charscan *c, const char *rule, const char *what, uint32_t code)
{
    return (struct char_place){
        .rule = rule,
        .what = what,
        .code = code,
        .line = c->line,
        .column = (int)(c->at - c->line_start) + 1,
    };
}

bool
charscan_next(struct charscan *c, struct char_place *out)
{
    while (c->at < c->source.len) {
        struct str rest = {c->source.ptr + c->at, c->source.len - c->at};
        uint32_t code;
        size_t n = utf8_take(rest, &code);

        if (n == 0) {
            *out = place_at(
                c, "not-utf8", "a byte that is not UTF-8", (uint8_t)rest.ptr[0]);
            c->at = c->source.len;
            return true;
        }
        const struct char_range *bad = range_of(code);

        if (bad != NULL)
            *out = place_at(c, bad->rule, bad->what, code);
        c->at += n;
        if (code == '\n') {
            c->line++;
            c->line_start = c->at;
        }
        if (bad != NULL)
            return true;
    }
    return false;
}
