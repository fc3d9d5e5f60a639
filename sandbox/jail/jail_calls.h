/* jail_calls.h -- which system calls a role may make: tables, and how a rule reads. */
#ifndef SANDBOX_JAIL_JAIL_CALLS_H
#define SANDBOX_JAIL_JAIL_CALLS_H

#include "sandbox/jail/jail.h"

enum jail_test {
    JAIL_ANY,     /* whatever the arguments */
    JAIL_IS,      /* the argument equals value */
    JAIL_WITHIN,  /* the argument has no bit beside value's */
    JAIL_WITHOUT, /* the argument has no bit of value's; refused if it has */
    JAIL_REFUSE,  /* not made: the caller sees EACCES */
    JAIL_ABSENT   /* not made: the caller sees ENOSYS, and knows another way */
};

struct jail_rule {
    int nr;
    enum jail_test test;
    int arg;
    uint64_t value;
};

#define JAIL_LISTS_MAX 3

/* The first rule that fits a call decides. What none fits kills the process, or is made
 * where the role's lists name what is forbidden. */
struct jail_calls {
    struct {
        const struct jail_rule *rules;
        size_t n;
    } lists[JAIL_LISTS_MAX];
    bool else_made;
};
const struct jail_calls *jail_calls_of(enum jail_role role);

#endif
