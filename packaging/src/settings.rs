//! The settings as they are installed: those that the binary prints, with the places of a system.

use anyhow::{Result, ensure};

/// The folder of the data on a system.
pub const DATA_FOLDER: &str = "/var/lib/champollion/data";

/// The file of the settings on a system.
pub const SETTINGS_FILE: &str = "/etc/champollion/champollion.toml";

/// The file of the master key on a system.
pub const MASTER_KEY: &str = "/etc/champollion/master.key";

/// The lines of the defaults that are others on a system, and what stands there instead.
fn changes() -> [(&'static str, String); 2] {
    [
        ("data-dir = \"champollion-data\"", format!("data-dir = {DATA_FOLDER:?}")),
        ("key-from = \"file\"", "key-from = \"credential\"".to_owned()),
    ]
}

/// Opens the file, before the explanations of the defaults.
const HEAD: &str = "# /etc/champollion/champollion.toml: only root reads this file; the service is given it as a credential.\n\
                    # `champollion doctor --config /etc/champollion/champollion.toml` checks it, and\n\
                    # `systemctl restart champollion` has it read again.\n#\n";

/// Returns the settings of a system out of the printed defaults.
pub(crate) fn installed(defaults: &str) -> Result<String> {
    let mut text = format!("{HEAD}{}\n", defaults.trim_end());
    for (from, to) in changes() {
        let line = |line: &str| line == from;
        let count = text.lines().filter(|own| line(own)).count();
        ensure!(count == 1, "the settings have the line {from:?} {count} times, and not once");
        text = text.replacen(&format!("\n{from}\n"), &format!("\n{to}\n"), 1);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_a_system_and_all_else_stays() {
        let defaults = "listen = \"127.0.0.1:8080\"\ndata-dir = \"champollion-data\"\n[vault]\nkey-from = \"file\"\n";
        let text = installed(defaults).unwrap();
        assert!(text.contains("\ndata-dir = \"/var/lib/champollion/data\"\n"), "{text}");
        assert!(text.contains("\nkey-from = \"credential\"\n"), "{text}");
        assert!(text.contains("listen = \"127.0.0.1:8080\""), "{text}");
        assert!(installed("listen = 1\n").is_err(), "a line that is gone is seen");
    }
}
