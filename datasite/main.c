/* main.c -- the program `datasite`: server, client and tools. */
#include "datasite/cli.h"

int
main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
