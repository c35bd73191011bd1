package kernels

import (
	"math"
	"runtime"
	"sync/atomic"
	"time"
)

// Times that the pool goes by. Waking a sleeping goroutine takes 30 to 200 µs until it runs, and some µs of its
// waker's time; handing work to one that is looking for some takes a fraction of a µs.
const (
	idleSpin  = 100 * time.Microsecond // a worker looks for work so long after the last call before it sleeps
	giveWay   = 10 * time.Microsecond  // it gives way to other threads from then on
	waitSpin  = 200 * time.Microsecond // a caller looks so long whether the workers are done before it sleeps
	wakeWorth = 250 * time.Microsecond // work, in one call or in a quick succession of them, for which workers are woken
	pieceTime = time.Microsecond       // the least piece of work
	shareTime = 3 * time.Microsecond   // the least work that is cut into pieces
	chainTime = 100 * time.Microsecond // the least work of a chain of calls that are, each of which waits for the one before

	lostTime   = 20 * time.Microsecond // more than any delay of a worker that has its processor
	aloneTimes = 16                    // how many times a delay calls are not shared after it
	mostAlone  = 100 * time.Millisecond
	stopped    = 30 * time.Millisecond // a delay that the whole process had: a signal stopped it, or the machine slept
	mostVain   = 4                     // how often the work that wakes a worker doubles after workers were woken in vain
)

// workerPool is a process's workers and the one call that they work for at a time.
//
// A call opens seats. A worker that takes one is inside until there are no more pieces of the call's work to be
// taken; the caller takes pieces too, then closes the seats that are left, and waits for those who are inside. So a
// worker that comes late finds no seat, and nobody waits for it; and what a call has written is not touched while
// someone reads it.
type workerPool struct {
	seats atomic.Int32
	calls atomic.Uint32
	_     [120]byte // what workers look at all the time has its cache lines for itself

	left   atomic.Uint64 // the units that nobody has taken: from the low 32 bits' up to the high ones'
	inside atomic.Int32  // workers who have left, counted down; when the caller has added those who came, 0 is the end
	asleep atomic.Bool   // the caller waits for awaken
	_      [112]byte

	busy atomic.Bool // a call has the pool; what follows is its own

	task           task
	n, unit, grain int // grain: units of a piece at least
	parts          int // the caller and the seats
	wanted         int // workers that are to be awake
	failure        atomic.Pointer[failure]
	product        product // memory for a task

	started int           // workers
	recent  time.Duration // work of calls that followed each other closely with workers asleep
	quiet   time.Duration // when the next call will be too late to follow closely
	alone   time.Duration // until when calls are not shared, or 0

	parked atomic.Int32  // workers that sleep, less those that have been woken
	vain   atomic.Int32  // how many workers in turn have done nothing between waking and sleeping
	sleep  chan struct{} // wakes a worker
	awaken chan struct{} // wakes the caller
}

// task is work on the indices from lo up to hi.
type task interface{ run(lo, hi int) }

// failure is what a task panicked with in a worker.
type failure struct{ value any }

const mostWorkers = 1 << 10

var workers = workerPool{sleep: make(chan struct{}, mostWorkers), awaken: make(chan struct{}, 1)}

var processStart = time.Now()

func now() time.Duration { return time.Since(processStart) }

type function func(lo, hi int)

func (f function) run(lo, hi int) { f(lo, hi) }

// Parallel calls f for pieces of [0, n), which it may do at the same time on up to so many threads (goroutines, of
// which the caller is one). Pieces begin at multiples of unit and have at least unit elements, if n has. work is how
// many multiply-adds of a matrix product take as long as all of it. There are threads only if that is worth it, and
// one at most for each processor that Go may use. A panic of f reaches the caller; f must not call runtime.Goexit.
// Parallel may be called at any time, even by f, but only one call at a time is shared: others do their work
// themselves.
//
// It allocates nothing. A caller who wants that too keeps f, which reads what changes from a struct.
func Parallel(threads, n, unit int, work int64, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	unit = max(unit, 1)
	estimate := estimateOf(work)
	if parts := workers.acquire(threads, n, unit, estimate); parts > 1 {
		workers.run(function(f), n, unit, 0, parts, estimate)
		return
	}
	f(0, n)
}

