/* asset.h -- the pages: files of web/dist that the program carries. No file system, so no
 * path can lead out of it. */
#ifndef DATASITE_HTTP_ASSET_H
#define DATASITE_HTTP_ASSET_H

#include "datasite/base/str.h"

struct asset {
    struct str bytes;
    const char *type;  /* "text/html; charset=utf-8" */
    const char *cache; /* Cache-Control */
    char etag[40];     /* without quotes */
};

struct assets;
struct assets *assets_new(void); /* owned by the caller; NULL: no memory */
void assets_free(struct assets *s);
/* The file or page of a path; NULL: none. Addresses of the application give its one page. */
const struct asset *asset_find(const struct assets *s, const char *path);

#endif
