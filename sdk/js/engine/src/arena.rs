//! The allocator: it has all memory that there is from the start, never asks for more, and keeps
//! what a call touches close together.
//!
//! What a call writes must be copied back after it, so locality is worth more here than a tight fit.
//! Blocks come in classes of sizes, four for each doubling. A block that is freed is the next to be
//! handed out, and one that was the last is simply given back. When a codec is loaded, the arena is
//! [sealed](seal): the blocks that are free then are scattered over the traces of its parser, so they
//! are set aside until nothing else is left, and calls begin on untouched ground.
//!
//! When memory is exhausted the module traps: what was wanted stands in the report. To throw an
//! exception instead would let codecs go on with an engine that is out of memory.

use core::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32,
    cell::UnsafeCell,
    ptr,
};

use crate::report;

/// Size of the header before each block, in bytes: it holds the block's class, in eight bytes so that blocks
/// stay aligned.
const HEADER_BYTES: usize = 8;

/// No block is smaller, its header included.
const SMALLEST_BYTES: usize = 16;

/// Sizes from 16 bytes to 2 GiB, four for each doubling.
const CLASSES: usize = 27 * 4;

/// Where a sealed arena goes on, in bytes: no codec's own data shares a card with a call's.
const SEAL_ALIGNMENT: usize = 512;

const PAGE_BYTES: usize = 64 << 10;

struct Arena {
    /// The next byte that was never handed out; 0 before the first block.
    top: usize,
    end: usize,
    /// The free blocks of each class, linked by their first word.
    free: [usize; CLASSES],
    /// Those that were set aside.
    reserve: [usize; CLASSES],
}

struct Shared(UnsafeCell<Arena>);

// SAFETY: the module has one thread; WebAssembly without the threads proposal has no other.
unsafe impl Sync for Shared {}

static ARENA: Shared =
    Shared(UnsafeCell::new(Arena { top: 0, end: 0, free: [0; CLASSES], reserve: [0; CLASSES] }));

fn with<T>(work: impl FnOnce(&mut Arena) -> T) -> T {
    // SAFETY: there is one thread, and nothing that `work` does comes back here: it neither
    // allocates nor calls into QuickJS.
    work(unsafe { &mut *ARENA.0.get() })
}

/// The class whose blocks hold so many bytes, header included; of those the smallest.
fn class_of(bytes: usize) -> usize {
    let bytes = bytes.max(SMALLEST_BYTES);
    // 16 is 1 << 4. The two bits after the leading one choose among the four of a doubling.
    let exponent = bytes.ilog2() as usize;
    let step = 1_usize << (exponent - 2);
    let above = (bytes - (1 << exponent)).div_ceil(step);
    (exponent - 4) * 4 + above
}

/// The bytes of a class's blocks, header included, a multiple of eight.
fn bytes_of(class: usize) -> usize {
    let step = 1_usize << (class / 4 + 2);
    ((4 + class % 4) * step).next_multiple_of(HEADER_BYTES)
}

impl Arena {
    fn allocate(&mut self, size: usize) -> *mut u8 {
        let Some(bytes) = size.checked_add(HEADER_BYTES).filter(|bytes| *bytes < 1 << 30) else {
            report::out_of_memory(size);
        };
        let class = class_of(bytes);
        let block = if self.free[class] != 0 {
            pop(&mut self.free[class])
        } else {
            self.fresh(class).or_else(|| self.from_reserve(class)).unwrap_or_else(|| {
                report::out_of_memory(self.top.saturating_add(bytes_of(class)));
            })
        };
        // SAFETY: the block lies in the arena and has room for its header.
        unsafe { (block as *mut usize).write(class) };
        (block + HEADER_BYTES) as *mut u8
    }

    /// A block from where nothing was handed out yet.
    fn fresh(&mut self, class: usize) -> Option<usize> {
        if self.top == 0 {
            self.begin();
        }
        let bytes = bytes_of(class);
        if self.end - self.top < bytes {
            self.look_for_more();
        }
        (self.end - self.top >= bytes).then(|| {
            let block = self.top;
            self.top += bytes;
            block
        })
    }

    fn begin(&mut self) {
        unsafe extern "C" {
            static __heap_base: u8;
        }
        self.top = (&raw const __heap_base as usize).next_multiple_of(SEAL_ALIGNMENT);
        self.look_for_more();
    }

    /// Takes all memory that the instance has. One for a large codec has more than the one in which the
    /// engine was started.
    fn look_for_more(&mut self) {
        self.end = wasm32::memory_size(0) * PAGE_BYTES;
    }

    /// A block that was set aside, of this class or a larger one. It keeps its own class.
    fn from_reserve(&mut self, class: usize) -> Option<usize> {
        for larger in class..CLASSES {
            for list in [&mut self.free[larger], &mut self.reserve[larger]] {
                if *list != 0 {
                    return Some(pop(list));
                }
            }
        }
        None
    }

    fn free(&mut self, block: *mut u8) {
        let block = block as usize - HEADER_BYTES;
        let class = class_at(block);
        if block + bytes_of(class) == self.top {
            self.top = block;
        } else {
            push(&mut self.free[class], block);
        }
    }

