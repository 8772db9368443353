//! The layout of tables on a terminal: the widths of columns, so that lines break between words where they can.

use std::iter;

/// Blanks around the text of each cell.
const PADDING: usize = 2;

/// The fewest characters of a column that is broken into lines.
const NARROWEST: usize = 6;

/// A column by the texts of its cells, that of its header among them.
pub(super) struct Column {
    /// The characters of the longest text.
    longest: usize,
    /// The characters of the longest word of each text.
    words: Vec<usize>,
    /// Whether all cells below the header are empty.
    is_empty: bool,
}

impl Column {
    pub(super) fn of<'text>(header: &'text str, cells: impl Iterator<Item = &'text str>) -> Self {
        let mut column = Self { longest: 0, words: Vec::new(), is_empty: true };
        for (index, text) in iter::once(header).chain(cells).enumerate() {
            let length = text.chars().count();
            column.longest = column.longest.max(length);
            column.words.push(longest_word(text));
            column.is_empty &= index == 0 || length == 0;
        }
        column
    }

    /// The cells of which a word has no room on one line.
    fn broken(&self, width: usize) -> usize {
        self.words.iter().filter(|&&word| word > width).count()
    }

    fn longest_word(&self) -> usize {
        self.words.iter().copied().max().unwrap_or_default()
    }
}

fn longest_word(text: &str) -> usize {
    text.split(' ').map(|word| word.chars().count()).max().unwrap_or_default()
}

/// Returns the characters of each column on a terminal; none of a column that is left out. Where all have room,
/// all are as wide as their texts. The first column, which names the thing, is so in any case: people copy it.
pub(super) fn widths(columns: &[Column], terminal: usize) -> Vec<Option<usize>> {
    let all: Vec<Option<usize>> = columns.iter().map(|column| Some(column.longest)).collect();
    if total(&all) <= terminal {
        return all;
    }
    let is_shown = |(index, column): (usize, &Column)| index == 0 || !column.is_empty;
    let shown: Vec<bool> = columns.iter().enumerate().map(is_shown).collect();
    let least = |(index, column): (usize, &Column)| {
        let width = if index == 0 { column.longest } else { column.longest_word() };
        shown[index].then_some(width)
    };
    let mut widths: Vec<Option<usize>> = columns.iter().enumerate().map(least).collect();
    while total(&widths) > terminal {
        let Some(narrower) = narrower(columns, &widths) else { break };
        widths[narrower] = widths[narrower].map(|width| width - 1);
    }
    while total(&widths) < terminal {
        let Some(wider) = wider(columns, &widths) else { break };
        widths[wider] = widths[wider].map(|width| width + 1);
    }
    widths
}

fn total(widths: &[Option<usize>]) -> usize {
    widths.iter().flatten().map(|width| width + PADDING).sum()
}

/// The column that becomes narrower: one that breaks the fewest words by it, and of these the widest.
fn narrower(columns: &[Column], widths: &[Option<usize>]) -> Option<usize> {
    let shown =
        widths.iter().enumerate().skip(1).filter_map(|(index, width)| Some((index, (*width)?)));
    let candidates = shown.filter(|(_, width)| *width > NARROWEST);
    let by_loss = candidates
        .min_by_key(|&(index, width)| (columns[index].broken(width - 1), usize::MAX - width));
    by_loss.map(|(index, _)| index)
}

/// The column that becomes wider: the one whose longest text has the most lines.
fn wider(columns: &[Column], widths: &[Option<usize>]) -> Option<usize> {
    let shown = widths.iter().enumerate().filter_map(|(index, width)| Some((index, (*width)?)));
    let growing = shown.filter(|&(index, width)| width < columns[index].longest);
    growing
        .max_by_key(|&(index, width)| (columns[index].longest.div_ceil(width.max(1)), index))
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[&str]) -> Column {
        Column::of(cells[0], cells[1..].iter().copied())
    }

    #[test]
    fn columns_that_have_room_are_as_wide_as_their_texts() {
        let columns =
            [column(&["group", "water"]), column(&["used", "7"]), column(&["scopes", ""])];
        assert_eq!(widths(&columns, 80), [Some(5), Some(4), Some(6)]);
    }

    #[test]
    fn columns_without_a_text_are_left_out_where_there_is_no_room() {
        let columns = [
            column(&["id", "7e67e520e042a715"]),
            column(&["scopes", ""]),
            column(&["name", "the water company of the north"]),
        ];
        assert_eq!(widths(&columns, 40), [Some(16), None, Some(20)]);
    }

    #[test]
    fn words_stay_whole_and_texts_of_many_words_get_the_rest() {
        let columns = [
            column(&["field", "alarms.permanentError"]),
            column(&["type", "boolean"]),
            column(&["quantity", "alarm.fault.temporary"]),
            column(&["meaning", "The meter reports an error that lasts until somebody comes"]),
        ];
        let widths = widths(&columns, 80);
        assert_eq!(widths, [Some(21), Some(7), Some(21), Some(23)]);
    }

    /// A word alone that is too long is broken rather than the words of all other rows.
    #[test]
    fn the_fewest_words_are_broken() {
        let key = "ed25519:uCdOE7SVpCvtBmaVUQ_xBrOThYaPBnFmUBXaXBkruXA";
        let columns = [
            column(&["when", "2026-11-29T01:43:17Z"]),
            column(&["what", "device-register", "device-register", "add-key"]),
            column(&["to what", "70B3D5499A000001", "70B3D5499A000002", key]),
        ];
        assert_eq!(widths(&columns, 60), [Some(20), Some(15), Some(19)]);
    }

    #[test]
    fn a_terminal_that_is_too_narrow_for_all_ends_the_search() {
        let columns = [column(&["id", &"x".repeat(36)]), column(&["state", "queued-for-long"])];
        assert_eq!(widths(&columns, 20), [Some(36), Some(NARROWEST)]);
    }
}
