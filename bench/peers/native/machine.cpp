// The machine's own limits, each on as many threads as PEER_THREADS says:
//
//     prepare fma LANES N 0          N fused multiply-adds of single values a thread, in vectors of LANES (8 or 16)
//     prepare read BYTES TIMES 0     reads an array of that many bytes, one a thread, so many times over
//     prepare stream N 0 0           reads four arrays of N values and writes three of them, as Adam's update does, on
//                                    one thread
#include "peer.h"

#include <cstdlib>
#include <cstring>
#include <immintrin.h>
#include <thread>
#include <vector>

namespace {

Problem p;
std::vector<char *> arrays;
volatile float sink; // so that no result is unused

template <int lanes> struct Vector { typedef float type __attribute__((vector_size(lanes * 4))); };

// fma keeps 24 (12 where there are 16 registers only) sums in registers, more than the products that two units have
// under way.
template <int lanes, int sums> void fma(long n) {
    using V = typename Vector<lanes>::type;
    V s[sums] = {}, x, y;
    for (int i = 0; i < lanes; i++) { x[i] = 0.999999f, y[i] = 1e-6f; }
    for (long i = 0; i < n; i += lanes * sums) {
#pragma GCC unroll 32
        for (int j = 0; j < sums; j++) {
#ifdef __AVX512F__
            if constexpr (lanes == 16) { s[j] = _mm512_fmadd_ps(s[j], x, y); }
#endif
            if constexpr (lanes == 8) { s[j] = _mm256_fmadd_ps(s[j], x, y); }
        }
        asm volatile("" : "+x"(x), "+x"(y));
    }
    float total = 0;
    for (int j = 0; j < sums; j++) { total += s[j][0]; }
    sink = total;
}

// read xors all vectors of the array: more than the loads' ports can bring in a cycle.
void read(const char *array, long bytes, long times) {
#ifdef __AVX512F__
    __m512i s[8] = {};
    for (long t = 0; t < times; t++) {
        for (long i = 0; i < bytes; i += 512) {
#pragma GCC unroll 8
            for (int j = 0; j < 8; j++) {
                s[j] = _mm512_xor_si512(s[j], *reinterpret_cast<const __m512i *>(array + i + 64 * j));
            }
        }
        asm volatile("" ::: "memory");
    }
    for (int j = 1; j < 8; j++) { s[0] = _mm512_xor_si512(s[0], s[j]); }
    sink = _mm512_reduce_add_epi32(s[0]);
#else
    __m256i s[8] = {};
    for (long t = 0; t < times; t++) {
        for (long i = 0; i < bytes; i += 256) {
#pragma GCC unroll 8
            for (int j = 0; j < 8; j++) {
                s[j] = _mm256_xor_si256(s[j], *reinterpret_cast<const __m256i *>(array + i + 32 * j));
            }
        }
        asm volatile("" ::: "memory");
    }
    for (int j = 1; j < 8; j++) { s[0] = _mm256_xor_si256(s[0], s[j]); }
    sink = _mm256_extract_epi32(s[0], 0);
#endif
}

void stream(float *w, const float *g, float *m, float *v, long n) {
#pragma GCC ivdep
    for (long i = 0; i < n; i++) {
        float x = g[i];
        m[i] += x;
        v[i] += x;
        w[i] += x;
    }
}

void one(int thread) {
    if (p.op == "fma") {
#ifdef __AVX512F__
        if (p.m == 16) { return fma<16, 24>(p.n); }
        return fma<8, 24>(p.n);
#else
        return fma<8, 12>(p.n);
#endif
    } else if (p.op == "read") {
        read(arrays[thread], p.m, p.n);
    } else {
        auto at = [](int i) { return reinterpret_cast<float *>(arrays[i]); };
        stream(at(0), at(1), at(2), at(3), p.m);
    }
}

std::string describe() {
#ifdef __AVX512F__
    return "limits of this machine, measured with AVX-512";
#else
    return "limits of this machine, measured with AVX2";
#endif
}

Answer prepare(const Problem &q) {
    p = q;
    for (char *a : arrays) { std::free(a); }
    arrays.clear();
    size_t count = 0, bytes = 0;
    if (p.op == "fma") {
#ifndef __AVX512F__
        if (p.m == 16) { return {"no AVX-512", ""}; }
#endif
    } else if (p.op == "read") {
        count = threadCount(), bytes = p.m;
    } else if (p.op == "stream" && threadCount() == 1) {
        count = 4, bytes = p.m * sizeof(float);
    } else {
        return {"not a limit of the machine", ""};
    }
    for (size_t i = 0; i < count; i++) {
        arrays.push_back(static_cast<char *>(std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096)));
        std::memset(arrays.back(), 0, bytes);
    }
    return {};
}

void call() {
    std::vector<std::thread> others;
    for (int t = 1; t < threadCount() && p.op != "stream"; t++) { others.emplace_back(one, t); }
    one(0);
    for (auto &t : others) { t.join(); }
}

} // namespace

extern const Peer peer = {describe, prepare, call};
