// SLEEF: its functions of an error of at most 1.0 ULP for the widest vectors that the compiler was told of.
#include "peer.h"

#include <immintrin.h>
#include <sleef.h>

namespace {

#ifdef __AVX512F__
using Vector = __m512;
const long lanes = 16;
Vector load(const float *x) { return _mm512_loadu_ps(x); }
void store(float *y, Vector v) { _mm512_storeu_ps(y, v); }
Vector exponential(Vector x) { return Sleef_expf16_u10avx512f(x); }
Vector tangent(Vector x) { return Sleef_tanhf16_u10avx512f(x); }
Vector sigmoid(Vector x) {
    Vector one = _mm512_set1_ps(1), minus = _mm512_sub_ps(_mm512_setzero_ps(), x);
    return _mm512_div_ps(one, _mm512_add_ps(one, exponential(minus)));
}
#else
using Vector = __m256;
const long lanes = 8;
Vector load(const float *x) { return _mm256_loadu_ps(x); }
void store(float *y, Vector v) { _mm256_storeu_ps(y, v); }
Vector exponential(Vector x) { return Sleef_expf8_u10avx2(x); }
Vector tangent(Vector x) { return Sleef_tanhf8_u10avx2(x); }
Vector sigmoid(Vector x) {
    Vector one = _mm256_set1_ps(1), minus = _mm256_sub_ps(_mm256_setzero_ps(), x);
    return _mm256_div_ps(one, _mm256_add_ps(one, exponential(minus)));
}
#endif

Problem p;

template <Vector (*f)(Vector)> void map() {
    for (long i = 0; i < p.n; i += lanes) { store(p.c + i, f(load(p.a + i))); }
}

void (*chosen)();

std::string describe() {
    return "SLEEF " + std::to_string(SLEEF_VERSION_MAJOR) + "." + std::to_string(SLEEF_VERSION_MINOR) + "." +
           std::to_string(SLEEF_VERSION_PATCHLEVEL) + "; its u10 functions of " + std::to_string(lanes) + " lanes";
}

Answer prepare(const Problem &q) {
    p = q;
    if (!p.function()) { return {"not a function", ""}; }
    if (p.n % lanes) { return {"measured for whole vectors only", ""}; }
    chosen = p.op == "exp" ? map<exponential> : p.op == "tanh" ? map<tangent> : map<sigmoid>;
    return {};
}

void call() { chosen(); }

} // namespace

extern const Peer peer = {describe, prepare, call};
