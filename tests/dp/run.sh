#!/bin/sh
# run.sh -- the audits of the engine that need builds of their own: the mutants.
#   sh tests/dp/run.sh BUILD      (a test build)
B=$1 MUTANTS=$1-mutants exec sh tests/dp/mutants.sh
