//! Many payloads at once: of a file, of a pipe, of lines of network servers and of tables, and records that are verified.

use std::{fs, process::Command};

use champollion_tests::{Sensor, Server, champollion, run};
use serde_json::{Value as Json, json};

use super::{Desk, says};

fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn a_file_of_payloads_is_decoded_in_its_order_and_broken_rows_are_told() {
    let desk = Desk::new("js");
    let mut csv = String::from("device;time;port;payload\n");
    for row in 0..10_000_u32 {
        let level = row % 5_000;
        csv.push_str(&format!("dev-{};2026-01-01 00:00:00;2;{level:04X}64\n", row % 7));
    }
    for broken in [
        "a;2026-01-01;2;xyz",
        "a;2026-01-01 00:00:00;0;04D25F",
        "a;2026-01-01 00:00:00;300;04D25F",
        "a;yesterday;2;04D25F",
        "a;2",
        "a;2026-01-01 00:00:00;2;",
        "a;2026-01-01 00:00:00;9;04D25F",
    ] {
        csv.push_str(broken);
        csv.push('\n');
    }
    desk.write("payloads.csv", csv);
    let done = desk.run(&["decode", "--in", "payloads.csv", "--out", "readings.ndjson"]);
    says(
        &done.stderr,
        &["10000 of 10007 payloads decoded", "7 of 10007 rows were not decoded", "--lenient"],
    );
    says(&done.stderr, &["read as hexadecimal digits: --encoding base64 reads them otherwise"]);
    assert_ne!(done.code, Some(0), "rows were not decoded");
    let readings = lines(&desk.read("readings.ndjson"));
    assert_eq!(readings.len(), 10_007);
    for (index, reading) in readings.iter().enumerate() {
        assert_eq!(reading["row"], index + 1);
        assert_eq!(reading["line"], index + 2, "the header is the first line");
        if index < 10_000 {
            let level = (index % 5_000) as f64 / 1000.0;
            assert_eq!(reading["data"]["level"].as_f64(), Some(level), "{reading}");
            assert_eq!(reading["measurements"][0]["quantity"], "water.level");
        } else {
            assert!(reading["error"]["message"].is_string(), "{reading}");
            assert!(reading["data"].is_null(), "{reading}");
        }
    }
    let error = |row: usize| readings[row]["error"].to_string();
    says(&error(10_000), &["broken-row", "hexadecimal"]);
    says(&error(10_002), &["FPort", "300"]);
    says(&error(10_003), &["yesterday"]);
    says(&error(10_004), &["2 cells"]);
    says(&error(10_006), &["decoder-failure", "port 9"]);

    let table = ["decode", "--in", "payloads.csv", "--out", "readings.csv", "--lenient"];
    let lenient = desk.run(&table);
    says(&lenient.stderr, &["10000 of 10007 payloads decoded", "7 were not"]);
    drop(lenient.success());
    let table = desk.read("readings.csv");
    assert_eq!(table.lines().count(), 10_008);
    says(table.lines().next().unwrap(), &["row,line,device,receivedAt", "error"]);
}

#[test]
fn lines_of_network_servers_are_decoded_too() {
    let desk = Desk::new("js");
    let payload = "BNJf";
    desk.write(
        "events.ndjson",
        format!(
            "{{\"time\":\"2026-01-01T00:00:00Z\",\"deviceInfo\":{{\"devEui\":\"70b3d5499a000001\"}},\"fCnt\":1,\
             \"fPort\":2,\"data\":\"{payload}\"}}\n\n{{\"fPort\":2\n"
        ),
    );
    let printed = desk.run(&["decode", "--in", "events.ndjson", "--lenient"]).success();
    let readings = lines(&printed);
    assert_eq!(readings[0]["data"]["level"], 1.234, "{printed}");
    assert_eq!(readings[0]["device"], "70b3d5499a000001");
    says(&readings[1]["error"].to_string(), &["no JSON object"]);
    assert_eq!(readings[1]["line"], 3);

    desk.write(
        "stack.ndjson",
        format!(
            "{{\"end_device_ids\":{{\"device_id\":\"tank\",\"dev_eui\":\"70B3D5499A000001\"}},\"received_at\":\
             \"2026-01-01T00:00:00Z\",\"uplink_message\":{{\"f_port\":2,\"f_cnt\":7,\"frm_payload\":\"{payload}\",\
             \"decoded_payload\":{{\"raw\":\"0001\"}}}}}}\n"
        ),
    );
    let decoded = desk.run(&["decode", "--in", "stack.ndjson"]);
    says(&decoded.stderr, &["read as base64: --encoding hex reads them otherwise"]);
    let reading = &lines(&decoded.success())[0];
    assert_eq!(reading["data"]["level"], 1.234, "{reading}");
    assert_eq!((&reading["fCnt"], &reading["device"]), (&json!("7"), &json!("70B3D5499A000001")));
    let column = "payload=uplink_message.decoded_payload.raw";
    let named = desk.run(&["decode", "--in", "stack.ndjson", "--column", column]);
    says(&lines(&named.stdout)[0]["error"].to_string(), &["decoder-failure"]);
}

