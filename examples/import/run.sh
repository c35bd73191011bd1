#!/usr/bin/env bash
# Runs the commands of README.md, in a folder of its own in place of /tmp/pima, and compares what they print with what Keras
# predicts. PYTHON is a Python that has Keras (python3 unless it is set). Where there is no qemu-aarch64, the program for the
# board is built for this machine instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/nnrt" ./cmd/nnrt
export PYTHONDONTWRITEBYTECODE=1 TF_CPP_MIN_LOG_LEVEL=3

edit="s,^python ,${PYTHON:-python3} ,; s,^nnrt ,$work/nnrt ,; s,/tmp/pima,$work/pima,g"
if ! command -v qemu-aarch64 >/dev/null; then
	echo 'without qemu-aarch64: the program runs on this machine'
	edit+='; s,GOOS=linux GOARCH=arm64 ,,; s,^qemu-aarch64 ,,'
fi
sed -n '/^```sh$/,/^```$/p' examples/import/README.md | grep -v '^```' >"$work/commands"
number=0
while read -r line; do
	number=$((number + 1))
	echo "\$ $line"
	sh -c "$(sed "$edit" <<<"$line")" >"$work/out$number" </dev/null
	head -n 3 "$work/out$number"
done <"$work/commands"
[ $number -eq 6 ]

# Both ways give the same network. The third column is the probability; 16 units in the last place of 1 are 1e-6.
cmp "$work/out4" "$work/out6"
tail -n +2 "$work/out4" | cut -d , -f 3 | paste -d , "$work/pima/keras.csv" - | awk -F , '
	{ d = $1 - $2; if (d < 0) d = -d; if (d > most) most = d; if ($1 < low || NR == 1) low = $1; if ($1 > high) high = $1 }
	END {
		printf "%d predictions from %.3f to %.3f differ from those of Keras by at most %.2g\n", NR, low, high, most
		exit !(NR == 154 && most <= 1e-6 && high - low > 0.5)
	}'
