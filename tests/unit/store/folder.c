/* folder.c -- a folder of its own for each test. */
#include "tests/unit/store/folder.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char db_path[64];
static char folder[32];

void
folder_make(void)
{
    snprintf(folder, sizeof folder, "/tmp/store-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(db_path, sizeof db_path, "%s/test.db", folder);
}

void
folder_drop(void)
{
    DIR *dir = opendir(folder);
    struct dirent *e;

    cr_assert_not_null(dir);
    while ((e = readdir(dir)) != NULL)
        unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
    rmdir(folder);
}

const char *
folder_file(const char *name)
{
    static char path[64];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}