// estimateOf returns about how long a number of multiply-adds take in the active tier.
func estimateOf(work int64) time.Duration {
	return time.Duration(float64(work) / activeTiles.speed)
}

// ThreadsFor returns how many of so many threads a chain of calls is worth that together do the work of so many
// multiply-adds, each with what the one before has made: all, or one if passing data on between processors at every call
// would take longer than the threads save.
func ThreadsFor(threads int, work int64) int {
	if estimateOf(work) < chainTime {
		return 1
	}
	return threads
}

// acquire makes the pool the caller's if n indices, in units, that take about so long are worth sharing, and returns
// by how many; else it returns 1 or less.
func (p *workerPool) acquire(threads, n, unit int, estimate time.Duration) (parts int) {
	if threads <= 1 || estimate < shareTime {
		return 1
	}
	parts = min(threads, n/unit, int(estimate/pieceTime), mostWorkers)
	if parts <= 1 || !p.busy.CompareAndSwap(false, true) {
		return 1
	}
	if p.alone != 0 {
		if now() < p.alone {
			p.busy.Store(false)
			return 1
		}
		p.alone = 0
	}
	p.wanted = 0
	awake := p.started - int(p.parked.Load())
	if estimate >= wakeWorth || awake < parts-1 && p.closelyFollows(estimate) {
		p.wanted = parts - 1
	} else if awake == 0 {
		p.busy.Store(false)
		return 1
	}
	return parts
}

// closelyFollows tells whether a call is worth waking workers for because calls of which no single one is worth it
// follow each other so closely that a worker would stay awake.
func (p *workerPool) closelyFollows(estimate time.Duration) bool {
	t := now()
	if t > p.quiet {
		p.recent = 0
	}
	p.recent += estimate
	p.quiet = t + estimate + idleSpin
	return p.recent >= wakeWorth<<min(p.vain.Load(), mostVain)
}

// run shares a task. The pool must be the caller's, and is not any more afterwards.
func (p *workerPool) run(t task, n, unit, grain, parts int, estimate time.Duration) {
	for int64(n)/int64(unit) > math.MaxUint32 {
		unit *= 2
	}
	p.task, p.n, p.unit, p.parts = t, n, unit, parts
	least := int(float64(n) * float64(pieceTime) / float64(estimate))
	p.grain = (max(least, grain, 1) + unit - 1) / unit
	p.left.Store(uint64(n/unit) << 32)
	p.calls.Add(1)
	p.seats.Store(int32(parts - 1))
	defer p.finish(estimate)
	if p.wanted > 0 {
		p.wake()
	}
	p.work(true)
}

// wake wakes or starts workers until as many as wanted are awake, if there are processors for them.
func (p *workerPool) wake() {
	p.recent = 0
	wanted := min(p.wanted, runtime.GOMAXPROCS(0)-1)
	for p.started-int(p.parked.Load()) < wanted {
		if p.unpark() {
			p.sleep <- struct{}{}
		} else {
			p.started++
			go p.serve()
		}
	}
}

// unpark takes one of the workers that sleep off their number, if there is one.
func (p *workerPool) unpark() bool {
	for {
		parked := p.parked.Load()
		if parked == 0 {
			return false
		}
		if p.parked.CompareAndSwap(parked, parked-1) {
			return true
		}
	}
}

