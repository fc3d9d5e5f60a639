/* adverse.h -- a job tried on mocks that a script seldom thinks of.
 *
 * Private data may have an empty group, nothing but nulls in a column, or values at the
 * bounds, where the mock has not. A script that fails there would fail in its run, and by
 * that tell of the data; so its author learns of it before anybody approves it. */
#ifndef DATASITE_CORE_ADVERSE_H
#define DATASITE_CORE_ADVERSE_H

#include "datasite/core/check.h"

/* After a check whose mock run came to its end. Each failure is a finding of the rule
 * "adverse-mock" that names the mock, at the line where it failed; none blocks a job. */
enum err adverse_run(
    struct ctx *cx, const struct check_ask *ask, struct check_report *io) NODISCARD;

#endif
