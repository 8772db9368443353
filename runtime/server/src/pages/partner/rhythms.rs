//! Rhythms that are offered where a form asks for the five fields of cron, which few people know by heart.

use crate::pages::viewer::Viewer;

/// The rhythms of files, each with the end of the key of its text.
pub(super) const OF_FILES: [(&str, &str); 4] = [
    ("0 * * * *", "hourly"),
    ("0 6 * * *", "morning"),
    ("0 6 * * 1", "monday"),
    ("0 6 1 * *", "month"),
];

/// The rhythms of commands.
pub(super) const OF_COMMANDS: [(&str, &str); 4] = [
    ("0 22 * * *", "evening"),
    ("0 6 * * *", "morning"),
    ("0 22 * * 1-5", "weekday-evening"),
    ("0 6 * * 1-5", "weekday-morning"),
];

/// Returns the rhythms as words to choose from, each with its text.
pub(super) fn offered(viewer: &Viewer, rhythms: &[(&str, &str)]) -> Vec<(String, String)> {
    let offered = rhythms.iter();
    offered.map(|(cron, word)| ((*cron).to_owned(), viewer.say_word("rhythm", word))).collect()
}