/// As spreadsheets and programs of statistics write them.
#[test]
fn tables_of_other_programs_are_read_and_told_by_their_lines() {
    let desk = Desk::new("js");
    desk.write(
        "payloads.csv",
        "\u{FEFF}sep=;\r\n# our tanks, by hand\r\ntime;port;payload;decoder\r\n\
         31.01.2026 12:00;2.0;04D25F;the usual\r\n1769860800.5;2;\"04D25F;x\r\n\
         2026/01/31 12:00:00;2;04D25F;\r\n",
    );
    let decoded = desk.run(&["decode", "--in", "payloads.csv"]);
    says(&decoded.stderr, &["2 of 3 payloads decoded", "1 of 3 rows were not decoded"]);
    let readings = lines(&decoded.stdout);
    assert_eq!(readings.len(), 3, "{decoded:?}");
    assert_eq!(readings[0]["data"]["level"], 1.234, "one decoder needs no choice: {readings:?}");
    assert_eq!(readings[0]["line"], 4);
    says(&readings[1]["error"].to_string(), &["the quote that opens in line 5"]);
    assert_eq!(readings[2]["data"]["level"], 1.234);
    let named = ["decode", "--in", "payloads.csv", "--column", "decoder=decoder"];
    says(&lines(&desk.run(&named).stdout)[0]["error"].to_string(), &["unknown-decoder"]);
}

#[cfg(unix)]
#[test]
fn payloads_come_through_a_pipe_and_a_reader_may_have_enough() {
    let desk = Desk::new("js");
    let rows = "2,04D25F\n".repeat(100_000);
    desk.write("payloads.csv", format!("port,payload\n{rows}"));
    let program = champollion().get_program().to_owned();
    for from in ["-", "/dev/stdin"] {
        let script = "head -n 3 payloads.csv | \"$0\" decode --in \"$1\"";
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(&program).arg(from).current_dir(&desk.decoder);
        assert_eq!(lines(&run(&mut shell).success()).len(), 2, "{from}");
    }
    let mut shell = Command::new("sh");
    let script = "\"$0\" decode --in payloads.csv | head -n 1";
    shell.args(["-c", script]).arg(&program).current_dir(&desk.decoder);
    let enough = run(&mut shell);
    assert_eq!((enough.stdout.lines().count(), enough.stderr.as_str()), (1, ""), "it is quiet");
}

#[test]
fn a_file_of_payloads_that_tells_too_little_is_refused() {
    let desk = Desk::new("js");
    for (content, words) in [
        ("a,b\n1,2\n", &["no column holds payloads", "\"a\"", "--column payload="][..]),
        ("payload\n00\n", &["FPort", "--fport"]),
        ("", &["empty"]),
        ("[{}]", &["one object on each line"]),
    ] {
        desk.write("payloads.csv", content);
        says(desk.run(&["decode", "--in", "payloads.csv"]).sentence(), words);
    }
    desk.write("payloads.csv", "wert\n04D25F\n");
    let named = ["decode", "--in", "payloads.csv", "--column", "payload=wert", "--fport", "2"];
    assert_eq!(lines(&desk.run(&named).success())[0]["data"]["level"], 1.234);
    let same = ["decode", "--in", "payloads.csv", "--out", "payloads.csv", "--fport", "2"];
    says(desk.run(&same).sentence(), &["same file"]);
    desk.write("payloads.csv", "payload,port\nzz,2\n");
    says(desk.run(&["decode", "--in", "payloads.csv"]).failure(), &["no row of it can be"]);
}

