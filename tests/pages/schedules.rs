//! The pages of schedules, used as people use them: one is made by a form, paused, and removed.

use champollion_tests::{Answer, LUMINAIRE, SIGN_IN_SETTINGS, Sensor, Server, Setup};
use serde_json::json;

const NEW: (&str, &str) = ("/partner/schedules/new", "/partner/schedules/new");

/// The command of full light.
pub(crate) const COMMAND: &str =
    r#"{"manualDimming": {"destination": [{"address": "dali_broadcast", "dimmingLevel": 100}]}}"#;

/// A server with a light whose commands wait for a network server that is away.
pub(crate) fn town() -> (Server, Sensor) {
    let settings = format!(
        "{SIGN_IN_SETTINGS}\n[network-servers.city]\nkind = \"chirpstack\"\n\
         [network-servers.city.downlink]\nvia = \"http\"\nurl = \"http://127.0.0.1:9\"\n"
    );
    let server = Setup::default().settings(&settings).start();
    server.publish_own(LUMINAIRE);
    let light = Sensor::new(1);
    let mut registration = light.registration("light", Some("nas/ul20xx@^1"));
    registration["networkServer"] = json!("city");
    server.admin().put(&light.path(), &registration).success();
    (server, light)
}

/// The address that an answer leads to, without what was done.
#[track_caller]
fn led_to(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").split('?').next().unwrap_or_default().to_owned()
}

#[test]
fn a_schedule_is_made_by_a_form_paused_and_removed() {
    let (server, light) = town();
    let owner = server.visitor("owner@city.example", "owner", "group:light");
    let dev_eui = light.dev_eui();
    let fields = |rule: &'static str, cron: &'static str| {
        [
            ("name", "Nightly"),
            ("device", dev_eui.as_str()),
            ("rule", rule),
            ("cron", cron),
            ("written", COMMAND),
        ]
        .map(|(name, text)| (name, text.to_owned()))
    };
    let send = |rule, cron| {
        let fields = fields(rule, cron);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
        owner.send(&server, NEW, &fields)
    };
    let wrong = send("cron", "0 25 * * *");
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("id=\"fault-cron\"") && wrong.text.contains("0 22 * * 1-5"));
    // The light has no place whose sun could be followed.
    assert!(send("sunset", "").text.contains("id=\"fault-latitude\""));
    let page = led_to(&send("cron", "0 22 * * *"));
    let shown = owner.open(&server, &page).text;
    assert!(shown.contains("01FE64") && shown.contains(", 22:00</time>"), "{shown}");
    let listed = owner.open(&server, "/partner/schedules").text;
    assert!(listed.contains("Nightly") && listed.contains(&page), "{listed}");
    assert!(listed.contains("Each day at 22:00"), "{listed}");

    let act = |act: &str, fields: &[(&str, &str)]| {
        led_to(&owner.send(&server, (&page, &format!("{page}/{act}")), fields))
    };
    assert_eq!(act("pause", &[]), page);
    assert!(owner.open(&server, &page).text.contains("Paused"));
    assert_eq!(act("resume", &[]), page);
    assert_eq!(act("remove", &[("sure", "yes")]), "/partner/schedules");
    assert_eq!(owner.open(&server, &page).status, 404);

    let reader = server.visitor("reader@city.example", "reader", "group:light");
    let page = reader.open(&server, "/partner/schedules").text;
    assert!(!page.contains(NEW.0), "a reader is offered the form: {page}");
}

