/* address.c -- which network addresses belong to everybody. */
#include "datasite/base/address.h"

#include "datasite/base/check.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* IANA's registry of special addresses: what is not globally reachable. */
static const struct {
    uint32_t net;
    int bits;
} special[] = {
    {0x00000000, 8},  /* this network */
    {0x0A000000, 8},  /* private */
    {0x64400000, 10}, /* shared by a carrier */
    {0x7F000000, 8},  /* this machine */
    {0xA9FE0000, 16}, /* this link; clouds tell secrets at 169.254.169.254 */
    {0xAC100000, 12}, /* private */
    {0xC0000000, 24}, /* protocol assignments */
    {0xC0000200, 24}, /* documents */
    {0xC0586300, 24}, /* 6to4 relays */
    {0xC0A80000, 16}, /* private */
    {0xC6120000, 15}, /* benchmarks */
    {0xC6336400, 24}, /* documents */
    {0xCB007100, 24}, /* documents */
    {0xE0000000, 4},  /* multicast */
    {0xF0000000, 4},  /* reserved, and broadcast */
};

static bool
v4_is_public(uint32_t a)
{
    for (size_t i = 0; i < ARRAY_N(special); i++) {
        if (((a ^ special[i].net) >> (32 - special[i].bits)) == 0)
            return false;
    }
    return true;
}

/* Global unicast is 2000::/3; inside it, what stands for an address of version 4 or for
 * documents is not. */
static bool
v6_is_public(const uint8_t a[16])
{
    static const uint8_t translated[4][4] = {
        {0x20, 0x01, 0x00, 0x00}, /* Teredo */
        {0x20, 0x01, 0x0D, 0xB8}, /* documents */
        {0x20, 0x01, 0x00, 0x02}, /* benchmarks, and its neighbours */
        {0x20, 0x01, 0x00, 0x20}, /* ORCHID */
    };

    if ((a[0] & 0xE0) != 0x20 || (a[0] == 0x20 && a[1] == 0x02)) /* 6to4 */
        return false;
    for (size_t i = 0; i < ARRAY_N(translated); i++) {
        if (memcmp(a, translated[i], 4) == 0)
            return false;
    }
    return !(a[0] == 0x3F && a[1] == 0xFF); /* documents, once more */
}

bool
address_is_public(const struct sockaddr *a)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    switch (a->sa_family) {
    case AF_INET:
        memcpy(&v4, a, sizeof v4);
        return v4_is_public(ntohl(v4.sin_addr.s_addr));
    case AF_INET6:
        memcpy(&v6, a, sizeof v6);
        return v6_is_public(v6.sin6_addr.s6_addr);
    default:
        return false;
    }
}
