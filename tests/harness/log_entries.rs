//! The entries of the logs of a data folder: its files hold them compressed, where no search finds a text.

use std::path::Path;

use champollion_store::{Sequence, SledOptions, SledStore, Store};

/// Returns the entries of all logs of a data folder, a line each. The server of the folder must have stopped.
#[must_use]
pub fn log_entries(data: &Path) -> Vec<u8> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = SledOptions::new(data.join("store"));
        let store = SledStore::open(&options).unwrap_or_else(|error| panic!("{error}"));
        let mut lines = Vec::new();
        for log in store.logs("", None, usize::MAX).await.expect("the logs are listed") {
            let entries = store.read(&log, Sequence::BEGINNING, usize::MAX).await;
            for entry in entries.expect("the log is read") {
                lines.extend(entry.value);
                lines.push(b'\n');
            }
        }
        store.close().await.expect("it is closed");
        lines
    })
}