/// A decoder remembers a device's frame before, on whichever core it is decoded.
#[test]
fn the_rows_of_a_device_are_decoded_one_after_another() {
    let desk = Desk::new("js");
    desk.write(
        "codec.js",
        "function decodeUplink(input) {\n  const before = context.length > 0 ? context[0] : 0;\n  \
         context.length = 0;\n  context.push(before + 1);\n  \
         return { data: { level: before, battery: input.bytes[2] } };\n}\n",
    );
    let mut csv = String::from("devEui,fPort,payload\n");
    for row in 0..3_000 {
        csv.push_str(&format!("70B3D5499A00000{},2,00000{}\n", row % 3, row % 10));
    }
    desk.write("payloads.csv", csv);
    let printed = desk.run(&["decode", "--in", "payloads.csv"]).success();
    for (row, reading) in lines(&printed).iter().enumerate() {
        assert_eq!(reading["data"]["level"], row / 3, "{reading}");
    }
}

#[test]
fn records_are_verified_by_the_packages_that_they_name() {
    let desk = Desk::new("js");
    let server = Server::start();
    let cli = server.admin_cli();
    drop(desk.run(&["build", "--out", "."]).success());
    let package = desk.path("acme-tank-level-1.0.0.wasm").display().to_string();
    drop(cli.run(&["publish", &package]).success());
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("acme/tank-level@^1"));
    let lns = server.lns();
    for f_cnt in 1..=5 {
        lns.ingest(&sensor.frame(f_cnt, 2, &[4, 0xD2, 90 + f_cnt as u8])).success();
    }
    lns.ingest(&sensor.frame(6, 2, &[4])).success();
    let page = cli.run(&["records", "pull", "--group", "office", "--json"]).success();
    let file = desk.path("records.json");
    let path = file.display().to_string();
    fs::write(&file, &page).unwrap();
    let verify = ["records", "verify", &path];
    says(&cli.run(&verify).success(), &["6 of 6 records are what their payloads say"]);
    // The same without a server, by the package.
    let offline = desk.run(&["records", "verify", &path, "--decoder", &package]).success();
    says(&offline, &["6 of 6 records"]);

    let mut forged: Json = serde_json::from_str(&page).unwrap();
    forged["records"][2]["record"]["decoded"]["data"]["level"] = json!(9.5);
    fs::write(&file, forged.to_string()).unwrap();
    let differs = cli.run(&verify);
    says(&differs.stdout, &["data.level", "9.5", "1.234", "5 of 6"]);
    says(differs.failure(), &["1 of 6 records differ"]);
    let report: Json =
        serde_json::from_str(&cli.run(&[&verify[..], &["--json"]].concat()).stdout).unwrap();
    assert_eq!((&report["same"], &report["differing"]), (&json!(5), &json!(1)), "{report}");

    let other = Desk::new("js");
    other.replace("decoder.toml", "version = \"1.0.0\"", "version = \"1.0.1\"");
    drop(other.run(&["build", "--out", "."]).success());
    let wrong = other.path("acme-tank-level-1.0.1.wasm").display().to_string();
    let refused = desk.run(&["records", "verify", &path, "--decoder", &wrong]);
    says(&refused.stderr, &["acme/tank-level 1.0.0", "is not given", "could be decoded again"]);
    assert_ne!(refused.code, Some(0));
    fs::write(&file, "[{\"id\": 1}]").unwrap();
    let unreadable = cli.run(&verify);
    says(&unreadable.stderr, &["line 1: record 1", "nothing in it is a record"]);
    assert_ne!(unreadable.code, Some(0));

    // A line that is torn, and one of another unit, hide none of the others.
    let page: Json = serde_json::from_str(&page).unwrap();
    let records = page["records"].as_array().unwrap();
    let mut lines: Vec<String> =
        records.iter().map(|record| record["record"].to_string()).collect();
    lines.insert(1, "{\"id\": \"torn".to_owned());
    fs::write(&file, format!("\u{FEFF}{}\r\n", lines.join("\r\n"))).unwrap();
    let torn = cli.run(&verify);
    says(&torn.stdout, &["6 of 7 records"]);
    says(&torn.stderr, &["line 2: no JSON", "1 of 7 records are not verified", "--lenient"]);
    assert_ne!(torn.code, Some(0));
    says(&cli.run(&[&verify[..], &["--lenient"]].concat()).success(), &["6 of 7 records"]);
    let mut other_unit = records[0]["record"].clone();
    other_unit["decoded"]["measurements"][0]["unit"] = json!("[ft_i]");
    fs::write(&file, other_unit.to_string()).unwrap();
    says(&cli.run(&verify).stdout, &["measurements[0].unit", "[ft_i]"]);
}
