//! Secrets that stand where none belongs: in the address of a recipient, as the name of a header, as a bucket. They
//! are refused where they would be shown, and no answer, no line of the audit and no line of the log repeats them.

use champollion_tests::{Server, Setup};
use serde_json::{Value as Json, json};

/// The secret in the wrong place, of the form of a password or a key.
const SECRET: &str = "Zx9Qw8Er7Ty6Ui5Op4";

fn files(place: &Json) -> Json {
    let rhythm = json!({ "cron": "* * * * *" });
    json!({ "files": { "format": "csv-rows", "rhythm": rhythm, "place": place } })
}

/// Destinations with the secret in a wrong place, each with the member at fault.
fn misplaced() -> Vec<(&'static str, Json)> {
    let (user, password) = ("u", "p");
    let host_key = format!("SHA256:{}", "A".repeat(43));
    let host = format!("u:{SECRET}@recipient.example");
    let url = |scheme: &str| format!("{scheme}://u:{SECRET}@recipient.example/x");
    vec![
        ("url", json!({ "http": { "url": url("https") } })),
        ("url", json!({ "mqtt": { "url": url("mqtts"), "topic": "a" } })),
        (
            "url",
            json!({ "mqtt": { "url": format!("mqtts://h.example?x={SECRET}"), "topic": "a" } }),
        ),
        ("url", json!({ "mqtt": { "url": format!("mqtts://{SECRET} h.example"), "topic": "a" } })),
        ("url", json!({ "mqtt": { "url": format!("smtp://h.example/{SECRET}"), "topic": "a" } })),
        ("url", files(&json!({ "webdav": { "url": url("https") } }))),
        ("host", files(&json!({ "ftps": { "host": host, "user": user, "password": password } }))),
        (
            "host",
            files(&json!({ "sftp": {
                "host": host, "user": user, "password": password, "hostKey": host_key,
            } })),
        ),
        (
            "endpoint",
            files(&json!({ "s3": {
                "endpoint": url("https"), "bucket": "records", "accessKey": "a", "secretKey": "s",
            } })),
        ),
        (
            "bucket",
            files(&json!({ "s3": {
                "endpoint": "https://s3.example", "bucket": SECRET, "accessKey": "a",
                "secretKey": "s",
            } })),
        ),
        (
            "headers",
            json!({ "http": { "url": "https://h.example", "headers": { format!("{SECRET} "): "x" } } }),
        ),
    ]
}

#[test]
fn a_secret_in_the_wrong_place_of_a_route_is_refused_and_not_repeated() {
    let settings = "[log]\nfilter = \"trace\"\n";
    let server: Server = Setup::default().settings(settings).start();
    let partner = server.partner("water");
    for (member, to) in misplaced() {
        let answer = partner.put("/v1/routes/wrong", &json!({ "to": to }));
        assert!([400, 422].contains(&answer.status), "{member}: {}", answer.text);
        let detail = answer.body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(member), "{member}: {}", answer.text);
        assert!(!answer.text.contains(SECRET), "{member}: {}", answer.text);
    }
    for (place, text) in [
        ("the log", server.log()),
        ("the audit", server.admin().get("/v1/audit?limit=1000").text),
        ("the list", partner.get("/v1/routes").text),
    ] {
        assert!(!text.contains(SECRET), "{place}: {text}");
    }
}
