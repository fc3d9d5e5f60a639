# Markup lives in web/, SQL in schema/.
/"[^"]*<(html|div|p|a|table|form|span|script)[ >]/ { printf "%s:%d: markup in C\n", FILENAME, FNR; bad = 1 }
/"(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER) / { printf "%s:%d: SQL in C\n", FILENAME, FNR; bad = 1 }
length($0) > 100 && FILENAME !~ /\.def$/ { printf "%s:%d: a line of %d bytes\n", FILENAME, FNR, length($0); bad = 1 }
END { exit bad }
