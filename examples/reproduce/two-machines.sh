#!/bin/sh
# Trains one model on this machine and on an emulated one of another architecture (arm64, unless another of qemu's is
# named, as in "two-machines.sh s390x"), each with its own kernels and another number of threads, and compares the files.
# It needs Go and qemu-user.
set -eu
cd "$(dirname "$0")/../.."
other=${1:-arm64}
case $other in
arm64) qemu=qemu-aarch64 ;;
loong64) qemu=qemu-loongarch64 ;;
*) qemu=qemu-$other ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CGO_ENABLED=0
go build -o "$work/nnrt" ./cmd/nnrt
GOOS=linux GOARCH=$other go build -o "$work/nnrt-$other" ./cmd/nnrt

awk -f examples/fifth-last.awk examples/data/breast_cancer.csv >"$work/cancer.csv"

# train THREADS MACHINE FILE COMMAND…: trains by the command, which ends with the file's SHA-256.
train() {
	threads=$1
	machine=$2
	file=$3
	shift 3
	echo "$machine, $("$@" cpu | sed -n 's/^kernels *//p') kernels, threads: $threads"
	(cd "$work" && "$@" train cancer.csv --target class --drop id --on-missing mean --val-split 0.2 \
		--layers 32:relu,16:tanh --dropout 0.2 --optimizer nadam --schedule cosine --class-weight balanced \
		--epochs 30 --early-stop 5 --seed 2024 --threads "$threads" -q -o "$file")
}

train 1 "this machine" here.bin "$work/nnrt"
train 3 "$other" there.bin "$qemu" "$work/nnrt-$other"
cmp "$work/here.bin" "$work/there.bin"
echo "the same model"
