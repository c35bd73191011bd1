#!/bin/sh
# Runs the command lines of README.md and checks that each reaches its figure. Fashion-MNIST takes minutes on the portable
# kernels, and a package, and runs only when it is asked for: examples/run.sh fashion.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/nnrt" ./cmd/nnrt
nnrt="$work/nnrt"
data=examples/data
failed=0

# figure NAME MODEL KEY LEAST: compares what training measured on the held-out rows with what is promised.
figure() {
	value=$("$nnrt" inspect "$2" --json | sed -n "s/^ *\"$3\": \"\(.*\)\",*$/\1/p")
	if awk -v v="$value" -v least="$4" 'BEGIN { exit !(v != "" && v + 0 >= least + 0) }'; then
		verdict=ok
	else
		verdict=TOO-LOW
		failed=1
	fi
	printf '%-22s %-20s %.4f  (promised %s)  %s\n' "$1" "$3" "$value" "$4" "$verdict"
}

awk -f examples/fifth-last.awk $data/iris.csv |
	"$nnrt" train - --target species --val-split 0.2 --epochs 30 -q -o "$work/iris.bin" > /dev/null
figure iris "$work/iris.bin" final_val_accuracy 0.90

awk -f examples/fifth-last.awk $data/breast_cancer.csv |
	"$nnrt" train - --target class --drop id --on-missing mean --val-split 0.2 -q -o "$work/cancer.bin" > /dev/null
figure 'breast cancer' "$work/cancer.bin" final_val_accuracy 0.95

gzip -dc $data/digits.csv.gz | awk -f examples/fifth-last.awk |
	"$nnrt" train - --target digit --val-split 0.2 --epochs 20 -q -o "$work/digits.bin" > /dev/null
figure digits "$work/digits.bin" final_val_accuracy 0.96

"$nnrt" train $data/letter.csv.gz --target lettr --val-split 0.2 --layers 64:relu,64:relu --epochs 20 -q \
	-o "$work/letter.bin" > /dev/null
figure letter "$work/letter.bin" final_val_accuracy 0.93

"$nnrt" train $data/diabetes_progression.csv --target progression --val-split 0.2 -q -o "$work/diabetes.bin" > /dev/null
figure 'diabetes progression' "$work/diabetes.bin" final_val_r2 0.45

if [ "${1-}" = fashion ]; then
	f=/usr/share/datasets/fashion-mnist
	"$nnrt" train $f/train-images-idx3-ubyte.gz --labels $f/train-labels-idx1-ubyte.gz \
		--val $f/t10k-images-idx3-ubyte.gz --val-labels $f/t10k-labels-idx1-ubyte.gz \
		--layers 128:relu --batch-size 128 --epochs 5 -o "$work/fashion.bin" > /dev/null
	figure Fashion-MNIST "$work/fashion.bin" final_val_accuracy 0.86
fi
exit $failed
