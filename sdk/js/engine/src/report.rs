//! The report, a block of memory that the host can read at any time, even after a trap.
//!
//! Its layout: four bytes with the memory that was wanted in vain, 0 where there was enough; four
//! bytes with the length of the log; four bytes with the number of lines that it had no room for;
//! then the log, each line behind its length of four bytes.

use core::cell::UnsafeCell;

/// Room for the log in bytes: some hundred lines, which nobody reads beyond.
const LOG_BYTES: usize = 16 << 10;

/// The longest line in bytes; the rest of a longer one is left out.
const LINE_BYTES: usize = 1 << 10;

#[repr(C)]
struct Report {
    wanted: u32,
    log_length: u32,
    lines_left_out: u32,
    log: [u8; LOG_BYTES],
}

struct Shared(UnsafeCell<Report>);

// SAFETY: the module has one thread.
unsafe impl Sync for Shared {}

static REPORT: Shared = Shared(UnsafeCell::new(Report {
    wanted: 0,
    log_length: 0,
    lines_left_out: 0,
    log: [0; LOG_BYTES],
}));

/// Where the report is.
pub(crate) fn address() -> *const u8 {
    REPORT.0.get().cast()
}

/// Ends everything because so many bytes were wanted and are not there.
pub(crate) fn out_of_memory(wanted: usize) -> ! {
    // SAFETY: there is one thread, and no other reference lives: `log` does not allocate while it
    // holds one.
    unsafe { (*REPORT.0.get()).wanted = u32::try_from(wanted).unwrap_or(u32::MAX).max(1) };
    core::arch::wasm32::unreachable()
}

/// Keeps a line as long as there is room.
pub(crate) fn log(line: &str) {
    let mut end = line.len().min(LINE_BYTES);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let line = &line.as_bytes()[..end];
    // SAFETY: there is one thread, and nothing below comes back here.
    let report = unsafe { &mut *REPORT.0.get() };
    let at = report.log_length as usize;
    let Some(room) = report.log.get_mut(at..at + size_of::<u32>() + line.len()) else {
        report.lines_left_out = report.lines_left_out.saturating_add(1);
        return;
    };
    let (length, text) = room.split_at_mut(size_of::<u32>());
    length.copy_from_slice(&(line.len() as u32).to_le_bytes());
    text.copy_from_slice(line);
    report.log_length += (size_of::<u32>() + line.len()) as u32;
}
