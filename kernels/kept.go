package kernels

import "sync/atomic"

// kept is working memory that goes round from call to call. The garbage collector does not empty it as it does a
// sync.Pool: a prediction or a step of training allocates nothing, whatever else the program does. As many stay as
// were in use at the same time, or as there are places.
type kept[T any] [32]atomic.Pointer[T]

// take returns one that nobody uses, or a new one.
func (k *kept[T]) take() *T {
	for i := range k {
		if k[i].Load() != nil {
			if x := k[i].Swap(nil); x != nil {
				return x
			}
		}
	}
	return new(T)
}

// give puts back what take has returned.
func (k *kept[T]) give(x *T) {
	for i := range k {
		if k[i].Load() == nil && k[i].CompareAndSwap(nil, x) {
			return
		}
	}
}
