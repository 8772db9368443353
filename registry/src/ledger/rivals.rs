//! Other writers of the same store, who may be faster with a change.

/// Times that a change is tried before it fails. Each node writes a few lines a second, so several rivals in a row are
/// rare, and so many never happen.
const TRIES: usize = 16;

/// The rivals of one change, each of whom was faster once.
#[derive(Default)]
pub(crate) struct Rivals(usize);

impl Rivals {
    /// Whether a change that failed is made anew; `is_behind` says whether it failed because a rival was faster.
    pub(crate) fn let_try_again(&mut self, is_behind: bool) -> bool {
        self.0 += 1;
        is_behind && self.0 < TRIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_tried_until_there_are_too_many_rivals_and_no_other_error_is_tried_again() {
        let mut rivals = Rivals::default();
        assert!(!rivals.let_try_again(false));
        let mut rivals = Rivals::default();
        let again = (0..100).take_while(|_| rivals.let_try_again(true)).count();
        assert_eq!(again + 1, TRIES);
    }
}
