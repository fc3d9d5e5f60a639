/* folder.h -- a folder of its own for each test, with a database path in it. */
#ifndef TESTS_UNIT_STORE_FOLDER_H
#define TESTS_UNIT_STORE_FOLDER_H

#include "datasite/store/migrate.h"

extern char db_path[64];
void folder_make(void); /* for TestSuite .init */
void folder_drop(void); /* for TestSuite .fini */
/* The path of another file in the folder; valid until the next call. */
const char *folder_file(const char *name);

#endif