    /// Makes a block larger where it stands: it must be the last one.
    fn grow_in_place(&mut self, block: *mut u8, size: usize) -> bool {
        let block = block as usize - HEADER_BYTES;
        if block + bytes_of(class_at(block)) != self.top || size >= 1 << 30 {
            return false;
        }
        let class = class_of(size + HEADER_BYTES);
        if self.end - block < bytes_of(class) {
            self.look_for_more();
        }
        if self.end - block < bytes_of(class) {
            return false;
        }
        self.top = block + bytes_of(class);
        // SAFETY: the block lies in the arena and has room for its header.
        unsafe { (block as *mut usize).write(class) };
        true
    }

    fn seal(&mut self) {
        for class in 0..CLASSES {
            while self.free[class] != 0 {
                let block = pop(&mut self.free[class]);
                let rest = bytes_of(class) - size_of::<usize>();
                // SAFETY: the block is free and its own. Zeros are what was there before the
                // parser: they need not be kept for each codec.
                unsafe { ptr::write_bytes((block + size_of::<usize>()) as *mut u8, 0, rest) };
                push(&mut self.reserve[class], block);
            }
        }
        self.top = self.top.next_multiple_of(SEAL_ALIGNMENT).min(self.end);
    }
}

fn class_at(block: usize) -> usize {
    // SAFETY: it is a block of the arena, so its header was written.
    unsafe { (block as *const usize).read() }
}

fn pop(list: &mut usize) -> usize {
    let block = *list;
    // SAFETY: free blocks are linked by their first word.
    *list = unsafe { (block as *const usize).read() };
    block
}

fn push(list: &mut usize, block: usize) {
    // SAFETY: the block is free, so its first word is the list's.
    unsafe { (block as *mut usize).write(*list) };
    *list = block;
}

/// Bytes up to the end of what was handed out so far, the engine's own included.
pub(crate) fn taken_bytes() -> usize {
    with(|arena| arena.top)
}

/// Sets aside what is free, and lets what comes next begin on untouched ground.
pub(crate) fn seal() {
    with(Arena::seal);
}

/// The allocator of QuickJS and of the Rust around it.
pub(crate) struct Allocator;

impl Allocator {
    fn reallocate(block: *mut u8, size: usize) -> *mut u8 {
        let usable = usable(block);
        if size <= usable || with(|arena| arena.grow_in_place(block, size)) {
            return block;
        }
        let larger = with(|arena| arena.allocate(size));
        // SAFETY: both are blocks of their own, of at least so many bytes.
        unsafe { ptr::copy_nonoverlapping(block, larger, usable) };
        with(|arena| arena.free(block));
        larger
    }
}

fn usable(block: *mut u8) -> usize {
    bytes_of(class_at(block as usize - HEADER_BYTES)) - HEADER_BYTES
}

// SAFETY: blocks are the arena's own, large enough, and aligned to eight bytes, which is more than
// the size of a pointer.
unsafe impl rquickjs::allocator::Allocator for Allocator {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        with(|arena| arena.allocate(size))
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        let size = count.saturating_mul(size);
        let block = with(|arena| arena.allocate(size));
        // SAFETY: the block has so many bytes.
        unsafe { ptr::write_bytes(block, 0, size) };
        block
    }

    unsafe fn dealloc(&mut self, block: *mut u8) {
        if !block.is_null() {
            with(|arena| arena.free(block));
        }
    }

    unsafe fn realloc(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        if block.is_null() { self.alloc(size) } else { Self::reallocate(block, size) }
    }

    unsafe fn usable_size(block: *mut u8) -> usize {
        usable(block)
    }
}

#[global_allocator]
static GLOBAL: Allocator = Allocator;

// SAFETY: as above. Nothing in this module asks for more than an alignment of eight bytes; what did
// would be told that there is no memory.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > HEADER_BYTES {
            return ptr::null_mut();
        }
        with(|arena| arena.allocate(layout.size()))
    }

    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        with(|arena| arena.free(block));
    }

    unsafe fn realloc(&self, block: *mut u8, _layout: Layout, size: usize) -> *mut u8 {
        Self::reallocate(block, size)
    }
}

/// The same for C. QuickJS is given the allocator above and calls none of these, but its own default
/// allocator names them, and what is linked for them otherwise would take the same memory.
mod libc {
    use super::{Allocator, HEADER_BYTES};
    use rquickjs::allocator::Allocator as _;

    const _: () = assert!(HEADER_BYTES == 8, "C expects an alignment of eight bytes");

    #[unsafe(no_mangle)]
    extern "C" fn malloc(size: usize) -> *mut u8 {
        Allocator.alloc(size)
    }

    #[unsafe(no_mangle)]
    extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
        Allocator.calloc(count, size)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn realloc(block: *mut u8, size: usize) -> *mut u8 {
        // SAFETY: C hands back what it was given.
        unsafe { Allocator.realloc(block, size) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn free(block: *mut u8) {
        // SAFETY: C hands back what it was given.
        unsafe { Allocator.dealloc(block) }
    }
}
