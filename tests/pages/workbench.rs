//! The workbench: payloads, commands and files are tried, by everybody and by those who have signed in.

use std::fs;

use champollion_tests::{
    AXIOMA, LUMINAIRE, SIGN_IN_SETTINGS, Sensor, Server, Setup, Visitor, workspace,
};

use crate::{
    list::Town,
    signed_in::{self, SignedIn},
};

fn address(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", value.replace('/', "%2F"))).collect();
    format!("/workbench?{}", pairs.join("&"))
}

#[test]
fn a_payload_is_read_with_the_bytes_that_each_value_came_from() {
    let server = Server::start();
    let sources = server.publish_own(AXIOMA);
    let (uplink, _) = sources.readings().swap_remove(0);
    let (port, payload) = (uplink.f_port.to_string(), uplink.payload.to_string());
    let decoder = [("decoder", "axioma/qalcosonic-w1"), ("port", &*port)];
    let tried =
        Visitor::nobody().open(&server, &address(&[decoder[0], decoder[1], ("payload", &payload)]));
    assert_eq!(tried.status, 200, "{}", tried.text);
    // The answer is shown from its result on, which is below the form on a phone.
    let action = "action=\"/workbench#result\"";
    for text in
        ["water.volume", "units of fuel", "id=\"bytes-0\"", "data-bytes=\"", "of-value", action]
    {
        assert!(tried.text.contains(text), "it lacks {text}");
    }
    let short =
        Visitor::nobody().open(&server, &address(&[decoder[0], decoder[1], ("payload", "0A")]));
    assert!(short.text.contains("The decoder cannot read this"), "{}", short.text);
    let wrong =
        Visitor::nobody().open(&server, &address(&[decoder[0], decoder[1], ("payload", "zz")]));
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("id=\"fault-payload\""), "{}", wrong.text);
    assert!(wrong.text.contains("is marked in the form"), "{}", wrong.text);
    let unknown = Visitor::nobody().open(&server, &address(&[("decoder", "acme/none")]));
    assert_eq!(unknown.status, 404);
    assert!(unknown.text.contains("id=\"fault-decoder\""), "{}", unknown.text);
}

#[test]
fn a_moment_is_said_by_the_clocks_of_the_territory_and_linked_in_universal_time() {
    let server = Server::start();
    let sources = server.publish_own(AXIOMA);
    let (uplink, _) = sources.readings().swap_remove(0);
    let (port, payload) = (uplink.f_port.to_string(), uplink.payload.to_string());
    let tried = |moment| {
        let fields =
            [("decoder", "axioma/qalcosonic-w1"), ("port", &*port), ("payload", &*payload), moment];
        let shared = Visitor::nobody().open(&server, &address(&fields)).text;
        let sent = Visitor::nobody().send(&server, ("/workbench", "/workbench"), &fields).text;
        [shared, sent]
    };
    for moment in ["2021-07-09T03:51:29Z", "2021-07-09T05:51:29"] {
        for page in tried(("moment", moment)) {
            assert!(page.contains("value=\"2021-07-09T05:51:29\""), "{moment}: {page}");
            assert!(page.contains("moment=2021-07-09T03%3A51%3A29Z"), "{moment}: {page}");
        }
    }
    let [_, wrong] = tried(("moment", "noon"));
    assert!(wrong.contains("id=\"fault-moment\""), "{wrong}");
}

