// What a library for inference or for single operations leaves to its user, when whole networks are trained.
#pragma once

#include "net.h"

#include <cmath>

// Adam is the state of Adam's update with Keras's defaults.
class Adam {
public:
    explicit Adam(float rate) : rate(rate) {}

    // nextStep begins a step: after it update is called once for each array of weights.
    void nextStep() {
        power1 *= 0.9, power2 *= 0.999;
        alpha = static_cast<float>(rate * std::sqrt(1 - power2) / (1 - power1));
    }

    // update changes n weights by their gradients; m and v are their moments, zeros at first.
    void update(float *__restrict w, const float *__restrict g, float *__restrict m, float *__restrict v, long n) const {
        const float a = alpha;
#pragma omp parallel for simd schedule(static) if (parallel : n > 1 << 14)
        for (long i = 0; i < n; i++) {
            m[i] += 0.1f * (g[i] - m[i]);
            v[i] += 0.001f * (g[i] * g[i] - v[i]);
            w[i] -= a * m[i] / (std::sqrt(v[i]) + 1e-7f);
        }
    }

private:
    float rate, alpha = 0;
    double power1 = 1, power2 = 1;
};

// lossGradient computes the gradient of the mean cross-entropy with respect to the last layer's sums, from its outputs p
// (sigmoid's or softmax's) and the targets y, and returns the loss.
inline float lossGradient(float *delta, const float *p, const float *y, long rows, long outputs) {
    const float scale = 1.f / static_cast<float>(rows);
    float loss = 0;
    if (outputs == 1) {
        for (long i = 0; i < rows; i++) {
            delta[i] = (p[i] - y[i]) * scale;
            loss -= std::log(std::max(1e-7f, std::fabs(1 - y[i] - p[i])));
        }
        return loss * scale;
    }
    for (long i = 0; i < rows * outputs; i++) { delta[i] = p[i] * scale; }
    for (long i = 0; i < rows; i++) {
        long at = i * outputs + static_cast<long>(y[i]);
        loss -= std::log(std::max(1e-7f, p[at]));
        delta[at] -= scale;
    }
    return loss * scale;
}
