-- Results that leave in part: an owner may keep single numbers back.

-- places_json: where answers stand in the output (datasite/core/answers.h). withheld_json:
-- [{"pointer","reason"}], what was kept back; left_json and its hash: what left then.
-- NULL: all of it left.
ALTER TABLE result ADD COLUMN places_json TEXT;
ALTER TABLE result ADD COLUMN withheld_json TEXT;
ALTER TABLE result ADD COLUMN left_json TEXT;
ALTER TABLE result ADD COLUMN left_sha256 TEXT;
CREATE TRIGGER result_part_stays
BEFORE UPDATE OF outputs_json, sha256, places_json, withheld_json, left_json, left_sha256
    ON result
WHEN OLD.released_us IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'what left stays as it left');
END;

-- measurement.withheld with the cells that the owner kept back, where there are any.
ALTER TABLE measurement ADD COLUMN kept_back TEXT CHECK (kept_back NOT GLOB '*[^01]*');
CREATE TRIGGER measurement_kept_back_stays BEFORE UPDATE OF kept_back ON measurement
WHEN OLD.kept_back IS NOT NULL OR NOT OLD.exact
BEGIN
    SELECT RAISE(ABORT, 'what is withheld of an exact answer stays withheld');
END;
