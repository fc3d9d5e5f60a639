/* luabox_end.h -- how a script ended, as worker and broker both know it. */
#ifndef SANDBOX_WIRE_LUABOX_END_H
#define SANDBOX_WIRE_LUABOX_END_H

enum luabox_end {
    LUABOX_OK,
    LUABOX_SCRIPT, /* the script's own error */
    LUABOX_MEMORY, /* the ceiling, uncaught */
    LUABOX_BUDGET, /* a refusal that the script did not catch */
    LUABOX_POLICY
};

#endif
