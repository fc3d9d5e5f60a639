/* attack.h -- where a build for tests calls an attacker's machine code.
 *
 * ATTACK_MACHINE_CODE is defined for datasite-worker-attack alone, whose code lies in
 * tests/attack. In every other program these calls are nothing. */
#ifndef SANDBOX_WORKER_ATTACK_H
#define SANDBOX_WORKER_ATTACK_H

#include "datasite/base/str.h"

#ifdef ATTACK_MACHINE_CODE
void attack_before_jail(int argc, char **argv);
/* By the first line of what the process was given to run; returns where it names none. */
void attack_after_ready(struct str source);
#else
static inline void
attack_before_jail(int argc, char **argv)
{
    (void)argc, (void)argv;
}
static inline void
attack_after_ready(struct str source)
{
    (void)source;
}
#endif

#endif
