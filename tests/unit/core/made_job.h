/* made_job.h -- a published dataset, people around it, and jobs brought to a state
 * without a sandbox. */
#ifndef TESTS_UNIT_CORE_MADE_JOB_H
#define TESTS_UNIT_CORE_MADE_JOB_H

#include "datasite/core/job.h"
#include "tests/unit/core/made_site.h"

extern const char *olive, *ada, *bob; /* an owner, two researchers with a grant */
extern struct dataset wards;          /* "wards", pure, epsilon 5 */
extern char ada_project[ID_BYTES], bob_project[ID_BYTES];

void job_site_make(void); /* for TestSuite .init; acts as nobody but the server after */
void as_owner(void);
void as_ada(void);
void as_system(void);

/* Another published dataset of olive's, granted to both. */
struct dataset dataset_made(const char *name, int64_t epsilon_nano, int64_t delta_atto);
/* A policy document in force for wards from now on. */
void wards_policy(const char *text);
/* Ada's, in checking. Every n is another source. */
struct job job_submitted(int n, int64_t epsilon_nano);
/* Checked as if the mock run had gone well: in_review, holding hold_nano. */
struct job job_checked(int n, int64_t hold_nano);
struct job job_approved(int n, int64_t hold_nano);
/* Approved, queued and begun, with an open run. */
struct job job_running(int n, int64_t hold_nano);
/* One charge of a running job; digest number n. */
enum ledger_verdict charged(const struct job *j, int n, int64_t eps_nano);

#endif
