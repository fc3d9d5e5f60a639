/* fdio_test.c -- whole files, whole writes, and failures that name the file. */
#include "datasite/base/fdio.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/fdio-XXXXXX";
static char path[64];

static void
make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static void
drop_folder(void)
{
    unlink(path);
    cr_expect_eq(rmdir(folder), 0, "nothing else may be left beside the file");
}

TestSuite(fdio, .init = make_folder, .fini = drop_folder);

Test(fdio, replace_and_read)
{
    struct diag d = {0};
    struct stat st;
    BUF_SCOPE(b);

    buf_init(&b, 100);
    cr_assert_eq(file_replace(&d, path, STR("one"), 0600), ERR_OK, "%s", d.text);
    cr_assert_eq(file_replace(&d, path, STR("two\0x"), 0400), ERR_OK, "%s", d.text);
    cr_assert_eq(file_read(&d, path, &b), ERR_OK, "%s", d.text);
    cr_expect(str_eq(buf_str(&b), STR("two\0x")));
    cr_expect_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0400);
}

Test(fdio, failures)
{
    struct diag d = {0};
    char inside[80];
    BUF_SCOPE(b);

    buf_init(&b, 2);
    cr_expect_eq(file_read(&d, path, &b), ERR_NOT_FOUND);
    cr_expect(strstr(d.text, path) != NULL);
    snprintf(inside, sizeof inside, "%s/none/file", folder);
    diag_clear(&d);
    cr_expect_eq(file_replace(&d, inside, STR("x"), 0600), ERR_IO);
    diag_clear(&d);
    cr_assert_eq(file_replace(&d, path, STR("three"), 0600), ERR_OK);
    cr_expect_eq(file_read(&d, path, &b), ERR_TOO_LARGE);
    diag_clear(&d);
    cr_expect_eq(fd_write_all(&d, -1, "x", 1), ERR_IO);
}

Test(fdio, a_memory_file_cannot_be_changed)
{
    struct diag d = {0};
    FD_SCOPE(fd) = -1;
    BUF_SCOPE(b);

    buf_init(&b, 100);
    cr_assert_eq(memfd_of(&d, "test", STR("bytes"), &fd), ERR_OK, "%s", d.text);
    cr_expect_eq(write(fd, "x", 1), -1);
    cr_expect_eq(ftruncate(fd, 0), -1);
    cr_expect_eq(fd_read_all(&d, fd, &b), ERR_OK);
    cr_expect(str_eq(buf_str(&b), STR("bytes")));
}

Test(fdio, a_scope_closes)
{
    int seen;
    {
        FD_SCOPE(fd) = dup(STDERR_FILENO);
        seen = fd;
        cr_assert(seen > 2);
    }
    cr_expect_eq(dup(seen), -1);
}
