// A worker: answers one request a line on standard input with one line on standard output, for the library whose
// adapter it is linked with.
//
//     prepare OP M N K FORM    FORM is plain or prepared: makes the data, computes once and compares with a sum in
//                              double; answers "ok TAB kernel TAB error", "no TAB reason" or "wrong TAB reason"
//     run MILLISECONDS         measures for about that long; answers the nanoseconds of a call: the least of the
//                              means of short batches
//
// The first line, sent without a request, describes the library.
#include "peer.h"
#include "timing.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <vector>

int threadCount() {
    const char *s = std::getenv("PEER_THREADS");
    return s ? std::max(1, std::atoi(s)) : 1;
}

namespace {

// Array is memory aligned to 64 bytes.
struct Array {
    float *data = nullptr;
    size_t size = 0;
    void resize(size_t n) {
        std::free(data);
        size = n;
        data = static_cast<float *>(std::aligned_alloc(64, (n * sizeof(float) + 127) / 64 * 64));
        if (!data) { std::cerr << "no memory for " << n << " values\n"; std::exit(1); }
    }
    void uniform(float limit, unsigned seed) {
        for (size_t i = 0; i < size; i++) {
            seed = seed * 1664525u + 1013904223u;
            data[i] = limit * (static_cast<float>(seed >> 8) / 8388608.0f - 1.0f);
        }
    }
};

// checkProduct compares every entry of a small product, and some of each row and column of a large one, with sums in
// double. It returns what is wrong, or nothing.
std::string checkProduct(const Problem &p) {
    long step = std::max(1L, static_cast<long>(std::sqrt(double(p.m) * double(p.n) * double(p.k) / 4e6)));
    for (long i = 0; i < p.m; i++) {
        for (long j = (i * 7) % step; j < p.n; j += step) {
            if (step > 1 && i % step && i != p.m - 1) { continue; }
            double sum = 0, size = 0;
            for (long l = 0; l < p.k; l++) {
                double x = p.transA() ? p.a[l * p.m + i] : p.a[i * p.k + l];
                double y = p.transB() ? p.b[j * p.k + l] : p.b[l * p.n + j];
                sum += x * y;
                size += std::fabs(x * y);
            }
            double got = p.c[i * p.n + j];
            if (!(std::fabs(got - sum) <= 1e-5 * size)) {
                std::ostringstream s;
                s << "c[" << i << "," << j << "] is " << got << " and should be " << sum;
                return s.str();
            }
        }
    }
    return "";
}

// checkFunction returns what is wrong with the values of a function, or nothing, and the largest error in units of the
// last place.
std::string checkFunction(const Problem &p, double &worst) {
    worst = 0;
    for (long i = 0; i < p.n; i++) {
        double x = p.a[i];
        double want = p.op == "exp" ? std::exp(x) : p.op == "tanh" ? std::tanh(x) : 1 / (1 + std::exp(-x));
        float near = std::fabs(static_cast<float>(want));
        double ulp = double(std::nextafterf(near, INFINITY)) - double(near);
        double error = std::fabs(p.c[i] - want) / ulp;
        if (!(error < 1e5)) {
            std::ostringstream s;
            s << p.op << "(" << x << ") is " << p.c[i] << " and should be " << want;
            return s.str();
        }
        worst = std::max(worst, error);
    }
    return "";
}

bool ready; // the last prepare was answered with ok

std::string prepare(std::istream &in) {
    ready = false;
    static Array a, b, c;
    Problem p;
    std::string form;
    in >> p.op >> p.m >> p.n >> p.k >> form;
    p.prepared = form == "prepared";
    p.a = p.b = p.c = nullptr;
    if (p.product()) {
        a.resize(p.m * p.k);
        b.resize(p.k * p.n);
        c.resize(p.m * p.n);
        a.uniform(1, 1);
        b.uniform(1, 2);
    } else if (p.function()) {
        a.resize(p.n);
        c.resize(p.n);
        a.uniform(10, 3);
    }
    if (p.product() || p.function()) {
        std::fill(c.data, c.data + c.size, NAN);
        p.a = a.data, p.b = b.data, p.c = c.data;
    }
    Answer answer = peer.prepare(p);
    if (!answer.refused.empty()) { return "no\t" + answer.refused; }
    peer.call();
    double worst = 0;
    std::string wrong = p.product() ? checkProduct(p) : p.function() ? checkFunction(p, worst) : "";
    if (!wrong.empty()) { return "wrong\t" + wrong; }
    ready = true;
    char error[32];
    std::snprintf(error, sizeof error, "%.2f", worst);
    return "ok\t" + answer.kernel + "\t" + error;
}

} // namespace

int main() {
    std::cout << peer.describe() << std::endl;
    for (std::string line, word; std::getline(std::cin, line);) {
        std::istringstream in(line);
        in >> word;
        if (word == "prepare") {
            std::cout << prepare(in) << std::endl;
        } else if (word == "run" && ready) {
            double milliseconds = 0;
            in >> milliseconds;
            std::cout << std::fixed << secondsOf(peer.call, milliseconds / 1e3) * 1e9 << std::endl;
        } else {
            std::cout << "no\tnot now: " << line << std::endl;
        }
    }
}
