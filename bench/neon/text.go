package main

// What README.md says around its tables.

const introduction = `# NEON's kernels: a model, not a measurement

No arm64 was at hand when these kernels were written. Their bits are tested under qemu; how fast they are is worked out
here, and a processor may do better or worse. The command

    go run ./bench/neon

takes the inner loops out of the package as it is built, by their backward branches, gives them to llvm-mca (%s),
counts instructions under qemu, and writes this file.

llvm-mca goes by LLVM's scheduling models: ports, latencies, widths. It knows nothing of caches, of memory, of branches
gone wrong, of what the front end can decode, nor of stores that are loaded again; everything is in the first-level
cache, and each branch in a loop's middle falls through. Several cores have no model of their own and get a relative's:
the column says which. So A76's column is that of an older core with half the multiply-adds; the design is Neoverse
N1's, whose column says more of it. Apple's M1 is modelled as a Cyclone of 2013, with three vector units where M1 has
four. On A53, which runs in order, llvm-mca lets no instruction finish before an older one: a load after a multiply-add
waits for it, and the two, with nothing to do with each other, take ten cycles. If the processor does not wait so, loops
that load between multiply-adds, as nearly all do, are faster than that column says.

The last column is what independent fused multiply-adds reach, measured with llvm-mca too: 100 %% in what follows.

| core | -mcpu | LLVM's model | FMLA of four elements a cycle |
|---|---|---|---|
`

const productsIntroduction = `
## Products

Cycles of an iteration; multiply-adds of one element a cycle; percent of the model's FMLA throughput. Targets: 90 %% on
A72, A76, N1 and V1, 75 %% on A53, for the tile of a matrix product.

`

const rowsIntroduction = `
## One row (batch 1)

A product of one row reads each weight once, so loads bound it. Cycles of an iteration; multiply-adds a cycle; the
cycles of the loop's loads and stores alone as a percentage of the loop's (100 %%: at the ports' limit, the target);
percent of the FMLA throughput.

`

const vectorsIntroduction = `
## Functions and updates

Instructions for a vector of results, four elements with NEON and eight with AVX2, out of the loops of the built
objects; then the cycles for a vector of NEON's. Target: 1.3 × AVX2's instructions for exp, sigmoid and tanh. Adam's
loops are counted with AMSGrad, whose instructions they jump over without.

`

const instructionsIntroduction = `
## Instructions of whole calls

Executed instructions of a call under qemu-aarch64, counted by a plugin ([count/count.c](count/count.c)): those of 2·N
calls less those of N, so that the start of the program is not in them, divided by N ([repeat/main.go](repeat/main.go);
GOGC=off, GOMAXPROCS=1). This is counted, not modelled, but instructions are not time. The generic kernels are the
portable Go, whose fused multiply-adds take float64 and a test of each. Target: 8 × fewer.

`
