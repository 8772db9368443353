//! Connectivity as it is promised: the share of objects in service that are heard once a day and in 14 days, the frames that
//! are lost, and the quality of reception.
//!
//! Frames are counted in memory, by device and day ([`Counting`]), and written in few large batches ([`Books`]). A day stays
//! open for a while, since network servers hand frames over late; then its figures are fixed for good.

mod availability;
mod books;
mod calendar;
mod counting;
mod days;
mod figures;
mod first_heard;
mod heard;
mod history;
mod journal;
mod member;
mod packed;
mod past;
mod period;
mod place;
mod registered;
mod replay;
mod silence;
mod states;
mod tables;
mod tally;

pub use availability::{AvailabilityBook, AvailableDay, INGEST};
pub use books::{Books, Flushed, OPEN_DAYS};
pub use calendar::Calendar;
pub use counting::Counting;
pub use days::Days;
pub use figures::{Counts, LeftOutCounts, Part};
pub use first_heard::{FirstHeard, forget_first_day};
pub use heard::Heard;
pub use history::{MemberState, note_member};
pub use member::{LeftOut, Member, Standing};
pub use past::{MemberThen, MembersByDay, PastMembers};
pub use period::{Figures, Period, Split, Stretch, StretchFault, Sums, Wanted, summed};
pub use registered::Registered;
pub use replay::{Replay, Replayed};
pub use silence::{LastReception, Silent, last_receptions, only_gateways};
pub use tally::{BINS, Tally, snr_bins};
