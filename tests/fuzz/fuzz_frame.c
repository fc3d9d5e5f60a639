/* fuzz_frame.c -- what a captured process may write on its socket: every frame is whole
 * and within its ceiling or the stream ends; bodies are read without leaving them. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "sandbox/wire/frame.h"

#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX 65536 /* what a socket takes while nobody reads */

/* All kinds of fields, in an order that the body itself chooses. */
static void
read_fields(struct str body)
{
    struct fields f = fields_of(body);
    struct diag d = {0};
    char text[16];

    for (size_t i = 0; i < body.len && !f.bad; i++) {
        switch (body.ptr[i] & 7) {
        case 0:
            (void)field_budget(&f);
            break;
        case 1:
            (void)field_digest(&f);
            break;
        case 2:
            field_z(&f, text, sizeof text);
            break;
        case 3:
            CHECK(field_diag(&f, &d) != ERR_OK);
            break;
        case 4:
        case 5:
            CHECK(field_str(&f, 32).len <= 32);
            break;
        default: {
            const int64_t v = field_i64(&f, -3, 5);
            CHECK(f.bad ? v == 0 : v >= -3 && v <= 5);
        }
        }
        CHECK(f.at <= f.end);
        CHECK(!f.bad || !fields_end(&f));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diag d = {0};
    int ends[2];

    if (size > INPUT_BYTES_MAX)
        return 0;
    read_fields((struct str){(const char *)data, size});
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    FD_SCOPE(reader) = ends[1];
    CHECK(fd_write_all(&d, ends[0], data, size) == ERR_OK);
    CHECK(close(ends[0]) == 0);
    for (;;) {
        FRAME_SCOPE(f);
        if (frame_recv(&d, reader, FRAME_NO_DEADLINE, &f) != ERR_OK)
            return 0;
        CHECK(f.type > FRAME_NONE && f.type < FRAME_TYPES_N);
        CHECK(f.body.len <= frame_bytes_max(f.type) && f.fds_n == 0);
        read_fields(buf_str(&f.body));
    }
}
