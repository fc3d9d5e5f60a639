/* risk.h -- what a job may cost the people in the data, for the owner who decides.
 *
 * Sealed: shares of the largest contributors and of unique people are facts about the
 * data, told in whole per cents and to nobody else. */
#ifndef DATASITE_CORE_RISK_H
#define DATASITE_CORE_RISK_H

#include "datasite/core/job.h"

/* {"odds":{"job","spent","with_job","limit"}, each {"epsilon","delta","posterior",
 *  "advantage"}; "influence":[{"label","cells","one_percent","two_percent"}] of exact
 * answers, once there are some; "uniqueness":{"columns","unique_percent"} or null}.
 * *out owned by the caller. Precondition: the caller owns the dataset. */
enum err risk_report(struct ctx *cx, const struct job *j, json_t **out) NODISCARD;

#endif
