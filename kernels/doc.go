// Package kernels holds the arithmetic of nnrt: matrix products, activations, reductions and optimiser updates on
// []float32, in portable Go and, where there is assembly for the machine, in that.
//
// # The arithmetic contract, version 2
//
// Every kernel, on every instruction set, performs the same IEEE-754 operations in the same order on each element of
// its result. So the results are the same bits on every machine, with any number of threads, for a row alone or
// within a batch. The portable functions of this package, whose names begin with generic, are the contract in
// executable form: an assembly kernel is right if it equals them bit for bit. The constant Contract is the version
// number; models store it. Anything below that changes gets the next number.
//
// Numbers are float32, rounded to nearest, ties to even. Subnormal numbers are kept, as operands and as results: no
// kernel sets flush-to-zero or denormals-are-zero. Where a NaN appears is part of the contract, its payload and sign
// are not. Zeros are never skipped, since 0·NaN and 0·∞ are NaN.
//
// Fused products. A product that feeds a sum is fused: FMA(a, b, c) = a·b + c is rounded once. Any other operation is
// rounded where it is written. (The Go compiler fuses x*y + z by itself on some architectures; code that decides a
// result says float32(x*y) + z or calls FMA.)
//
// Products. One element of a matrix product is a sum over k. k is cut into segments of 256, the last one may be
// shorter. Within a segment the terms are added in ascending order by one chain of fused multiply-adds, the first
// segment's beginning with the bias (+0 where there is none), the other segments' with +0. Then the segments' sums
// are added, in ascending order: ((s₀ + s₁) + s₂) + …. This holds for the forward product (k are the inputs), the
// input gradient (k are the outputs) and the weight gradient (k are the rows of the batch), with one exception: the
// forward product of a narrow layer, of at most 16 outputs and at least 32 inputs, has 8 lanes instead of segments.
// Lane l adds the terms of the inputs l, l+8, l+16, … in ascending order by one chain of fused multiply-adds, lane 0
// beginning with the bias (+0 where there is none), the others with +0; then the lanes are joined by halves: lane[i]
// += lane[i+h] for h = 4, 2, 1. Kernels vectorise over outputs, over rows or over these lanes, never otherwise along
// k; threads split outputs, never a sum. The order depends on the layer's shape alone; it stands in one place, in
// gemm.go.
//
// Reductions. A sum over a vector (Sum, Dot, SumAbs; the sum in a softmax; the loss, mean and variance of a row) has 32
// lanes, whatever the width of the hardware's registers: lane l adds the elements l, l+32, l+64, … in ascending order,
// beginning with +0, by fused multiply-adds if they are products. Then the lanes are joined by halves:
// lane[i] += lane[i+h] for h = 16, 8, 4, 2, 1. Sums of columns over the rows of a batch (bias gradients, batch
// normalisation) are one chain each, in ascending order of the rows, beginning with +0.
//
// Elementary functions. Exp, Log, Log1p, TanhOf, SigmoidOf, SoftplusOf and Erf are polynomials of this package's own,
// with the order of operations and the error, in units in the last place (ULP) over all 2³² arguments, stated at each;
// ULP.md has the table. Division and square root are IEEE-754's.
//
// Activations and their derivatives are compositions of these, stated at each constant of type Activation. Optimiser
// updates are stated at each function; factors that do not change within a step are computed in float64 by the caller
// and rounded once.
//
// Random numbers (of type PCG, for which package net has the seeds) are those of PCG-DXSM as in math/rand/v2, seeded
// with the user's seed and a stream number: 2⁴⁸ + 2·layer (+ 1 for the bias) for initial weights, 2·2⁴⁸ + epoch for
// shuffling, 3·2⁴⁸ + step·layers + layer for dropout; epochs count from 1, steps and layers from 0. A float32 in
// [0, 1) is the upper 24 bits times 2⁻²⁴, a float64 the upper 53 times 2⁻⁵³. A normal variable is
// √(−2·ln(1−u))·cos(2πv) of two such float64, by internal/math64. An integer below n is the upper 32 bits modulo n,
// drawn again if they are in the last, incomplete multiple of n; a shuffle is Fisher and Yates's, from the last
// element down.
//
// # Tiers
//
// A tier is a set of kernels for an instruction set: avx512, avx2, sse2, neon, or generic, the portable reference.
// The best one that the processor, the operating system and the build allow is chosen when the program starts; Active
// names it. The environment variable NNRT_KERNELS selects another by name; if it names none that can run here, Err
// says so and package net makes no models. GODEBUG=cpu.avx2=off and its like work too. With the build tag purego, or
// a compiler other than gc, there is only generic, and no CPU package is imported.
package kernels
