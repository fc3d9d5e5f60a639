/* demo_data.c -- a readmission cohort of 50 hospitals, invented from a fixed seed.
 *
 * Nobody in it exists. The numbers hang together as a study would expect (older and
 * sicker people stay longer and come back more often; hospitals differ), so that the
 * demo's answers say something. Integers only: the same bytes on every machine. */
#include "datasite/demo_data.h"

#include "datasite/base/check.h"

#include <stdio.h>

struct dice {
    uint64_t state;
};

/* SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere. */
static uint64_t
roll(struct dice *dice)
{
    uint64_t z = dice->state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Uniform in from..to, near enough. */
static int
between(struct dice *dice, int from, int to)
{
    return from + (int)(roll(dice) % (uint64_t)(to - from + 1));
}

/* Twelve rolls make a bell around the middle of from..to. */
static int
bell(struct dice *dice, int from, int to)
{
    int sum = 0;

    for (int i = 0; i < 12; i++)
        sum += between(dice, 0, 1000);
    return from + (to - from) * sum / 12000;
}

/* True so many times in a thousand. */
static bool
chance(struct dice *dice, int permille)
{
    return between(dice, 1, 1000) <= permille;
}

static const char *const wards[] = {
    "medicine", "surgery", "cardiology", "geriatrics", "emergency"};

struct diagnosis {
    const char *name;
    int weight;     /* in a thousand stays */
    int days, labs; /* added to a stay */
    int readmit;    /* added to the chance of coming back, in a thousand */
    int age;        /* added to the age of who has it */
};
static const struct diagnosis diagnoses[] = {
    {"circulatory", 290, 1, 8, 30, 10},
    {"respiratory", 140, 2, 6, 35, 4},
    {"digestive", 130, 1, 4, 0, 0},
    {"diabetes", 110, 1, 10, 40, 2},
    {"injury", 90, 2, 0, -20, -8},
    {"musculoskeletal", 80, 1, -6, -30, 2},
    {"genitourinary", 70, 0, 5, 5, 4},
    {"neoplasm", 50, 3, 12, 60, 6},
    {"other", 40, 0, 0, 0, 0},
};

struct person {
    char id[16];
    int age, hospital;
    bool is_female;
    const struct diagnosis *chronic;
};

static const struct diagnosis *
pick_diagnosis(struct dice *dice)
{
    int left = between(dice, 1, 1000);

    for (size_t i = 0; i < ARRAY_N(diagnoses); i++) {
        left -= diagnoses[i].weight;
        if (left <= 0)
            return &diagnoses[i];
    }
    return &diagnoses[ARRAY_N(diagnoses) - 1];
}

static int
clamp(int v, int lower, int upper)
{
    return v < lower ? lower : v > upper ? upper : v;
}

static struct person
make_person(struct dice *dice, int number)
{
    struct person p = {.chronic = pick_diagnosis(dice)};

    snprintf(p.id, sizeof p.id, "P%06d", number);
    p.age = clamp(bell(dice, 20, 104) + p.chronic->age, 18, 99);
    p.is_female = chance(dice, 532);
    p.hospital = between(dice, 1, DEMO_HOSPITALS);
    return p;
}

/* One stay; returns whether the person came back within 30 days. */
static bool
write_stay(struct dice *dice, const struct person *p, int stay, struct buf *out)
{
    const struct diagnosis *dx = chance(dice, 600) ? p->chronic : pick_diagnosis(dice);
    int ward = p->age > 79 && chance(dice, 400) ? 3 : between(dice, 0, 4);
    int sick = (p->age - 18) / 20 + dx->days + stay / 2;
    int days = clamp(1 + sick / 2 + bell(dice, -2, 2 + 2 * sick), 1, 30);
    int labs = clamp(bell(dice, 5, 75) + dx->labs + days, 1, 120);
    int drugs = clamp(bell(dice, 2, 22) + sick, 1, 60);
    int glucose = bell(dice, 780, 1700) + (dx == &diagnoses[3] ? 500 : 0);
    int again = clamp(60 + 6 * sick + dx->readmit + 3 * (p->hospital % 17), 10, 600);
    bool readmitted = chance(dice, again);
    char reading[16] = "";

    if (!chance(dice, 80)) /* not everybody was measured */
        snprintf(reading, sizeof reading, "%d.%d", glucose / 10, glucose % 10);
    buf_addf(out, "%s,H%02d,%d,%s,%s,%s,%d,%d,%d,%s,%s\n", p->id, p->hospital, p->age,
        p->is_female ? "female" : "male", wards[ward], dx->name, days, labs, drugs,
        reading, readmitted ? "true" : "false");
    return readmitted;
}

enum err
demo_csv(struct diag *d, struct buf *out, int64_t *rows)
{
    struct dice dice = {20261122};

    *rows = 0;
    buf_addz(out,
        "patient_id,hospital,age,sex,ward,diagnosis,days_in_hospital,"
        "lab_procedures,medications,glucose,readmitted_30d\n");
    for (int i = 1; i <= DEMO_PERSONS; i++) {
        struct person p = make_person(&dice, i);
        int stays = 1 + (chance(&dice, 520) ? between(&dice, 1, 3) : 0);
        for (int k = 0; k < stays && k < DEMO_STAYS_A_PERSON_MAX; k++) {
            stays += write_stay(&dice, &p, k, out);
            ++*rows;
        }
    }
    return out->full ? FAIL(d, ERR_TOO_LARGE, "the demo's data do not fit") : ERR_OK;
}

/* The schema */

static json_t *
number(const char *name, const char *lower, const char *upper)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", name, "type", "integer",
        "lower", lower, "upper", upper, "nullable", 0);
}

static json_t *
category(const char *name, json_t *categories)
{
    return json_pack("{s:s, s:s, s:o, s:b, s:b}", "name", name, "type", "category",
        "categories", categories, "public_categories", 1, "nullable", 0);
}

static json_t *
hospital_names(void)
{
    json_t *list = json_array();

    for (int i = 1; i <= DEMO_HOSPITALS; i++)
        json_array_append_new(list, json_sprintf("H%02d", i));
    return list;
}

static json_t *
ward_names(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_N(wards); i++)
        json_array_append_new(list, json_string(wards[i]));
    return list;
}

static json_t *
diagnosis_names(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < ARRAY_N(diagnoses); i++)
        json_array_append_new(list, json_string(diagnoses[i].name));
    return list;
}

json_t *
demo_schema(void)
{
    json_t *columns =
        json_pack("[{s:s, s:s}, o, o, o, o, o, o, o, o, {s:s, s:s, s:i, s:s,"
                  " s:s}, {s:s, s:s, s:b}]",
            "name", "patient_id", "type", "id", category("hospital", hospital_names()),
            number("age", "0", "120"),
            category("sex", json_pack("[s, s]", "female", "male")),
            category("ward", ward_names()), category("diagnosis", diagnosis_names()),
            number("days_in_hospital", "1", "30"), number("lab_procedures", "0", "120"),
            number("medications", "0", "60"), "name", "glucose", "type", "decimal",
            "decimals", 1, "lower", "40", "upper", "400", "name", "readmitted_30d",
            "type", "boolean", "nullable", 0);

    return json_pack("{s:{s:s, s:i}, s:o}", "unit", "column", "patient_id", "max_rows",
        DEMO_STAYS_A_PERSON_MAX, "columns", columns);
}
