//! The allocator of a decoder: an arena that is never given back.
//!
//! An instance lives for one call, so there is nothing to reuse. What matters is that the arena lies
//! in memory which the component has from the start: as long as `memory.grow` is not called, the host
//! changes no page protection, and a fresh instance costs a few microseconds instead of a few tens.

use std::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32,
    cell::Cell,
    ptr,
};

/// Bytes that a decoder has in any case before its memory must grow; the rest of its last page comes
/// on top. A telegram of a water meter with a day's history takes a third of it. Memory is cleared
/// for every call, so more would cost every decoder what few need.
const RESERVE: usize = 16 * 1024;

const PAGE: usize = 64 * 1024;

unsafe extern "C" {
    /// The linker puts it where the module's own data ends.
    static __heap_base: u8;
}

struct Arena {
    /// The place of the first free byte.
    next: Cell<*mut u8>,
    /// First byte that is no longer the arena's.
    end: Cell<*mut u8>,
    /// Whether the rest of the last page was taken.
    has_last_page: Cell<bool>,
}

// SAFETY: a decoder's memory is not shared and its component has a single thread, so there is never
// a second access to the cells.
unsafe impl Sync for Arena {}

/// Of 16 bytes each, for their alignment.
static mut MEMORY: [u128; RESERVE / size_of::<u128>()] = [0; RESERVE / size_of::<u128>()];

#[global_allocator]
static ARENA: Arena = {
    let start = (&raw mut MEMORY).cast::<u8>();
    Arena {
        next: Cell::new(start),
        end: Cell::new(start.wrapping_add(RESERVE)),
        has_last_page: Cell::new(false),
    }
};

impl Arena {
    /// Makes room for `size` more bytes at an address that `align`, a power of two, divides; null where there is none.
    /// A layout's size and alignment together are less than 4 GiB. It is one function: a decoder asks for room in some
    /// hundred places.
    #[inline(never)]
    fn take(&self, size: usize, align: usize) -> *mut u8 {
        let next = self.next.get();
        let padding = next.addr().wrapping_neg() & (align - 1);
        if padding + size > self.end.get().addr() - next.addr() {
            return self.grow(size, align);
        }
        self.next.set(next.wrapping_add(padding + size));
        next.wrapping_add(padding)
    }

    #[cold]
    #[inline(never)]
    fn grow(&self, size: usize, align: usize) -> *mut u8 {
        if !self.has_last_page.replace(true) {
            let rest = (&raw const __heap_base).expose_provenance();
            self.continue_at(rest, wasm32::memory_size::<0>() * PAGE);
            return self.take(size, align);
        }
        let pages = (size + align).div_ceil(PAGE);
        let before = wasm32::memory_grow::<0>(pages);
        if before == usize::MAX {
            return ptr::null_mut();
        }
        self.continue_at(before * PAGE, (before + pages) * PAGE);
        self.take(size, align)
    }

    /// Goes on in a new region. What was left of the previous one is given up, unless the new one
    /// continues it.
    fn continue_at(&self, start: usize, end: usize) {
        if self.end.get().addr() != start {
            self.next.set(ptr::with_exposed_provenance_mut(start));
        }
        self.end.set(ptr::with_exposed_provenance_mut(end));
    }
}

// SAFETY: `take` hands out ranges of the arena that do not overlap and are aligned as asked, or null.
// `realloc` grows the range that was handed out last in place, or copies into a new one of the larger size.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size(), layout.align())
    }

    /// Nothing, so that nothing is left in a decoder of what frees its values.
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let is_last = pointer.wrapping_add(layout.size()) == self.next.get();
        if is_last && new_size <= self.end.get().addr() - pointer.addr() {
            self.next.set(pointer.wrapping_add(new_size));
            return pointer;
        }
        if new_size <= layout.size() {
            return pointer;
        }
        let moved = self.take(new_size, layout.align());
        if !moved.is_null() {
            // SAFETY: both ranges hold at least `layout.size()` bytes, and they do not overlap since
            // the new one was just taken from what was free.
            unsafe { ptr::copy_nonoverlapping(pointer, moved, layout.size()) };
        }
        moved
    }
}
