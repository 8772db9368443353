//! `champollion frames inspect`: a frame explained, without a server.

use champollion_frames::device::Uplink;
use champollion_tests::{Joiner, Output, Sensor, champollion, digits, run};
use serde_json::{Value as Json, json};

fn inspect(arguments: &[&str]) -> Output {
    run(champollion().args(["frames", "inspect"]).args(arguments))
}

fn inspect_json(arguments: &[&str]) -> Json {
    let printed = inspect(&[arguments, &["--json"]].concat()).success();
    serde_json::from_str(&printed).expect("--json prints JSON")
}

const BEST_KNOWN: &str = "40F17DBE4900020001954378762B11FF0D";
const NWK_S_KEY: &str = "44024241ED4CE9A68C6A8BC055233FD3";
const APP_S_KEY: &str = "EC925802AE430CA77FD3DD73CB2CC588";

#[test]
fn the_best_known_frame_is_explained() {
    let printed =
        inspect(&["--hex", BEST_KNOWN, "--nwkskey", NWK_S_KEY, "--appskey", APP_S_KEY]).success();
    let expected = "\
MHDR         40: unconfirmed data uplink
DevAddr      49BE7DF1
FCtrl        no bit set; 0 bytes of FOpts
FCnt         2
FPort        1
FRMPayload   95437876
payload      74657374
MIC          2B11FF0D: right
text         test
";
    assert_eq!(printed, expected);

    let json = inspect_json(&["--hex", BEST_KNOWN, "--nwkskey", NWK_S_KEY, "--appskey", APP_S_KEY]);
    let expected = json!({
        "mType": "unconfirmed data uplink", "mhdr": 0x40, "mic": "2B11FF0D", "micCheck": "right",
        "data": {
            "direction": "up", "confirmed": false, "devAddr": "49BE7DF1", "adr": false,
            "adrAckReq": false, "ack": false, "classBOrFPending": false, "fCnt": 2, "fOpts": "",
            "fOptsCommands": [], "fPort": 1, "frmPayload": "95437876", "payload": "74657374",
            "text": "test",
        },
    });
    assert_eq!(json, expected);
}

#[test]
fn without_keys_and_with_wrong_ones() {
    let printed = inspect(&["--hex", BEST_KNOWN]).success();
    assert!(printed.contains("not checked") && printed.contains("not decrypted"), "{printed}");
    let wrong = inspect(&["--hex", BEST_KNOWN, "--nwkskey", APP_S_KEY, "--appskey", APP_S_KEY]);
    assert!(wrong.sentence().contains("the MIC is wrong"), "{wrong:?}");
    assert!(wrong.stdout.contains("2B11FF0D: WRONG"), "{wrong:?}");
    assert!(!wrong.stdout.contains("test"), "{wrong:?}");
    for (arguments, names) in [
        (&["--hex", "40F1"][..], &["2 of at least 12 bytes"][..]),
        (&["--hex", "4"], &["odd"]),
        (&["--hex", ""], &["too short"]),
        (&["--hex", BEST_KNOWN, "--nwkskey", "44"], &["NwkSKey", "32 hexadecimal digits"]),
        (&["--hex", BEST_KNOWN, "--fnwksintkey", NWK_S_KEY], &["--snwksintkey"]),
        (&["--hex", "41F17DBE4900020001954378762B11FF0D"], &["major version 1"]),
    ] {
        let output = inspect(arguments);
        let said = output.failure();
        assert!(names.iter().all(|name| said.contains(name)), "{arguments:?}: {said}");
        assert!(!said.contains(&NWK_S_KEY[8..]), "a key is shown: {said}");
    }
}

#[test]
fn mac_commands_are_called_by_their_names() {
    let sensor = Sensor::new(1);
    let nwk_s_key = sensor.nwk_s_key();
    let uplink = Uplink {
        f_cnt: 0x0001_0002,
        f_opts: &[0x03, 0x07, 0x06, 0xFF, 0x20],
        adr: true,
        confirmed: true,
        acknowledges: Some(1),
        ..Uplink::default()
    };
    let phy = digits(&sensor.send(&uplink));
    let arguments = ["--hex", &phy, "--nwkskey", &nwk_s_key, "--fcnt-high", "1"];
    let printed = inspect(&arguments).success();
    for line in [
        "MHDR         80: confirmed data uplink",
        "FCtrl        ADR, ACK; 5 bytes of FOpts",
        "FCnt         65538",
        "             03 LinkADRAns 07",
        "             06 DevStatusAns FF20",
        "FPort        absent",
    ] {
        assert!(printed.contains(line), "{line:?} is missing:\n{printed}");
    }
    assert!(inspect(&arguments[..4]).sentence().contains("--fcnt-high"));

    let on_port_0 = Uplink { f_port: Some(0), payload: &[0x02], ..Uplink::default() };
    let phy = digits(&sensor.send(&on_port_0));
    let printed = inspect(&["--hex", &phy, "--nwkskey", &nwk_s_key]).success();
    assert!(printed.contains("02 LinkCheckReq"), "{printed}");
}

