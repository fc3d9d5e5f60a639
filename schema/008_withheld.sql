-- What is not told of a table that leaves with some of its cells withheld: a '1' for each
-- withheld cell of an exact answer, in the order of its keys. NULL: all of it is told.
ALTER TABLE measurement ADD COLUMN withheld TEXT CHECK (withheld NOT GLOB '*[^01]*');
CREATE TRIGGER measurement_withheld_stays BEFORE UPDATE OF withheld ON measurement
WHEN OLD.withheld IS NOT NULL OR NOT OLD.exact
BEGIN
    SELECT RAISE(ABORT, 'what is withheld of an exact answer stays withheld');
END;