// work takes pieces of the task until there are none. They get smaller, so that all end at about the same time. The
// caller takes them from the front and workers from the back, so that in calls that follow each other, with the same
// data or each with what the one before has made, a thread finds the most of it in its own cache.
func (p *workerPool) work(front bool) {
	for {
		left := p.left.Load()
		first, end := int(uint32(left)), int(left>>32)
		rest := end - first
		if rest <= 0 {
			return
		}
		size := min(max(rest/(2*p.parts), p.grain), rest)
		if rest-size < p.grain {
			size = rest
		}
		lo, hi := end-size, end
		if front {
			lo, hi = first, first+size
			first = hi
		} else {
			end = lo
		}
		if p.left.CompareAndSwap(left, uint64(end)<<32|uint64(first)) {
			if hi *= p.unit; p.n-hi < p.unit {
				hi = p.n // with what is less than a unit
			}
			p.task.run(lo*p.unit, hi)
		}
	}
}

// finish ends a call, whether work has returned or panicked: no piece is begun any more, and none is going on.
func (p *workerPool) finish(estimate time.Duration) {
	p.left.Store(0)
	came := int32(p.parts-1) - p.seats.Swap(0)
	if came > 0 && p.inside.Add(came) != 0 {
		p.wait(estimate)
	}
	failed := p.failure.Swap(nil)
	p.task = nil
	p.product = product{}
	p.busy.Store(false)
	if failed != nil {
		panic(failed.value)
	}
}

// wait returns when nobody is inside. If that takes so long that a worker must have lost its processor to another
// process, calls are not shared for a multiple of the time: then this costs little, however busy the machine is.
func (p *workerPool) wait(estimate time.Duration) {
	if p.ended() {
		return
	}
	begin := now()
	p.await(begin + waitSpin)
	end := now()
	if lost := end - begin; lost > estimate/2+lostTime && lost < stopped {
		p.alone = end + min(aloneTimes*lost, mostAlone)
	}
}

// await waits until nobody is inside, from a point of time on asleep.
func (p *workerPool) await(end time.Duration) {
	for now() < end {
		if p.ended() {
			return
		}
	}
	for p.inside.Load() != 0 {
		p.asleep.Store(true)
		if p.inside.Load() == 0 && p.asleep.CompareAndSwap(true, false) {
			return
		}
		<-p.awaken // by the last one inside, or one that was the last of an earlier call
	}
}

// ended looks some times whether nobody is inside.
func (p *workerPool) ended() bool {
	for range spins {
		if p.inside.Load() == 0 {
			return true
		}
		pause()
	}
	return false
}

// serve is a worker.
func (p *workerPool) serve() {
	for {
		helped := 0
		for ; p.seated(); helped++ {
			p.assist()
		}
		if helped == 0 {
			p.vain.Add(1)
		} else {
			p.vain.Store(0)
		}
		p.parked.Add(1)
		if p.seats.Load() > 0 && p.unpark() {
			continue // there is a call, which may have taken this worker for awake
		}
		<-p.sleep
	}
}

// seated waits for a seat, until there has been no call for too long. Between looks it gives way to other threads: a
// sleeping thread may wake on the very processor that its waker runs on, and if it only waits there the system moves
// one of them to a free processor, while if it spun and slept again the two would meet on the same one for ever.
func (p *workerPool) seated() bool {
	begin := now()
	calls := p.calls.Load()
	for t := begin; t-begin < idleSpin; t = now() {
		for range spins {
			if seats := p.seats.Load(); seats > 0 && p.seats.CompareAndSwap(seats, seats-1) {
				return true
			}
			pause()
		}
		if t-begin > giveWay {
			yield()
			if c := p.calls.Load(); c != calls {
				begin, calls = now(), c
			}
		}
	}
	return false
}

// assist is what a worker does with a seat.
func (p *workerPool) assist() {
	defer func() {
		if value := recover(); value != nil {
			p.failure.CompareAndSwap(nil, &failure{value})
			p.left.Store(0)
		}
		if p.inside.Add(-1) == 0 && p.asleep.CompareAndSwap(true, false) {
			p.awaken <- struct{}{}
		}
	}()
	p.work(false)
}