#[test]
fn frames_of_1_1() {
    let sensor = Sensor::lorawan_1_1(1);
    let uplink = Uplink {
        f_cnt: 3,
        f_port: Some(2),
        payload: b"eleven",
        f_opts: &[0x0D],
        acknowledges: Some(77),
        tx_dr: 5,
        tx_ch: 2,
        ..Uplink::default()
    };
    let phy = digits(&sensor.send(&uplink));
    let registration = sensor.registration("g", None);
    let key = |name: &str| {
        registration["activation"]["abp"][name].as_str().expect("it has this key").to_owned()
    };
    let keys = [key("fNwkSIntKey"), key("sNwkSIntKey"), key("nwkSEncKey"), key("appSKey")];
    let arguments = [
        "--hex",
        &phy,
        "--fnwksintkey",
        &keys[0],
        "--snwksintkey",
        &keys[1],
        "--nwksenckey",
        &keys[2],
        "--appskey",
        &keys[3],
    ];
    let half = inspect_json(&arguments);
    assert_eq!(
        (&half["micCheck"], &half["data"]["text"]),
        (&json!("half-right"), &json!("eleven"))
    );
    assert_eq!(half["data"]["fOptsCommands"][0]["name"], "DeviceTimeReq");
    let whole = inspect_json(&[&arguments[..], &["--conf-fcnt", "77"]].concat());
    assert_eq!(whole["micCheck"], "right");
    let wrong = inspect(&[&arguments[..], &["--conf-fcnt", "78"]].concat());
    assert!(wrong.sentence().contains("wrong"), "{wrong:?}");
}

#[test]
fn messages_of_joining() {
    for joiner in [Joiner::new(1), Joiner::lorawan_1_1(1)] {
        let keys = joiner.keys();
        let mut roots = vec!["--appkey", keys["appKey"].as_str().expect("it has one")];
        if let Some(nwk_key) = keys["nwkKey"].as_str() {
            roots.extend(["--nwkkey", nwk_key]);
        }
        let hex = |frame: &Json| frame["phyPayload"].as_str().expect("it is a text").to_owned();
        let request = hex(&joiner.request(0x0102));
        let json = inspect_json(&[&["--hex", &request][..], &roots].concat());
        assert_eq!(json["micCheck"], "right");
        let expected = json!({
            "joinEui": "0200000000000001", "devEui": joiner.dev_eui(), "devNonce": 0x0102,
        });
        assert_eq!(json["joinRequest"], expected);

        let (accept, sensor) = joiner.accept(0x0102, 9, 0x0200_7001);
        let accept = hex(&accept);
        let encrypted = inspect(&["--hex", &accept]).success();
        assert!(encrypted.contains("encrypted"), "{encrypted}");
        let dev_eui = joiner.dev_eui();
        let asked = ["--dev-eui", &dev_eui, "--join-eui", "0200000000000001", "--dev-nonce", "258"];
        let json = inspect_json(&[&["--hex", &accept][..], &roots, &asked].concat());
        assert_eq!(json["micCheck"], "right");
        assert_eq!(json["joinAccept"]["devAddr"], json!(sensor.dev_addr()));
        assert_eq!(
            (&json["joinAccept"]["joinNonce"], &json["joinAccept"]["netId"]),
            (&json!(9), &json!(1))
        );
        let printed = inspect(&[&["--hex", &accept][..], &roots].concat()).success();
        assert!(printed.contains(&format!("DevAddr      {}", sensor.dev_addr())), "{printed}");
    }
    let rejoin = format!("C001{}{}0100FFFFFFFF", "02".repeat(8), "03".repeat(8));
    let printed = inspect(&["--hex", &rejoin]).success();
    for line in
        ["rejoin request", "RejoinType   1", "DevEUI       0303030303030303", "RJcount      1"]
    {
        assert!(printed.contains(line), "{line:?} is missing:\n{printed}");
    }
}
