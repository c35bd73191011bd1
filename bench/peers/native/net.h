// What the adapter of one library gives the runner of whole networks (netrunner.cpp), which is linked with exactly one.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

enum class Activation { relu, tanh, sigmoid, softmax };

// Layer is a Dense layer: kernel has a row of out weights for each of in inputs.
struct Layer {
    long in, out;
    Activation activation;
    const float *kernel, *bias;
};

// Network is a net with its weights, which lie layer by layer, each kernel before its bias. It is trained with
// cross-entropy: of targets 0 and 1 if it ends in sigmoid, of class indices if it ends in softmax.
struct Network {
    std::string name;
    std::vector<Layer> layers;
    std::vector<float> weights;

    long inputs() const { return layers.front().in; }
    long outputs() const { return layers.back().out; }
};

// view makes the layers' pointers those of the network's weights, as they must be again in a copy of it.
void view(Network &net);

// Predictor computes the outputs of batches of one size. Matrices lie row after row.
class Predictor {
public:
    virtual ~Predictor() = default;
    virtual void predict(float *y, const float *x) = 0;
    std::string called; // what it calls, for the results
};

// Trainer does steps of Adam with Keras's defaults and returns each batch's mean loss before the step.
class Trainer {
public:
    virtual ~Trainer() = default;
    virtual float step(const float *x, const float *y, long rows) = 0;
    virtual std::vector<float> weights() const = 0; // in the order of Network's
    std::string called;
};

// Unable is thrown by a library that cannot do what it is asked.
struct Unable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct NetPeer {
    std::string (*describe)();
    std::unique_ptr<Predictor> (*predictor)(const Network &, long rows);
    // trainer makes a trainer for batches of rows, and of last rows where a fit ends with fewer (else last is rows).
    std::unique_ptr<Trainer> (*trainer)(const Network &, long rows, long last, float rate);
};

extern const NetPeer netPeer;

// threadCount is how many threads the library is to use.
int threadCount();

// hurry is set where there is no time to try which of several ways is the fastest: in a process that predicts once.
extern bool hurry;
