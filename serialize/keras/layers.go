package keras

import (
	"math"
	"slices"
	"strings"

	"nnrt/net"
)

// readLayer adds what a layer of Keras's, which is no model, is in net.
func (m *importer) readLayer(l *layer) error {
	if a, known, err := m.layerActivation(l, l.class, l.config); known || err != nil {
		if err != nil {
			return err
		}
		if err := m.rows(l, a); err != nil {
			return err
		}
		return m.add(l, net.Activate(a), "")
	}
	switch l.class {
	case "Dense":
		return m.dense(l)
	case "BatchNormalization":
		return m.batchNormalization(l)
	case "LayerNormalization":
		return m.layerNormalization(l)
	case "Dropout":
		return m.dropout(l)
	case "Normalization":
		return m.normalization(l)
	case "Rescaling":
		return m.rescaling(l)
	case "Flatten":
		return m.flatten(l)
	case "Reshape":
		return m.reshape(l)
	case "Identity":
		return nil
	case "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization", "SpatialDropout1D",
		"SpatialDropout2D", "SpatialDropout3D":
		m.leave(l, "it acts in training only")
		return nil
	case "Lambda":
		return fail(l.where, ErrUnsupported, "a Lambda layer is Python code")
	}
	return fail(l.where, ErrUnsupported, "a Dense network has no such layer")
}

// rows checks that an activation that looks at whole rows gets flat ones.
func (m *importer) rows(l *layer, a net.Activation) error {
	if a.Kind == net.Softmax.Kind || a.Kind == net.LogSoftmax.Kind {
		_, err := m.flat(l)
		return err
	}
	return nil
}

// node notes that a layer has weights.
func (m *importer) node(l *layer) *node {
	n := &node{where: l.where, path: l.path, oldPath: l.oldPath, top: l.top}
	m.chain = append(m.chain, n)
	return n
}

// add adds a weight of the given shape; trainable says whether it is in a layer that may be trained.
func (n *node) add(name string, trainable bool, shape ...int) *variable {
	v := &variable{where: n.where + ": " + name, trainable: trainable, shape: shape}
	n.variables = append(n.variables, v)
	return v
}

// tensor returns the tensor whose values are a weight's.
func (v *variable) tensor() tensor {
	size := 1
	for _, d := range v.shape {
		size *= d
	}
	return tensor{size, v.read}
}

// flag reads a member that is true or false.
func (l *layer) flag(key string, standard bool) (bool, error) {
	switch l.config.get(key).kind() {
	case 't':
		return true, nil
	case 'f':
		return false, nil
	case 0, 'n':
		return standard, nil
	}
	return false, fail(l.where, ErrConfig, "%s %s", key, quote(string(l.config.get(key))))
}

// number reads a member that is a number, as the nearest float32, which is what Keras computes with.
func (l *layer) number(key string, standard float32) (float32, error) {
	return number(l, l.config, key, standard)
}

func number(l *layer, config value, key string, standard float32) (float32, error) {
	v := config.get(key)
	if v.absent() {
		return standard, nil
	}
	x, ok := v.number()
	if y := float32(x); ok && !math.IsInf(float64(y), 0) {
		return y, nil
	}
	return 0, fail(l.where, ErrConfig, "%s %s is not a number of float32's range", key, quote(string(v)))
}

// refuseSet refuses members that are set to something.
func (l *layer) refuseSet(keys ...string) error {
	for _, key := range keys {
		if v := l.config.get(key); !v.absent() && v.kind() != 'f' {
			return fail(l.where, ErrUnsupported, "%s %s", key, quote(string(v)))
		}
	}
	return nil
}

// leaveSet notes members that are set and matter in training only.
func (m *importer) leaveSet(l *layer, keys ...string) {
	for _, key := range keys {
		if !l.config.get(key).absent() {
			m.leave(l, "%s", key)
		}
	}
}

// leaveInitializer notes an initialiser that is not of the class that net knows without being told.
func (m *importer) leaveInitializer(l *layer, key, standard string) {
	if v := l.config.get(key); !v.absent() && !v.get("class_name").is(standard) {
		m.leave(l, "%s %s", key, quote(v.string("class_name")))
	}
}

// trainable reads whether a layer may be trained, which net does not say.
func (m *importer) trainable(l *layer) (bool, error) {
	trainable, err := l.flag("trainable", true)
	if !trainable && err == nil {
		m.leave(l, "that it is frozen (trainable=False)")
	}
	return trainable, err
}

