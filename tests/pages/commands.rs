//! Commands on pages: to a street of lamps at once, and why one is not taken, in the language of its reader.

use champollion_tests::{Sensor, eventually};
use serde_json::json;

use crate::schedules::{COMMAND, town};

#[test]
fn a_street_of_lamps_is_commanded_at_once_and_each_command_says_why_it_waits() {
    let (server, other) = town();
    for number in [2, 3] {
        let lamp = Sensor::new(number);
        let mut registration = lamp.registration("light", Some("nas/ul20xx@^1"));
        registration["networkServer"] = json!("city");
        registration["tags"] = json!({ "street": "Rue Haute" });
        server.admin().put(&lamp.path(), &registration).success();
    }
    let owner = server.visitor("owner@city.example", "owner", "group:light");
    let page = ("/partner/commands?group=light", "/partner/commands");
    let fields =
        [("group", "light"), ("command", ""), ("written", COMMAND), ("tags", "street=Rue Haute")];
    let sent = owner.send(&server, page, &fields);
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert!(sent.text.contains("2 commands wait to be handed over, 0 were refused."));
    assert!(!sent.text.contains(other.dev_eui().as_str()), "it is of another street");

    let ids = sent.text.split("href=\"/partner/commands/").skip(1);
    let ids: Vec<&str> = ids.filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(ids.len(), 2, "{}", sent.text);
    let reader = owner.in_language("fr");
    for id in ids {
        let path = format!("/partner/commands/{id}");
        let said = "Le serveur réseau city, ou son courtier, est injoignable.";
        eventually("the network server is found away", || {
            reader.open(&server, &path).text.contains(said).then_some(())
        });
        let kept = server.admin().get(&format!("/v1/downlinks/{id}")).success();
        assert_eq!(kept["failure"], "unreachable", "{kept}");
    }
}
