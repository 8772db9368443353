//! The first steps of a new installation. Each is read from what there is, so the list ticks itself off.

use champollion_fleet::vault::{KeyFrom, VaultSettings};
use serde_json::Value as Json;

use crate::{
    config::Config,
    pages::{
        json::{items, optional, text},
        viewer::Viewer,
    },
};

/// Devices that are looked through for one that was heard.
const DEVICES: &str = "/v1/devices?limit=1000";

/// Roles of grants that are looked for.
const OWNER: &str = "owner";
const ADMIN: &str = "admin";

/// A first step of an installation.
pub(super) struct Step {
    /// The word of the step, which begins the keys of its texts.
    pub(super) word: &'static str,
    /// Whether it is done; nothing where the viewer has no right to see that.
    pub(super) done: Option<bool>,
    /// The page on which it is done; none of what the settings say.
    pub(super) page: Option<&'static str>,
}

/// The answers of the interface that say which steps are done; none of what the viewer may not see.
#[derive(Default)]
struct Known {
    network_servers: Option<Json>,
    catalogue: Option<Json>,
    keys: Option<Json>,
    people: Option<Json>,
    partners: Option<Json>,
    devices: Option<Json>,
    routes: Option<Json>,
}

/// The first steps, in the order in which they are usually done.
pub(super) async fn first_steps(viewer: &Viewer) -> Vec<Step> {
    let known = Known {
        network_servers: viewer.get("/v1/network-servers").await.ok(),
        catalogue: viewer.get("/v1/catalogue?limit=1").await.ok(),
        keys: viewer.get("/v1/registry/keys?limit=1").await.ok(),
        people: viewer.get("/v1/people").await.ok(),
        partners: viewer.get("/v1/partners?limit=1").await.ok(),
        devices: viewer.get(DEVICES).await.ok(),
        routes: viewer.get("/v1/routes").await.ok(),
    };
    let config = &viewer.service().config;
    known.steps().into_iter().chain(of_settings(config)).collect()
}

/// The steps that the settings take.
fn of_settings(config: &Config) -> [Step; 3] {
    let speaks_https = config.tls.is_on() || config.sign_in.behind_https;
    let vault = Some("/operator/vault");
    [
        Step { word: "mail", done: Some(!config.mail.host.is_empty()), page: None },
        Step { word: "tls", done: Some(speaks_https), page: None },
        Step { word: "master-key", done: Some(is_kept_apart(&config.vault)), page: vault },
    ]
}

/// Whether the master key lies elsewhere than beside the data folder, where the same backup takes both.
pub(super) fn is_kept_apart(settings: &VaultSettings) -> bool {
    settings.key_from != KeyFrom::File || !settings.key_file.as_os_str().is_empty()
}

impl Known {
    fn steps(&self) -> [Step; 9] {
        let step = |word, done, page| Step { word, done, page: Some(page) };
        [
            step("network-server", self.is_connected(), "/operator/network-servers"),
            step("first-frame", self.is_heard(), "/operator/network-servers"),
            step("publisher", any(&self.keys, "/keys"), "/operator/keys"),
            step("library", any(&self.catalogue, "/decoders"), "/operator/decoders/publish"),
            step("admin", self.has_grant(ADMIN), "/operator/people"),
            step("partner", any(&self.partners, "/partners"), "/operator/partners"),
            step("owner", self.has_grant(OWNER), "/operator/people"),
            step("object", any(&self.devices, "/devices"), "/partner/objects"),
            step("route", self.delivers(), "/operator/storage"),
        ]
    }

    /// Whether messages came from a network server, or its broker is connected.
    fn is_connected(&self) -> Option<bool> {
        let servers = items(self.network_servers.as_ref()?, "/networkServers");
        let is_there = |server: &Json| {
            text(server, "/broker/connected") == "true"
                || optional(server, "/seen/lastMessageAt").is_some()
        };
        Some(servers.iter().any(is_there) || self.is_heard() == Some(true))
    }

    /// Whether a device was ever heard.
    fn is_heard(&self) -> Option<bool> {
        let devices = items(self.devices.as_ref()?, "/devices");
        Some(devices.iter().any(|device| optional(device, "/lastHeardAt").is_some()))
    }

    fn has_grant(&self, role: &str) -> Option<bool> {
        let people = items(self.people.as_ref()?, "/people").iter();
        let mut grants = people.flat_map(|person| items(person, "/grants"));
        Some(grants.any(|grant| text(grant, "/role") == role))
    }

    fn delivers(&self) -> Option<bool> {
        let routes = items(self.routes.as_ref()?, "/routes");
        let delivered = |route: &Json| route.pointer("/status/delivered")?.as_u64();
        Some(routes.iter().filter_map(delivered).any(|records| records > 0))
    }
}

fn any(answer: &Option<Json>, list: &str) -> Option<bool> {
    answer.as_ref().map(|answer| !items(answer, list).is_empty())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;

    fn done(known: &Known) -> Vec<&'static str> {
        let steps = known.steps().into_iter();
        steps.filter(|step| step.done == Some(true)).map(|step| step.word).collect()
    }

    #[test]
    fn each_step_ticks_itself_off() {
        assert!(done(&Known::default()).is_empty());
        assert!(Known::default().steps().iter().all(|step| step.done.is_none()));
        let fresh = Known {
            network_servers: Some(json!({ "networkServers": [{ "seen": { "messages": 0 } }] })),
            devices: Some(json!({ "devices": [{ "devEui": "70B3D5499A000001" }] })),
            routes: Some(json!({ "routes": [{ "status": { "delivered": 0 } }] })),
            people: Some(json!({ "people": [{ "grants": [{ "role": "owner" }] }] })),
            ..Known::default()
        };
        assert_eq!(done(&fresh), ["owner", "object"]);
        let at_work = Known {
            devices: Some(json!({ "devices": [{ "lastHeardAt": "2026-01-01T00:00:00Z" }] })),
            routes: Some(json!({ "routes": [{ "status": { "delivered": 1 } }] })),
            ..fresh
        };
        let all = ["network-server", "first-frame", "owner", "object", "route"];
        assert_eq!(done(&at_work), all);
    }

    #[test]
    fn a_master_key_beside_the_data_is_not_apart() {
        let settings = |key_from, key_file: &str| VaultSettings {
            key_from,
            key_file: PathBuf::from(key_file),
        };
        assert!(!is_kept_apart(&settings(KeyFrom::File, "")));
        assert!(is_kept_apart(&settings(KeyFrom::File, "/run/keys/master")));
        assert!(is_kept_apart(&settings(KeyFrom::Credential, "")));
    }
}
