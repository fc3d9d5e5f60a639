/* address_test.c -- an address that is not of the open Internet is never taken for one. */
#include "datasite/base/address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <netinet/in.h>

static bool
is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_is_public((const struct sockaddr *)&v4);
    cr_assert_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1, "%s", text);
    return address_is_public((const struct sockaddr *)&v6);
}

Test(address, of_the_open_internet)
{
    static const char *const open[] = {"1.1.1.1", "9.255.255.255", "11.0.0.0",
        "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1"};

    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        cr_assert(is_public(open[i]), "%s", open[i]);
}

Test(address, of_somebody_in_particular)
{
    static const char *const closed[] = {"0.0.0.0", "10.0.0.1", "10.255.255.255",
        "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1",
        "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1",
        "::ffff:127.0.0.1", "::ffff:1.1.1.1", "64:ff9b::7f00:1", "fc00::1", "fd12::1",
        "fe80::1", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "3fff::1"};

    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        cr_assert_not(is_public(closed[i]), "%s", closed[i]);
}

Test(address, of_no_family_that_is_known)
{
    struct sockaddr a = {.sa_family = AF_UNIX};

    cr_assert_not(address_is_public(&a));
}