#[test]
fn the_form_of_a_schedule_has_the_fields_of_the_chosen_rule_alone() {
    const OF_SUN: [&str; 5] = ["offset", "latitude", "longitude", "zone", "except"];
    let (server, _) = town();
    let owner = server.visitor("owner@city.example", "owner", "group:light");
    let own: [(&str, &[&str]); 5] = [
        ("", &OF_SUN),
        ("sunset", &OF_SUN),
        ("sunrise", &OF_SUN),
        ("cron", &["cron", "zone", "except"]),
        ("at", &["at"]),
    ];
    for (rule, fields) in own {
        let page = owner.open(&server, &format!("{}?rule={rule}", NEW.0)).text;
        for name in ["offset", "latitude", "longitude", "cron", "at", "zone", "except"] {
            let is_there = page.contains(&format!("id=\"field-{name}\""));
            assert_eq!(is_there, fields.contains(&name), "{rule}: {name}");
        }
        let chosen = if rule.is_empty() { "sunset" } else { rule };
        assert!(page.contains(&format!("name=\"rule\" value=\"{chosen}\"")), "{page}");
    }
    // What is said of the moment is meant by the clocks of the territory, which are those of Paris.
    let once = [
        ("name", "Once"),
        ("group", "light"),
        ("rule", "at"),
        ("at", "2099-01-01T08:00"),
        ("written", COMMAND),
    ];
    led_to(&owner.send(&server, NEW, &once));
    let listed = server.admin().get("/v1/schedules").success();
    assert_eq!(listed["schedules"][0]["plan"]["when"]["at"], "2099-01-01T07:00:00Z");
}

#[test]
fn a_command_of_the_decoder_is_a_form_and_needs_no_json() {
    let (server, light) = town();
    let owner = server.visitor("owner@city.example", "owner", "group:light");
    let [address, level] = ["address", "dimmingLevel"]
        .map(|name| format!("manualDimming/manualDimming/destination/0/{name}"));
    let path = format!("{}?rule=cron&command=manualDimming", NEW.0);
    for path in [path.clone(), format!("{path}&device={}", light.dev_eui())] {
        let page = owner.open(&server, &path).text;
        for name in [&address, &level] {
            assert!(page.contains(&format!("name=\"{name}\"")), "{name}: {page}");
        }
        assert!(!page.contains("name=\"written\""), "{page}");
        assert!(page.contains("command=as+json"), "JSON stays possible: {page}");
    }
    let send = |level_said: &str| {
        let fields = [
            ("name", "Dimmed"),
            ("group", "light"),
            ("rule", "cron"),
            ("cron", "0 22 * * *"),
            ("command", "manualDimming"),
            (&*address, "dali_broadcast"),
            (&*level, level_said),
        ];
        owner.send(&server, NEW, &fields)
    };
    let wrong = send("bright");
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains(&format!("id=\"fault-{level}\"")), "{}", wrong.text);
    led_to(&send("40"));
    let listed = server.admin().get("/v1/schedules").success();
    let lamp = json!({ "address": "dali_broadcast", "dimmingLevel": 40 });
    let command = &listed["schedules"][0]["plan"]["command"];
    assert_eq!(*command, json!({ "manualDimming": { "destination": [lamp] } }));

    let json = owner.open(&server, &format!("{}?rule=cron&command=as+json", NEW.0)).text;
    assert!(json.contains("name=\"written\""), "{json}");
    let kept = json.matches("name=\"command\" value=\"as json\"").count();
    assert_eq!(kept, 2, "a choice of other objects leaves JSON: {json}");

    // A page that was open while the decoder got another version, or one that nobody has drawn.
    for fields in [&[("command", "dimAtNoon")][..], &[("command", "manualDimming")], &[]] {
        let of_form =
            [("name", "Odd"), ("group", "light"), ("rule", "cron"), ("cron", "0 22 * * *")];
        let refused = owner.send(&server, NEW, &[&of_form[..], fields].concat());
        assert_eq!(refused.status, 400, "{}", refused.text);
    }
    let all = server.admin().get("/v1/schedules").success();
    assert_eq!(all["schedules"].as_array().map(Vec::len), Some(1), "{all}");

    let unknown = owner.open(&server, &format!("{}?device=0000000000000000", NEW.0));
    assert_eq!(unknown.status, 400);
    assert!(unknown.text.contains("id=\"fault-device\""), "{}", unknown.text);
}
