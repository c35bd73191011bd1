// How a call is timed.
#pragma once

#include <algorithm>
#include <chrono>

inline double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// secondsOf returns the seconds of one call. A batch is at least half a millisecond; a call of more than 0.3 s is measured
// once only.
template <typename Call> double secondsOf(Call call, double seconds) {
    double start = now();
    call();
    double one = now() - start;
    if (one > 0.3) { return one; }
    long calls = 1;
    for (;;) { // the length of a batch
        start = now();
        for (long i = 0; i < calls; i++) { call(); }
        one = (now() - start) / calls;
        if (one * calls > 2e-4) { break; }
        calls *= 4;
    }
    calls = std::max(1L, static_cast<long>(5e-4 / one));
    double best = one;
    int batches = 0;
    for (double begin = now(); batches < 3 || now() - begin < seconds; batches++) {
        start = now();
        for (long i = 0; i < calls; i++) { call(); }
        best = std::min(best, (now() - start) / calls);
        if (batches > 0 && now() - begin > 1) { break; }
    }
    return best;
}