#[test]
fn the_last_frames_of_ones_own_objects_are_tried_and_those_of_nobody_else() {
    let town = Town::start();
    let device = Sensor::new(1).dev_eui().to_string();
    let owner = town.visitor("owner");
    let offered = owner.open(&town.server, "/workbench").text;
    assert!(offered.contains(&format!("<option value=\"{device}\">")), "{offered}");
    let own = [("device", device.as_str())];
    let last = owner.open(&town.server, &address(&own)).text;
    assert!(last.contains("value=\"axioma/qalcosonic-w1\""), "{last}");
    assert!(last.contains("id=\"bytes-0\"") && last.contains("name=\"frame\""), "{last}");
    let records = town.server.admin().get("/v1/records?group=water").success();
    let first = &records["records"][0]["record"];
    let text = |pointer: &str| first.pointer(pointer).and_then(|value| value.as_str());
    let (id, payload) = (text("/id").expect("it has one"), text("/uplink/payload"));
    let payload = payload.expect("it has one");
    let chosen = owner.open(&town.server, &address(&[own[0], ("frame", id)])).text;
    assert!(chosen.contains(&format!(">{payload}</textarea>")), "{payload}: {chosen}");
    assert!(chosen.contains("id=\"bytes-0\""), "{chosen}");
    let stranger = town.server.visitor("owner@valley.example", "owner", "group:waste");
    let none = stranger.open(&town.server, &address(&[own[0], ("frame", id)])).text;
    assert!(none.contains("id=\"fault-device\"") && !none.contains(payload), "{none}");
    let nobody = Visitor::nobody().open(&town.server, &address(&own)).text;
    assert!(!nobody.contains("name=\"device\"") && !nobody.contains(payload), "{nobody}");
}

#[test]
fn two_versions_stand_side_by_side() {
    let server = Server::start();
    let sources = server.publish_own(AXIOMA);
    server.publish(&sources.version("1.0.1").package());
    let (uplink, _) = sources.readings().swap_remove(0);
    let (port, payload) = (uplink.f_port.to_string(), uplink.payload.to_string());
    let pairs = [
        ("decoder", "axioma/qalcosonic-w1"),
        ("version", "1.0.0"),
        ("other", "1.0.1"),
        ("port", &*port),
        ("payload", &*payload),
    ];
    let tried = Visitor::nobody().open(&server, &address(&pairs)).text;
    assert!(tried.contains("Both versions answer the same."), "{tried}");
    assert!(tried.contains("id=\"bytes-1\""), "{tried}");
}

#[test]
fn a_command_is_encoded_and_read_back() {
    let server = Server::start();
    let sources = server.publish_own(LUMINAIRE);
    let manifest = sources.manifest();
    let command = &manifest.commands.first().expect("the light takes commands").example;
    let id = manifest.id.to_string();
    let fields = [("decoder", &*id), ("kind", "command"), ("command", command)];
    let tried = Visitor::nobody().send(&server, ("/workbench", "/workbench"), &fields);
    assert_eq!(tried.status, 200, "{}", tried.text);
    assert!(tried.text.contains("What is sent to the device"), "{}", tried.text);
    assert!(tried.text.contains("Read back"), "{}", tried.text);
}

#[test]
fn a_script_that_is_in_no_package_is_tried() {
    let server = signed_in::server();
    let reader = SignedIn::of(&server, "reader", "group:water");
    let codec = fs::read(workspace().join("examples/decoder/codec.js")).expect("it is there");
    let payload = [("port", "2"), ("payload", "00D72800")];
    let try_it = |file: (&str, &str, &[u8])| reader.send_named_file("/workbench", file, &payload);
    let tried = try_it(("file", "codec<b>.js", &codec));
    assert_eq!(tried.status, 200, "{}", tried.text);
    for text in ["21.5", "humidity", "<h2>codec&lt;b&gt;.js</h2>"] {
        assert!(tried.text.contains(text), "it lacks {text}: {}", tried.text);
    }
    let broken = try_it(("file", "codec.js", b"function decodeUplink( {"));
    assert_eq!(broken.status, 422, "{}", broken.text);
    assert!(broken.text.contains("id=\"fault-file\""), "{}", broken.text);
    let long = vec![b' '; (1 << 20) + 1];
    assert_eq!(try_it(("file", "codec.js", &long)).status, 413);
    let none = server.admin().get("/v1/catalogue").success();
    assert_eq!(none["decoders"], serde_json::json!([]), "nothing is kept");
}

