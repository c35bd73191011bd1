package kernels

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"
)

// goldenInputs are every 130,003rd float32 (a prime: 33,038 of all 2³²), NaNs included, and 16,384 from −112 to 96.
func goldenInputs() []float32 {
	var x []float32
	for bits := uint64(0); bits < 1<<32; bits += 130003 {
		x = append(x, math.Float32frombits(uint32(bits)))
	}
	for i := range 1 << 14 {
		x = append(x, float32(i*208-112<<14)/(1<<14))
	}
	return x[:len(x)/goldenWidth*goldenWidth]
}

// goldenAlpha is 0.75 where α = 1 would not show.
func goldenAlpha(a Activation) float32 {
	if a == ELU || a == CELU {
		return 0.75
	}
	return a.DefaultAlpha()
}

const goldenWidth = 37

// digest returns the SHA-256 of the bits of x, little-endian, every NaN counting as 0x7fc00000.
func digest(x []float32) string {
	h := sha256.New()
	var b [4]byte
	for _, v := range x {
		bits := math.Float32bits(v)
		if v != v {
			bits = 0x7fc00000
		}
		binary.LittleEndian.PutUint32(b[:], bits)
		h.Write(b[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestElementaryFunctionsAreTheSameBitsEverywhere fails on an architecture, with a compiler or on a tier that computes
// anything differently. Its digests change with the arithmetic contract's version only.
func TestElementaryFunctionsAreTheSameBitsEverywhere(t *testing.T) {
	x := goldenInputs()
	y := make([]float32, len(x))
	for _, c := range []struct {
		name, want string
		f          func(float32) float32
	}{
		{"Exp", "15b33fb217fd20d51520347e031d63aa8393454c9945e83d8cf832d6484242f9", Exp},
		{"Log", "e9eb028987c643588355250b5bc313fc3361ea837605f762831897953f6ec4c5", Log},
		{"Log1p", "8055662b68acf82f4af6cf346f0e1ffc5fdecd4cd5ddf77788eca2a7a45cc1b5", Log1p},
		{"TanhOf", "1bbb51cc905c6e70ce2fb51da6ce4be09bf9ef62c7b14c814709886713210836", TanhOf},
		{"SigmoidOf", "36c2944150a7279c9163dd04a82cec4314f18d6722ffce029359574fec5a3223", SigmoidOf},
		{"SoftplusOf", "70b330d2945e240e613635dfde4839f7e105311ba20972efca76ed13d92a60ec", SoftplusOf},
		{"Erf", "944165d4cd6fe744da645b78fe8de0e281ad317f3883e198697f592414218783", Erf},
	} {
		apply(y, x, c.f)
		if got := digest(y); got != c.want {
			t.Errorf("%s: SHA-256 %s, want %s", c.name, got, c.want)
		}
	}
}

// activationDigests are those of the value and of the gradient of each activation.
var activationDigests = map[Activation][2]string{
	Linear: {
		"d92e65f0a144c6d3bbe21581dbcdf4f9ca5afb11f059c20035c34a658111767e",
		"a3f767eefa2aff3939f7916e51f1b4fec822cf834ce198ce5c4f1afcaeab9e87",
	},
	ReLU: {
		"49fc2d49b760951e1ceadef3c379acf5756f266237db9838e92fd61363fac423",
		"b2333f05cce79d6cf423cd12ed6c730ca06d19095d891392038dace88895144c",
	},
	ReLU6: {
		"d4a14e9a4bec09fe8993449cb0e577bbee27cf68af47c0aceb5846a647b8b5fc",
		"e863763eba4ddc744c938f0d1bef484a4773ed12ea0f934fa9f2c2dc22934b0f",
	},
	LeakyReLU: {
		"fc7e7bf61199ae83ceb256440143f36a67d5928c47ce6c4c6209864b8944db33",
		"3eccd715cb3a6d7d7e45b6c9b07dcc4f1293c46978a7439fbba852fc2754db77",
	},
	ELU: {
		"676c59ee86feeff295425d1a5535eb87f6b481e1319c4fae18fb076400de2a22",
		"ce4ccb5ded3abaaad8e9bca5b95c6a8d98efe1f7d714bfc1c4643e3683b1828b",
	},
	SELU: {
		"8a474aa0a97468c3e53fc786064a9f82f984a373b832eaed0d645166a6603667",
		"1232d87f97583f8682e058902b8e5f77cc1d1e3e7a1b607edea4337f6f25a734",
	},
	CELU: {
		"27de5541ad887f140a78751bba8e234680efc2e8849ae11df186d68f40b937f7",
		"4698632f3c5b82cd203aa20547424dbd3212a1ac6f1415969cb9a2f7c4b99dc6",
	},
	GELU: {
		"c3409cd8a1cf0b3d09a7faa319a50c9b605bdd7559b5bfe4a28042333662579e",
		"5bfe827d31c2b793581ffb80d77b515802f00c5f49051b5dc68eaced28c6325e",
	},
	GELUTanh: {
		"70d96ed46906ede0e3ff012659981d47b68d191e4bccac8099bee5b0f5c5b15f",
		"22beccb46a684d583a868ac756164ce504a659f88416f71574b6185a50745815",
	},
	SiLU: {
		"85255cf476f9a8d5c90759fef08acb5968ba0d82b2c20bf39aea04c9caae7886",
		"a8bce5b82c9eea3fd22d01bafde168496284d0f923e3f1e0786f11c399aa38a6",
	},
	Mish: {
		"6eb374d1556c22c54b1f72683adc618bdd6a712daf688df2b3e9f7f294a99f00",
		"85256453f03bfff81bfbcdcad7ee5ee577ca07f38348cdf2ef7b344bbf5fb307",
	},
	Sigmoid: {
		"36c2944150a7279c9163dd04a82cec4314f18d6722ffce029359574fec5a3223",
		"6dfa1afb57f2ea79271b5590397dc05284a05f02fd22fa7738d000962315fa5d",
	},
	HardSigmoid: {
		"771bec76f1c12f8ef69bce58ce1bfe6f73186965cc8107b823642ed53c3c3b83",
		"2d2fd776e2641d60e9a6c7b142d441d6134f03f515870c94f29bba5bd53fc3d6",
	},
	HardSiLU: {
		"c1daf8987f3e2bbea68d2a04c7afb891ab43bf6cff1067d3cd13ef778c70c7f9",
		"173de2346e58413e85142396507e00691d39a556465928dd6e594631c4a303cc",
	},
	LogSigmoid: {
		"d57ba342d116fc468a07c2cbf6c53f76c661ceac3be0d420252815bf8a50ab9c",
		"7c14f4be4ce9f686e884958176a5b98bea606eb6a550b18029ad5032358af6be",
	},
	Tanh: {
		"1bbb51cc905c6e70ce2fb51da6ce4be09bf9ef62c7b14c814709886713210836",
		"07b42d20b2f0f12c098859c24c7493060dcde77e28bed2e1a94915f5cb5bf3e4",
	},
	Softplus: {
		"70b330d2945e240e613635dfde4839f7e105311ba20972efca76ed13d92a60ec",
		"d475b804770c9eeab10d869c333dbd4d2013ad472914d2c733ec958e7de924ec",
	},
	Softsign: {
		"03bb5ee0d64ae721a3026b91227ce88cdab7b464567f2bdb16a4d06853a09570",
		"785bb37bacc3c3684b96c6dc839501018f48de27db6de816ab2e22cf71e5eb3f",
	},
	Exponential: {
		"15b33fb217fd20d51520347e031d63aa8393454c9945e83d8cf832d6484242f9",
		"ee7c0416a21ff56b16513ac57f1af16250a44284b7a300fbf49d4cc25fc69c76",
	},
	Softmax: {
		"417ebf4165bc7c55ebf61231579429193239263f007851cef2fee4067f48ce45",
		"0e17b3c7d357340531fdabe645a8f0a24837b1b456349c0d7d5b3f5a8fa172d9",
	},
	LogSoftmax: {
		"d2c2d7a8301e1ecc6bccab549d2ca6b7dbca8455cd0bbb5b3032bda5e5e8f3f8",
		"68ce879e3815021ee49f715afe29b2e001bd7a9daa3923263fda63246b92d90c",
	},
}

func TestActivationsAreTheSameBitsEverywhere(t *testing.T) {
	x := goldenInputs()
	rows := make([]float32, len(x)) // softmax of numbers from everywhere would be 0 and 1, and NaN
	dy := make([]float32, len(x))
	for i := range x {
		rows[i] = float32(i*7919%10007-5003) / 512
		dy[i] = float32(i%13-6) / 4
	}
	y, dx := make([]float32, len(x)), make([]float32, len(x))
	forEachTier(t, func(t *testing.T) {
		for a := Linear; a.Valid(); a++ {
			in := x
			if a == Softmax || a == LogSoftmax {
				in = rows
			}
			Activate(y, in, a, goldenAlpha(a), goldenWidth)
			ActivateGradient(dx, dy, in, y, a, goldenAlpha(a), goldenWidth)
			if got := [2]string{digest(y), digest(dx)}; got != activationDigests[a] {
				t.Errorf("%s: SHA-256 of values and gradients %q, want %q", a, got, activationDigests[a])
			}
		}
	})
}
