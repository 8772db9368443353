//! The files that the settings name for network servers, mirrors and sign-in: passwords, tokens, certificates.

use std::{fs::File, path::Path};

use champollion_server::config::Config;

use super::finding::Finding;

/// The name of the check.
const CHECK: &str = "files";

/// A finding for each file that cannot be read, or one for all.
pub(super) fn checks(config: &Config) -> Vec<Finding> {
    let named = named(config);
    let faults = named.iter().filter_map(|(setting, file)| fault(setting, file));
    let faults: Vec<Finding> = faults.collect();
    match (faults.is_empty(), named.len()) {
        (false, _) => faults,
        (true, 0) => Vec::new(),
        (true, count) => {
            vec![Finding::ok(CHECK, format!("{count} that settings name can be read"))]
        }
    }
}

/// The files, each with the setting that names it.
fn named(config: &Config) -> Vec<(String, &Path)> {
    let mut named = Vec::new();
    for (name, server) in &config.network_servers {
        let mqtt = server.mqtt.iter().flat_map(|mqtt| {
            [&mqtt.password_file, &mqtt.ca_file, &mqtt.certificate_file, &mqtt.key_file]
        });
        let downlink = server.downlink.iter().flat_map(|downlink| {
            [&downlink.token_file, &downlink.password_file, &downlink.ca_file]
        });
        let files = mqtt.chain(downlink).flatten();
        named.extend(files.map(|file| (format!("network-servers.{name}"), file.as_path())));
    }
    for (name, mirror) in &config.mirrors {
        let file = mirror.token_file.iter();
        named.extend(file.map(|file| (format!("mirrors.{name}"), file.as_path())));
    }
    let openid = &config.sign_in.openid;
    let files = [&openid.client_secret_file, &openid.ca_file].map(Path::new).into_iter();
    let files = files.filter(|file| !file.as_os_str().is_empty());
    named.extend(files.map(|file| ("sign-in.openid".to_owned(), file)));
    named
}

fn fault(setting: &str, file: &Path) -> Option<Finding> {
    let error = File::open(file).err()?;
    let message = format!("{} of [{setting}] cannot be read ({error})", file.display());
    Some(
        Finding::fail(CHECK, message).advising("put it there, readable for the user of the server"),
    )
}
