// FANN: fann_run, row after row. It has neither ReLU nor softmax: of the nets it can be D, whose softmax is by hand. It has
// no Adam, and its training by batches takes its own whole data set at a time.
#include "net.h"

#include <algorithm>
#include <cmath>
#include <floatfann.h>

namespace {

std::string describe() { return "FANN of Debian's libfann2, floats"; }

class Fann : public Predictor {
public:
    Fann(const Network &net, long rows) : rows(rows), inputs(net.inputs()), outputs(net.outputs()) {
        std::vector<unsigned> sizes{static_cast<unsigned>(inputs)};
        for (const Layer &l : net.layers) { sizes.push_back(static_cast<unsigned>(l.out)); }
        ann = fann_create_standard_array(static_cast<unsigned>(sizes.size()), sizes.data());
        fann_set_activation_function_hidden(ann, FANN_SIGMOID_SYMMETRIC); // tanh(steepness · x)
        fann_set_activation_function_output(ann, FANN_LINEAR);
        fann_set_activation_steepness_hidden(ann, 1);
        fann_set_activation_steepness_output(ann, 1);
        // Neurons are numbered layer by layer, each layer's bias neuron last; a neuron's connections come from all those of
        // the layer below, the bias included.
        fann_connection *connection = new fann_connection[fann_get_total_connections(ann)];
        fann_get_connection_array(ann, connection);
        long next = 0;
        for (const Layer &l : net.layers) {
            for (long o = 0; o < l.out; o++) {
                for (long i = 0; i < l.in; i++) { connection[next++].weight = l.kernel[i * l.out + o]; }
                connection[next++].weight = l.bias[o];
            }
        }
        fann_set_weight_array(ann, connection, static_cast<unsigned>(next));
        delete[] connection;
        called = "fann_run, row after row; softmax by hand";
    }
    ~Fann() override { fann_destroy(ann); }

    void predict(float *y, const float *x) override {
        for (long row = 0; row < rows; row++, x += inputs, y += outputs) {
            const float *z = fann_run(ann, const_cast<float *>(x));
            float largest = *std::max_element(z, z + outputs), sum = 0;
            for (long o = 0; o < outputs; o++) { sum += y[o] = std::exp(z[o] - largest); }
            for (long o = 0; o < outputs; o++) { y[o] /= sum; }
        }
    }

private:
    long rows, inputs, outputs;
    fann *ann;
};

std::unique_ptr<Predictor> makePredictor(const Network &net, long rows) {
    if (net.layers.front().activation != Activation::tanh) { throw Unable("has no ReLU"); }
    return std::make_unique<Fann>(net, rows);
}

std::unique_ptr<Trainer> makeTrainer(const Network &, long, long, float) { throw Unable("has no Adam"); }

} // namespace

extern const NetPeer netPeer = {describe, makePredictor, makeTrainer};
