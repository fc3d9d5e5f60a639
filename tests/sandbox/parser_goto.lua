-- expect: error no visible label
-- a label that is not there
goto nowhere