func (m *importer) dense(l *layer) error {
	width, err := m.flat(l)
	if err != nil {
		return err
	}
	units, ok := l.config.get("units").integer()
	if !ok || units < 1 || units > net.MaxUnits {
		return fail(l.where, ErrConfig, "units %s", quote(string(l.config.get("units"))))
	}
	if err := l.refuseSet("lora_rank", "quantization_config", "quantization_mode", "gptq_config"); err != nil {
		return err
	}
	a, err := m.activation(l, l.config.get("activation"))
	if err != nil {
		return err
	}
	bias, err := l.flag("use_bias", true)
	if err != nil {
		return err
	}
	trainable, err := m.trainable(l)
	if err != nil {
		return err
	}
	layer := net.Dense(units, a)
	layer.KernelInitializer = m.initializer(l, "kernel_initializer", net.GlorotUniform())
	layer.BiasInitializer = m.initializer(l, "bias_initializer", net.Zeros())
	layer.KernelRegularizer = m.regularizer(l, "kernel_regularizer")
	layer.BiasRegularizer = m.regularizer(l, "bias_regularizer")
	layer.ActivityRegularizer = m.regularizer(l, "activity_regularizer")
	m.leaveSet(l, "kernel_constraint", "bias_constraint")
	n := m.node(l)
	tensors := []tensor{n.add("kernel", trainable, width, units).tensor()}
	if layer.NoBias = !bias; bias {
		tensors = append(tensors, n.add("bias", trainable, units).tensor())
	}
	m.shape = []int{units}
	return m.add(l, layer, "", tensors...)
}

// lastAxis checks that a layer works along the last axis, the only one of rows besides the batch.
func (m *importer) lastAxis(l *layer) error {
	axis := l.config.get("axis")
	if axis.kind() == '[' && axis.len() == 1 {
		axis = axis.at(0)
	}
	n, ok := axis.integer()
	if !ok && !axis.absent() {
		return fail(l.where, ErrUnsupported, "axis %s", quote(string(l.config.get("axis"))))
	}
	if ok && n != -1 && n != len(m.shape) {
		return fail(l.where, ErrUnsupported, "axis %d, which is not the last", n)
	}
	return nil
}

func (m *importer) batchNormalization(l *layer) error {
	layer, n, trainable, err := m.normalizationLayer(l, net.BatchNormalization())
	if err != nil {
		return err
	}
	if layer.Momentum, err = l.number("momentum", 0.99); err != nil {
		return err
	}
	if err := l.refuseSet("renorm"); err != nil {
		return err
	}
	m.leaveInitializer(l, "moving_mean_initializer", "Zeros")
	m.leaveInitializer(l, "moving_variance_initializer", "Ones")
	tensors := m.gammaBeta(n, layer, trainable)
	tensors = append(tensors, n.add("moving_mean", false, m.shape[0]).tensor(),
		n.add("moving_variance", false, m.shape[0]).tensor())
	return m.add(l, layer, "", tensors...)
}

func (m *importer) layerNormalization(l *layer) error {
	layer, n, trainable, err := m.normalizationLayer(l, net.LayerNormalization())
	if err != nil {
		return err
	}
	if err := l.refuseSet("rms_scaling"); err != nil {
		return err
	}
	return m.add(l, layer, "", m.gammaBeta(n, layer, trainable)...)
}

// normalizationLayer reads what BatchNormalization and LayerNormalization have in common.
func (m *importer) normalizationLayer(l *layer, layer net.Layer) (_ net.Layer, n *node, trainable bool, err error) {
	fail := func(err error) (net.Layer, *node, bool, error) { return layer, nil, false, err }
	if _, err := m.flat(l); err != nil {
		return fail(err)
	}
	if err := m.lastAxis(l); err != nil {
		return fail(err)
	}
	if layer.Epsilon, err = l.number("epsilon", 1e-3); err != nil {
		return fail(err)
	}
	center, err := l.flag("center", true)
	if err != nil {
		return fail(err)
	}
	scale, err := l.flag("scale", true)
	if err != nil {
		return fail(err)
	}
	layer.NoCenter, layer.NoScale = !center, !scale
	if trainable, err = m.trainable(l); err != nil {
		return fail(err)
	}
	m.leaveSet(l, "beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint")
	m.leaveInitializer(l, "beta_initializer", "Zeros")
	m.leaveInitializer(l, "gamma_initializer", "Ones")
	return layer, m.node(l), trainable, nil
}

// gammaBeta adds the weights that a normalisation layer learns.
func (m *importer) gammaBeta(n *node, layer net.Layer, trainable bool) (tensors []tensor) {
	if !layer.NoScale {
		tensors = append(tensors, n.add("gamma", trainable, m.shape[0]).tensor())
	}
	if !layer.NoCenter {
		tensors = append(tensors, n.add("beta", trainable, m.shape[0]).tensor())
	}
	return tensors
}

func (m *importer) dropout(l *layer) error {
	rate, err := l.number("rate", 0)
	if err != nil {
		return err
	}
	m.leaveSet(l, "noise_shape", "seed")
	if rate == 1 { // net has none that drops everything
		m.leave(l, "it acts in training only, with a rate of 1")
		return nil
	}
	return m.add(l, net.Dropout(rate), "")
}

