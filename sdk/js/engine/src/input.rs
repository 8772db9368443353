//! The input that the host hands over.

use core::cell::RefCell;

/// The input that the host hands over, and the place up to which it has been read. The host is trusted:
/// missing bytes read as zeros and empty texts.
pub(crate) struct Input {
    bytes: Vec<u8>,
    read: usize,
}

struct Shared(RefCell<Vec<u8>>);

// SAFETY: the module has one thread.
unsafe impl Sync for Shared {}

static RESERVED: Shared = Shared(RefCell::new(Vec::new()));

/// Makes a place for what is handed over.
pub(crate) fn reserve(length: usize) -> *mut u8 {
    let mut place = RESERVED.0.borrow_mut();
    *place = vec![0; length];
    place.as_mut_ptr()
}

impl Input {
    /// Takes what the host has written.
    pub(crate) fn take() -> Self {
        Self { bytes: RESERVED.0.take(), read: 0 }
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub(crate) fn number(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub(crate) fn float(&mut self) -> f64 {
        f64::from_le_bytes(self.array())
    }

    /// Bytes behind their length.
    pub(crate) fn bytes(&mut self) -> &[u8] {
        let length = self.number() as usize;
        let start = self.read.min(self.bytes.len());
        let end = start.saturating_add(length).min(self.bytes.len());
        self.read = end;
        &self.bytes[start..end]
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        if let Some(bytes) = self.bytes.get(self.read..self.read + N) {
            array.copy_from_slice(bytes);
        }
        self.read += N;
        array
    }
}
