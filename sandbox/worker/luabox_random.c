/* luabox_random.c -- math.random from a public seed: xoshiro256** by D. Blackman and
 * S. Vigna, seeded with splitmix64. */
#include "sandbox/worker/luabox_env.h"

#include "sandbox/worker/luabox.h"

#include <lauxlib.h>

static uint64_t
turn(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

static uint64_t
random_next(uint64_t s[4])
{
    uint64_t result = turn(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = turn(s[3], 45);
    return result;
}

void
luabox_seed(struct luabox *box, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);
        z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
        box->random[i] = z ^ z >> 31;
    }
}

int
luabox_random(lua_State *L)
{
    uint64_t *state = luabox_of(L)->random, x, span, mask;
    lua_Integer low = 1, high;

    if (lua_gettop(L) == 0) {
        lua_pushnumber(L, (lua_Number)(random_next(state) >> 11) * 0x1p-53);
        return 1;
    }
    if (lua_gettop(L) > 1)
        low = luaL_checkinteger(L, 1);
    high = luaL_checkinteger(L, lua_gettop(L) > 1 ? 2 : 1);
    if (lua_gettop(L) == 1 && high == 0) {
        lua_pushinteger(L, (lua_Integer)random_next(state));
        return 1;
    }
    luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
    span = (uint64_t)high - (uint64_t)low;
    mask = span == 0 ? 0 : ~UINT64_C(0) >> __builtin_clzll(span);
    do {
        x = random_next(state) & mask;
    } while (x > span);
    x += (uint64_t)low;
    lua_pushinteger(L, (lua_Integer)x);
    return 1;
}

int
luabox_randomseed(lua_State *L)
{
    luabox_seed(luabox_of(L), (uint64_t)luaL_checkinteger(L, 1));
    return 0;
}