#[test]
fn strangers_have_places_of_their_own_and_try_no_file() {
    let settings = format!("{SIGN_IN_SETTINGS}[expensive]\nof-group = 0\n");
    let server = Setup::default().settings(&settings).start();
    let sources = server.publish_own(AXIOMA);
    let (uplink, _) = sources.readings().swap_remove(0);
    let (port, payload) = (uplink.f_port.to_string(), uplink.payload.to_string());
    let fields = [("decoder", "axioma/qalcosonic-w1"), ("port", &*port), ("payload", &*payload)];
    let trial = address(&fields);
    // All of them share the places of one group, of which there are none here.
    let stranger = Visitor::nobody().open(&server, &trial);
    assert_eq!(stranger.status, 429, "{}", stranger.text);
    assert!(!stranger.text.contains("water.volume"), "{}", stranger.text);
    assert_eq!(Visitor::nobody().open(&server, "/workbench").status, 200);
    // An admin is of no group.
    let admin = server.visitor("ada@city.example", "admin", "territory");
    let tried = admin.open(&server, &trial);
    assert_eq!(tried.status, 200, "{}", tried.text);
    assert!(tried.text.contains("water.volume"), "{}", tried.text);
    // To compile takes a second: it is for those who have signed in.
    let form = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"codec.js\"\r\n\r\n\
                function decodeUplink(input) { return { data: {} }; }\r\n--edge--\r\n";
    let headers = [
        ("Sec-Fetch-Site", "same-origin"),
        ("Accept", "text/html"),
        ("Content-Type", "multipart/form-data; boundary=edge"),
    ];
    let file = server.anybody().post_with("/workbench", &headers, form.as_bytes());
    assert_eq!(file.status, 403, "{}", file.text);
    assert!(file.text.contains("once you have signed in"), "{}", file.text);
}

#[test]
fn each_network_of_strangers_has_places() {
    let server = Setup::default().settings("[expensive]\nof-token = 0\n").start();
    let sources = server.publish_own(AXIOMA);
    let (uplink, _) = sources.readings().swap_remove(0);
    let (port, payload) = (uplink.f_port.to_string(), uplink.payload.to_string());
    let fields = [("decoder", "axioma/qalcosonic-w1"), ("port", &*port), ("payload", &*payload)];
    let refused = Visitor::nobody().open(&server, &address(&fields));
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert_eq!(Visitor::nobody().open(&server, "/workbench").status, 200);
}

#[test]
fn what_is_wrong_with_a_trial_is_said_in_the_language_of_the_page() {
    let server = Server::start();
    server.publish_own(AXIOMA);
    let pairs = [("decoder", "axioma/qalcosonic-w1"), ("port", "100"), ("payload", "zz")];
    let wrong = Visitor::nobody().in_language("fr").open(&server, &address(&pairs)).text;
    assert!(wrong.contains("Ce ne sont ni des chiffres hexadécimaux ni du base64."), "{wrong}");
    assert!(!wrong.contains("it is neither"), "{wrong}");
}

#[test]
fn a_form_of_another_site_or_session_is_refused() {
    let server = Setup::default().settings(SIGN_IN_SETTINGS).start();
    let visitor = server.visitor("ada@city.example", "reader", "group:water");
    let own = visitor.send(&server, ("/workbench", "/workbench"), &[("decoder", "")]);
    assert_eq!(own.status, 200, "{}", own.text);
    let send = |site: &str, body: &[u8]| {
        let headers = [
            ("Cookie", visitor.cookie()),
            ("Sec-Fetch-Site", site),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        server.anybody().post_with("/workbench", &headers, body)
    };
    send("cross-site", b"decoder=").problem(403, "other-origin");
    send("same-origin", b"decoder=").problem(403, "other-origin");
    send("same-origin", b"decoder=&form-token=0123456789abcdef").problem(403, "other-origin");
}

#[test]
fn keys_are_not_written_back() {
    let server = Server::start();
    server.publish_own(AXIOMA);
    let key = "000102030405060708090A0B0C0D0E0F";
    let fields = [
        ("decoder", "axioma/qalcosonic-w1"),
        ("format", "frame"),
        ("app-s-key", key),
        ("payload", "40F17DBE4900020001954378762B11FF0D"),
    ];
    let tried = Visitor::nobody().send(&server, ("/workbench", "/workbench"), &fields);
    assert!(!tried.text.contains(key), "{}", tried.text);
}
