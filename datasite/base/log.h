/* log.h -- one JSON line per event on stderr. Never a secret, never a private value. */
#ifndef DATASITE_BASE_LOG_H
#define DATASITE_BASE_LOG_H

#include "datasite/base/err.h"

enum log_level {
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARN,
    LOG_ERROR
};

void log_init(const char *program, enum log_level least);
/* event: a dotted lower-case name ("run.finished"); then printf for the detail. */
void log_event(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void log_diag(enum log_level level, const char *event, const struct diag *d);

#endif
