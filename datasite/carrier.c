/* carrier.c -- how letters leave the house: webhooks by HTTP, mail by SMTP. */
#include "datasite/carrier.h"

#include "datasite/client.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_BYTES    256
#define MAIL_BYTES_MAX ((size_t)256 << 10)
#define BASE64_LINE    57 /* bytes that make 76 characters, the longest line of a mail */

static enum err
carry_webhook(const struct carrier *c, struct diag *d, const struct letter *l)
{
    char signature[FIELD_BYTES], event[FIELD_BYTES], sender[FIELD_BYTES];
    const char *const fields[] = {"Content-Type: application/json",
        "Expect:", "User-Agent: datasite", signature, event, sender, NULL};
    const struct dispatch out = {
        .url = l->url, .fields = fields, .bytes = l->body, .private_ok = c->private_ok};

    snprintf(signature, sizeof signature, "Datasite-Signature: %s", l->signature);
    snprintf(event, sizeof event, "Datasite-Event: %s", l->event);
    snprintf(sender, sizeof sender, "Datasite-Webhook: %s", l->sender);
    return client_dispatch(d, &out);
}

/* Base64 in lines, so that no byte of what people wrote meets the rules of mail. */
static void
add_base64(struct buf *out, struct str bytes, const char *before, const char *after)
{
    char text[BASE64_LINE * 2];

    for (size_t at = 0; at < bytes.len; at += BASE64_LINE) {
        size_t n = bytes.len - at < BASE64_LINE ? bytes.len - at : BASE64_LINE;

        sodium_bin2base64(text, sizeof text, (const unsigned char *)bytes.ptr + at, n,
            sodium_base64_VARIANT_ORIGINAL);
        buf_addf(out, "%s%s%s", before, text, after);
    }
}

/* A subject in encoded words (RFC 2047) of whole characters: 42 bytes make a word. */
static void
add_subject(struct buf *out, const char *subject)
{
    struct str rest = str_of(subject);

    buf_addz(out, "Subject:");
    while (rest.len > 0) {
        size_t n = rest.len < 42 ? rest.len : 42;

        while (n < rest.len && ((unsigned char)rest.ptr[n] & 0xC0) == 0x80)
            n--;
        add_base64(out, (struct str){rest.ptr, n}, " =?UTF-8?B?", "?=\r\n");
        rest.ptr += n;
        rest.len -= n;
    }
}

static enum err
carry_mail(const struct carrier *c, struct diag *d, const struct letter *l)
{
    struct dispatch out = {
        .url = c->smtp_url, .from = c->from, .to = l->to, .private_ok = true};
    BUF_SCOPE(mail);

    if (!carrier_address_ok(l->to))
        return FAIL(d, ERR_INVALID, "no mail can be sent to this address");
    buf_init(&mail, MAIL_BYTES_MAX);
    buf_addf(&mail, "From: <%s>\r\nTo: <%s>\r\n", c->from, l->to);
    add_subject(&mail, l->subject);
    buf_addf(&mail,
        "Message-ID: <%s.%s@datasite>\r\nAuto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n",
        l->sender, l->event);
    add_base64(&mail, l->body, "", "\r\n");
    if (mail.full)
        return FAIL(d, ERR_TOO_LARGE, "the mail is too long");
    out.bytes = buf_str(&mail);
    return client_dispatch(d, &out);
}

static enum err
carry(void *self, struct diag *d, const struct letter *l)
{
    const struct carrier *c = self;

    return l->url != NULL ? carry_webhook(c, d, l) : carry_mail(c, d, l);
}

struct courier_port
carrier_port(struct carrier *c)
{
    return (struct courier_port){
        .carry = carry, .self = c, .mail = c->smtp_url[0] != '\0'};
}

bool
carrier_address_ok(const char *address)
{
    const char *at = strchr(address, '@');

    if (at == NULL || at == address || at[1] == '\0' || strchr(at + 1, '@') != NULL)
        return false;
    for (const char *p = address; *p != '\0'; p++) {
        if (*p <= ' ' || *p >= 127 || strchr("<>()[]\\,;:\"", *p) != NULL)
            return false;
    }
    return true;
}
