// libmvec, the vector functions of the C library, which a compiler calls by these names in loops that it vectorises
// under -ffast-math.
#include "peer.h"

#include <gnu/libc-version.h>
#include <immintrin.h>

namespace {

#ifdef __AVX512F__
using Vector = __m512;
#else
using Vector = __m256;
#endif

} // namespace

extern "C" {
__m512 _ZGVeN16v_expf(__m512);
__m512 _ZGVeN16v_tanhf(__m512);
__m256 _ZGVdN8v_expf(__m256);
__m256 _ZGVdN8v_tanhf(__m256);
}

namespace {

#ifdef __AVX512F__
const long lanes = 16;
Vector load(const float *x) { return _mm512_loadu_ps(x); }
void store(float *y, Vector v) { _mm512_storeu_ps(y, v); }
Vector exponential(Vector x) { return _ZGVeN16v_expf(x); }
Vector tangent(Vector x) { return _ZGVeN16v_tanhf(x); }
Vector sigmoid(Vector x) {
    Vector one = _mm512_set1_ps(1), minus = _mm512_sub_ps(_mm512_setzero_ps(), x);
    return _mm512_div_ps(one, _mm512_add_ps(one, exponential(minus)));
}
#else
const long lanes = 8;
Vector load(const float *x) { return _mm256_loadu_ps(x); }
void store(float *y, Vector v) { _mm256_storeu_ps(y, v); }
Vector exponential(Vector x) { return _ZGVdN8v_expf(x); }
Vector tangent(Vector x) { return _ZGVdN8v_tanhf(x); }
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
    return std::string("libmvec of glibc ") + gnu_get_libc_version() + "; its functions of " + std::to_string(lanes) +
           " lanes";
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
