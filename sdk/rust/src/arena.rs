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
    /// First free address; 0 before the first allocation.
    next: Cell<usize>,
    /// First address that is no longer the arena's.
    end: Cell<usize>,
    /// Whether the rest of the last page was taken.
    has_last_page: Cell<bool>,
}

// SAFETY: a decoder's memory is not shared and its component has a single thread, so there is never
// a second access to the cells.
unsafe impl Sync for Arena {}

/// Of 16 bytes each, for their alignment.
static mut MEMORY: [u128; RESERVE / size_of::<u128>()] = [0; RESERVE / size_of::<u128>()];

#[global_allocator]
static ARENA: Arena =
    Arena { next: Cell::new(0), end: Cell::new(0), has_last_page: Cell::new(false) };

impl Arena {
    /// Makes room for `size` more bytes at an address that `align` divides; null where there is none.
    fn take(&self, size: usize, align: usize) -> *mut u8 {
        if self.next.get() == 0 {
            let start = (&raw mut MEMORY).expose_provenance();
            self.next.set(start);
            self.end.set(start + RESERVE);
        }
        let Some(start) = self.next.get().checked_next_multiple_of(align) else {
            return ptr::null_mut();
        };
        match start.checked_add(size) {
            Some(next) if next <= self.end.get() => {
                self.next.set(next);
                ptr::with_exposed_provenance_mut(start)
            }
            _ => self.grow(size, align),
        }
    }

    #[cold]
    fn grow(&self, size: usize, align: usize) -> *mut u8 {
        if !self.has_last_page.replace(true) {
            self.continue_at((&raw const __heap_base).expose_provenance());
            self.end.set(wasm32::memory_size::<0>() * PAGE);
            return self.take(size, align);
        }
        let Some(needed) = size.checked_add(align) else { return ptr::null_mut() };
        let pages = needed.div_ceil(PAGE);
        let before = wasm32::memory_grow::<0>(pages);
        if before == usize::MAX {
            return ptr::null_mut();
        }
        self.continue_at(before * PAGE);
        self.end.set((before + pages) * PAGE);
        self.take(size, align)
    }

    /// Goes on in a new region. What was left of the previous one is given up, unless the new one
    /// continues it.
    fn continue_at(&self, start: usize) {
        if self.end.get() != start {
            self.next.set(start);
        }
    }
}

// SAFETY: `take` hands out ranges of the arena that do not overlap and are aligned as asked, or null.
// `dealloc` gives back only the range that was handed out last, which nobody uses any more.
// `realloc` grows that same range in place, or copies into a new one of the larger size.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size(), layout.align())
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if pointer.addr() + layout.size() == self.next.get() {
            self.next.set(pointer.addr());
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let start = pointer.addr();
        let is_last = start + layout.size() == self.next.get();
        if is_last && new_size <= self.end.get() - start {
            self.next.set(start + new_size);
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
