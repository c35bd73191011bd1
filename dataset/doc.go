// Package dataset reads CSV, JSON Lines, NPY and IDX row by row and turns rows into the float32 inputs of a model.
//
// Open gives a Reader, which streams rows in constant memory. Learn reads a whole training source and returns its
// matrices with the Schema it learned: which columns are used, their means and scales, categories and labels. The
// Schema travels in the model; at run time Schema.Encoder matches it to another source, of any of the formats, and
// turns each row into the inputs it would have been in training, bit for bit.
//
//	src, err := dataset.Open("pima.csv", dataset.Options{Names: []string{"diabetes"}})
//	table, err := dataset.Learn(src, dataset.Config{Target: "diabetes"})
//	// table.X holds table.Rows × table.Schema.Width() float32, table.Y one per row
//
//	src, err = dataset.Open("new.csv", dataset.Options{Names: table.Schema.Names()})
//	enc, err := table.Schema.Encoder(src)
//	x := make([]float32, table.Schema.Width())
//	for {
//		row, err := src.Next() // io.EOF after the last
//		err = src.At(enc.EncodeRow(x, row))
//	}
//
// # Values
//
// Names, numbers, categories, labels and missing-value spellings are compared without the spaces and tabs around them.
// A number is decimal: an optional sign, digits with at most one point, an optional exponent; it is rounded once, to
// the nearest float32. Hexadecimal, underscores, decimal commas, infinities, NaN, and numbers beyond float32's range
// are not numbers. A number too small for float32 is 0.
//
// Categories and labels are sorted by value when all of them are numbers, by bytes otherwise. When all are numbers they
// are also compared by value, so that "1.0" is the class "1"; the first spelling in the training data is kept.
//
// # Errors
//
// Whatever is wrong with the data is an *Error, which names file, line or row, and column. A schema that breaks its own
// rules is a *SchemaError. Errors of the operating system are returned as they are (*fs.PathError), and any other error
// is a mistake of the caller.
package dataset
