//! The list of all pages, which the tests and the screenshots share.

use champollion_tests::{AXIOMA, SIGN_IN_SETTINGS, Sensor, Server, Setup, Visitor};
use serde_json::{Value as Json, json};

/// The list of pages, in a file that others read too.
const LIST: &str = include_str!("pages.json");

/// A page of the list.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) role: String,
    pub(crate) status: u16,
}

/// A server with a decoder, a device, a rule of alerts and a person of each role.
pub(crate) struct Town {
    pub(crate) server: Server,
    visitors: Vec<(&'static str, Visitor)>,
}

impl Town {
    /// Starts a town whose group is `water`.
    pub(crate) fn start() -> Self {
        let server = Setup::default().settings(SIGN_IN_SETTINGS).start();
        let sources = server.publish_own(AXIOMA);
        let sensor = Sensor::new(1);
        server.register(&sensor, "water", Some("axioma/qalcosonic-w1@^1"));
        let lns = server.lns();
        for (f_cnt, (uplink, _)) in (1..).zip(sources.readings().into_iter().take(3)) {
            lns.ingest(&sensor.frame(f_cnt, uplink.f_port, &uplink.payload.0)).success();
        }
        let silence = json!({ "when": { "silent": { "seconds": 172_800 } } });
        server.admin().put("/v1/alerts/rules/silence?group=water", &silence).success();
        let visitors = [
            ("reader", "group:water"),
            ("operator", "group:water"),
            ("owner", "group:water"),
            ("admin", "territory"),
        ];
        let visitors = visitors.map(|(role, scope)| {
            (role, server.visitor(&format!("{role}@city.example"), role, scope))
        });
        Self { server, visitors: visitors.into() }
    }

    /// The person of a role.
    pub(crate) fn visitor(&self, role: &str) -> Visitor {
        let found = self.visitors.iter().find(|(own, _)| *own == role);
        found.map_or_else(Visitor::nobody, |(_, visitor)| visitor.clone())
    }
}

/// All pages, with the places in their paths filled in.
pub(crate) fn pages() -> Vec<Page> {
    let list: Vec<Json> = serde_json::from_str(LIST).expect("the list is JSON");
    let device = Sensor::new(1).dev_eui().to_string();
    let text = |page: &Json, name: &str| {
        page[name].as_str().unwrap_or_else(|| panic!("{name} is missing: {page}")).to_owned()
    };
    let filled = |path: String| {
        let path = path.replace("{device}", &device).replace("{group}", "water");
        path.replace("{decoder}", "axioma/qalcosonic-w1")
    };
    let pages = list.iter().map(|page| Page {
        name: text(page, "name"),
        path: filled(text(page, "path")),
        role: text(page, "role"),
        status: page["status"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(200),
    });
    pages.collect()
}
