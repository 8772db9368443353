//! Handshakes of clouds come before the credentials: they are shown to admins, and nothing opens them.

use champollion_tests::{Server, Table};
use serde_json::{Value as Json, json};
use ureq::http::Method;

const DOOR: &str = "/v1/ingest/aws";
const LIST: &str = "/v1/network-servers/handshakes";

/// A handshake of AWS IoT as it stands in its documentation, of some number.
fn aws_iot(number: usize) -> Json {
    json!({
        "arn": format!("arn:aws:iot:eu-west-1:123456789012:ruledestination/http/{number}"),
        "confirmationToken": format!("AYADtoken{number}-"),
        "enableUrl": format!("https://iot.eu-west-1.amazonaws.com/confirmdestination/AYADtoken{number}-"),
        "messageType": "DestinationConfirmation",
    })
}

fn list(server: &Server) -> Vec<Json> {
    let list = server.admin().get(LIST).success();
    list["handshakes"].as_array().expect("it is a list").clone()
}

#[test]
fn an_admin_sees_what_confirms_a_destination_of_aws() {
    let server = Server::start();
    let cli = server.admin_cli();
    let nothing = cli.run(&["network-servers", "handshakes"]).success();
    assert!(nothing.contains("no cloud has asked"), "{nothing}");

    // As AWS sends it: without the headers of the rule.
    let answer = server.anybody().post(DOOR, &aws_iot(1)).success();
    assert_eq!(answer, json!({ "status": "ignored", "what": "DestinationConfirmation" }));
    let shown = list(&server);
    assert_eq!(shown.len(), 1, "{shown:?}");
    let expected = aws_iot(1);
    for (name, member) in [
        ("resource", "arn"),
        ("confirmationToken", "confirmationToken"),
        ("enableUrl", "enableUrl"),
    ] {
        assert_eq!(shown[0][name], expected[member], "{shown:?}");
    }
    assert_eq!((&shown[0]["door"], &shown[0]["times"]), (&json!(DOOR), &json!(1)));
    assert_eq!(shown[0]["from"], "127.0.0.1");
    assert!(shown[0]["firstAt"].is_string(), "{shown:?}");
    let url = expected["enableUrl"].as_str().expect("it is a text");
    let log = server.log();
    assert!(log.contains("INFO") && log.contains(url), "{log}");

    // With a token too, and counted.
    server.lns().post(DOOR, &aws_iot(1)).success();
    assert_eq!(list(&server)[0]["times"], 2);
    assert_eq!(server.log().matches(url).count(), 1, "the log says it once");

    let printed = cli.run(&["network-servers", "handshakes"]).success();
    for part in [url, "AYADtoken1-", "ruledestination/http/1", DOOR] {
        assert!(printed.contains(part), "{printed}");
    }
    let json = cli.json(&["network-servers", "handshakes", "--json"]);
    assert_eq!(json["handshakes"][0]["enableUrl"], url);

    for other in [server.lns(), server.partner("water")] {
        other.get(LIST).problem(403, "forbidden");
    }
    server.anybody().get(LIST).problem(401, "token-missing");
    let metrics = server.admin().get("/metrics").text;
    assert!(metrics.contains("champollion_handshakes_total{result=\"kept\"} 1"), "{metrics}");
}