func (m *importer) flatten(l *layer) error {
	n, err := m.width(l)
	if err != nil {
		return err
	}
	if format := l.config.get("data_format"); len(m.shape) > 1 && format.is("channels_first") {
		return fail(l.where, ErrUnsupported, "data_format channels_first, which changes the order of values")
	} else if !format.absent() && !format.is("channels_first") && !format.is("channels_last") {
		return fail(l.where, ErrConfig, "data_format %s", quote(string(format)))
	}
	m.shape = []int{n}
	return nil
}

// reshape changes the shape and no value's place.
func (m *importer) reshape(l *layer) error {
	n, err := m.width(l)
	if err != nil {
		return err
	}
	target := l.config.get("target_shape")
	bad := func() error { return fail(l.where, ErrConfig, "shape %v as %s", m.shape, quote(string(target))) }
	var shape []int
	known, open := 1, -1
	for e := range target.elements() {
		d, ok := e.integer()
		switch {
		case !ok || d == 0 || d < -1 || d == -1 && open >= 0 || len(shape) == 8:
			return bad()
		case d == -1:
			open = len(shape)
		case known > n/d:
			return bad()
		default:
			known *= d
		}
		shape = append(shape, d)
	}
	if open >= 0 {
		shape[open] = n / known
		known *= n / known
	}
	if len(shape) == 0 || known != n {
		return bad()
	}
	m.shape = shape
	return nil
}

// regularizer reads a penalty. One that net does not have is left out.
func (m *importer) regularizer(l *layer, key string) net.Regularizer {
	v := l.config.get(key)
	if v.absent() {
		return net.Regularizer{}
	}
	class, _ := v.get("class_name").text()
	config := v.get("config")
	l1, err1 := number(l, config, "l1", 0)
	l2, err2 := number(l, config, "l2", 0)
	if !slices.Contains([]string{"L1", "L2", "L1L2"}, class) || err1 != nil || err2 != nil || l1 < 0 || l2 < 0 {
		m.leave(l, "%s %s", key, quote(class))
		return net.Regularizer{}
	}
	return net.Regularizer{L1: l1, L2: l2}
}

// initializer reads how weights began, which matters only to who begins again. One that net does not have is left
// out; standard is the one that net takes without being told.
func (m *importer) initializer(l *layer, key string, standard net.Initializer) net.Initializer {
	v := l.config.get(key)
	if v.absent() {
		return net.Initializer{}
	}
	class, _ := v.get("class_name").text()
	config := v.get("config")
	ok := true
	get := func(key string, standard float32) float32 {
		x, err := number(l, config, key, standard)
		ok = ok && err == nil
		return x
	}
	var i net.Initializer
	switch strings.ReplaceAll(class, "Lecun", "LeCun") {
	case "Zeros":
		i = net.Zeros()
	case "Ones":
		i = net.Ones()
	case "Constant":
		i = net.Constant(get("value", 0))
	case "RandomUniform":
		i = net.RandomUniform(get("minval", -0.05), get("maxval", 0.05))
		ok = ok && i.A <= i.B
	case "RandomNormal":
		i = net.RandomNormal(get("mean", 0), get("stddev", 0.05))
		ok = ok && i.B >= 0
	case "TruncatedNormal":
		i = net.TruncatedNormal(get("mean", 0), get("stddev", 0.05))
		ok = ok && i.B >= 0
	case "GlorotUniform":
		i = net.GlorotUniform()
	case "GlorotNormal":
		i = net.GlorotNormal()
	case "HeUniform":
		i = net.HeUniform()
	case "HeNormal":
		i = net.HeNormal()
	case "LeCunUniform":
		i = net.LeCunUniform()
	case "LeCunNormal":
		i = net.LeCunNormal()
	case "VarianceScaling":
		mode, isMode := map[string]net.FanMode{"fan_in": net.FanIn, "fan_out": net.FanOut,
			"fan_avg": net.FanAvg}[config.string("mode")]
		distribution, isDistribution := map[string]net.Distribution{"uniform": net.UniformDistribution,
			"truncated_normal": net.TruncatedNormalDistribution, "normal": net.TruncatedNormalDistribution,
			"untruncated_normal": net.NormalDistribution}[config.string("distribution")]
		i = net.VarianceScaling(get("scale", 1), mode, distribution)
		ok = ok && isMode && isDistribution && i.A > 0
	default:
		ok = false
	}
	if !ok {
		m.leave(l, "%s %s", key, quote(class))
		return net.Initializer{}
	}
	if i == standard {
		return net.Initializer{}
	}
	return i
}

// string returns a member that is a string, or "".
func (v value) string(key string) string {
	s, _ := v.get(key).text()
	return s
}
