#!/bin/sh
# Prints a C file that holds every named file as bytes, and a table of them by name.
echo '#include "datasite/base/embed.h"'
i=0
for f in "$@"; do
    printf 'static const unsigned char file_%d[] = {\n' $i
    if [ -s "$f" ]; then xxd -i < "$f"; echo ','; fi
    echo '0 };'
    i=$((i + 1))
done
echo 'const struct embedded embedded[] = {'
i=0
for f in "$@"; do
    printf '    { "%s", { (const char *)file_%d, sizeof file_%d - 1 } },\n' "$f" $i $i
    i=$((i + 1))
done
echo '    { 0, { 0, 0 } }'
echo '};'
echo "const size_t embedded_n = $i;"
