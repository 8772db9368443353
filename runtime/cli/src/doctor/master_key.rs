//! The master key of the vault: whether it is there, and whether others can read it.

use std::{env, os::unix::fs::PermissionsExt, path::Path};

use champollion_fleet::vault::KeyPlace;
use champollion_server::config::Config;

use super::finding::Finding;

/// The name of the check.
const CHECK: &str = "master key";

/// The variable that may hold the key.
const VARIABLE: &str = "CHAMPOLLION_MASTER_KEY";

/// The variable in which systemd names the folder of credentials, and the name of the key in it.
const CREDENTIALS: (&str, &str) = ("CREDENTIALS_DIRECTORY", "champollion-master-key");

/// The permissions that other users would have.
const OTHERS: u32 = 0o077;

pub(super) fn check(config: &Config) -> Finding {
    match config.vault.place(&config.data_dir) {
        Ok(KeyPlace::File(file)) => in_file(&file, config.data_dir.join("store").is_dir()),
        Ok(KeyPlace::Variable) => in_variable(),
        Ok(KeyPlace::Credential) => in_credential(),
        Err(error) => Finding::fail(CHECK, error.to_string()).advising("name another data-dir"),
    }
}

fn in_file(file: &Path, has_data: bool) -> Finding {
    let shown = file.display();
    match file.metadata() {
        Ok(data) if data.permissions().mode() & OTHERS != 0 => {
            Finding::fail(CHECK, format!("others can read {shown}"))
                .advising(format!("chmod 600 {shown}"))
        }
        Ok(_) => Finding::ok(CHECK, format!("it is in {shown}, and others cannot read it")),
        Err(_) if has_data => Finding::fail(CHECK, format!("{shown} is missing"))
            .advising("put the copy of it back: without it the keys in data-dir cannot be read"),
        Err(_) => Finding::ok(CHECK, format!("{shown} is made at the first start")),
    }
}

fn in_variable() -> Finding {
    match env::var_os(VARIABLE) {
        Some(key) if !key.is_empty() => Finding::ok(CHECK, format!("it is in {VARIABLE}")),
        _ => Finding::fail(CHECK, format!("{VARIABLE} is not set"))
            .advising("set it for the server, and run this with the same environment"),
    }
}

fn in_credential() -> Finding {
    let (folder, name) = CREDENTIALS;
    match env::var_os(folder) {
        Some(folder) if Path::new(&folder).join(name).is_file() => {
            Finding::ok(CHECK, format!("systemd hands over {name}"))
        }
        Some(_) => Finding::fail(CHECK, format!("systemd hands over no {name}"))
            .advising(format!("give the unit LoadCredential={name}:FILE")),
        None => {
            Finding::ok(CHECK, format!("the unit is handed {name}, which cannot be seen from here"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::{super::finding::State, *};

    #[test]
    fn a_file_is_missed_where_there_are_data() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.key");
        assert_eq!(in_file(&file, false).state(), State::Ok);
        assert_eq!(in_file(&file, true).state(), State::Fail);
        fs::write(&file, "00").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        assert_eq!(in_file(&file, true).state(), State::Fail);
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(in_file(&file, true).state(), State::Ok);
    }
}