#[test]
fn handshakes_of_other_clouds_and_at_other_doors_are_shown_too() {
    let server = Server::start();
    let anybody = server.anybody();
    let sns = json!({
        "Type": "SubscriptionConfirmation", "MessageId": "1", "Token": "2336412f37",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:uplinks", "Message": "You have chosen to subscribe",
        "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37",
        "Timestamp": "2026-11-25T08:00:00.000Z", "SignatureVersion": "1", "Signature": "EXAMPLE",
    });
    let azure = json!([{
        "id": "1", "topic": "/subscriptions/1/resourceGroups/a/providers/b", "subject": "",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "dataVersion": "1",
        "data": {
            "validationCode": "512d38b6",
            "validationUrl": "https://rp-westeurope.eventgrid.azure.net:553/validate?id=512d38b6",
        },
    }]);
    for (door, body) in [
        ("/v1/ingest/tts", aws_iot(1)),
        ("/v1/ingest/chirpstack?event=up", sns.clone()),
        ("/v1/ingest/phy", aws_iot(2)),
        ("/v1/ingest/plain", sns),
        (DOOR, azure),
    ] {
        let answer = anybody.post(door, &body).success();
        assert_eq!(answer["status"], "ignored", "{door}: {answer}");
    }
    let shown = list(&server);
    let doors: Vec<&str> = shown.iter().filter_map(|one| one["door"].as_str()).collect();
    let expected =
        ["/v1/ingest/tts", "/v1/ingest/chirpstack", "/v1/ingest/phy", "/v1/ingest/plain", DOOR];
    assert_eq!(doors, expected, "{shown:?}");
    assert_eq!(shown[4]["what"], "SubscriptionValidation");
    // With a token, at the doors of our own formats too.
    let lns = server.lns();
    assert_eq!(lns.post("/v1/ingest/phy", &aws_iot(2)).success()["status"], "ignored");
    assert_eq!(list(&server)[2]["times"], 2);
}

#[test]
fn everything_else_without_a_token_stays_out() {
    let server = Server::start();
    let anybody = server.anybody();
    let with = |name: &str, value: Json| {
        let mut body = aws_iot(1);
        body[name] = value;
        body
    };
    let missing = (401, "token-missing");
    let mut table = Table::default();
    for (what, body) in [
        ("another messageType", with("messageType", json!("DestinationEnabled"))),
        ("no messageType", with("messageType", json!(null))),
        ("no address", with("enableUrl", json!(null))),
        ("another's address", with("enableUrl", json!("https://host.example/confirm"))),
        ("an address in clear", with("enableUrl", json!("http://iot.eu-west-1.amazonaws.com/a"))),
        ("a line break", with("arn", json!("arn:aws:iot\nINFO forged"))),
        ("no token", with("confirmationToken", json!(""))),
        ("larger than a handshake", with("padding", json!("x".repeat(9_000)))),
        ("huge", with("padding", json!("x".repeat(300_000)))),
        ("a list of them", json!([aws_iot(1)])),
        ("an uplink", json!({ "WirelessDeviceId": "1", "WirelessMetadata": {} })),
        ("nothing", json!(null)),
    ] {
        table.expect(what, &anybody.post(DOOR, &body), missing, &["Bearer"]);
    }
    for garbage in [&b""[..], b"{", b"\x00\xFF", b"messageType=DestinationConfirmation"] {
        let answer = anybody.send(&Method::POST, DOOR, garbage);
        table.expect("garbage", &answer, missing, &[]);
    }
    // A wrong token is one, also on a handshake.
    let wrong = anybody.token("chmp_lns_nonsense").post(DOOR, &aws_iot(1));
    table.check("a wrong token", (wrong.status != 401).then(|| wrong.text.clone()));
    for elsewhere in ["/v1/decode", "/v1/tokens", "/v1/ingest", "/v1/ingest/nobody"] {
        let answer = anybody.post(elsewhere, &aws_iot(1));
        let is_taken = answer.status < 400;
        table.check(elsewhere, is_taken.then(|| answer.text.clone()));
    }
    table.finish();
    assert_eq!(list(&server), Vec::<Json>::new());
    assert!(!server.log().contains("forged"));
}

#[test]
fn strangers_fill_neither_the_list_nor_the_log() {
    let server = Server::start();
    let anybody = server.anybody();
    let mut taken = 0;
    for number in 0..100 {
        let answer = anybody.post(DOOR, &aws_iot(number));
        if answer.status == 200 {
            taken += 1;
        } else {
            answer.problem(429, "busy");
        }
    }
    assert_eq!(taken, 8, "so many of one network");
    assert_eq!(list(&server).len(), taken);
    assert_eq!(server.log().matches("confirmdestination").count(), taken);
    // The same again is welcome however often it comes.
    for _ in 0..20 {
        anybody.post(DOOR, &aws_iot(0)).success();
    }
    assert_eq!(list(&server)[0]["times"], 21);
    assert_eq!(server.log().matches("confirmdestination").count(), taken);
}
