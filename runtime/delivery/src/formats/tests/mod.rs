//! Records in files of each format.

mod nothing_lost;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Detail, Format, Layout, TableContent, TableOptions, cells::unmarked};
use crate::routes::Shape;

/// A meter of water with an index of now and one of the midnight before, a lamp with two relays and
/// a name that a spreadsheet would calculate, and a frame that nobody could read.
fn records() -> Vec<String> {
    let decoder =
        json!({ "id": "acme/meter", "version": "1.2.0", "digest": "sha256:ab", "fuel": 9 });
    let radio = json!({
        "rssiDbm": -97.5, "snrDb": 5.25, "redundancy": 2, "frequencyHz": 868_100_000,
        "spreadingFactor": 9, "gateways": [],
    });
    let record = |dev_eui: &str, name: &str, f_cnt: u32| {
        json!({
            "id": format!("{dev_eui}-{f_cnt:08X}-01020304"),
            "group": "water",
            "device": {
                "devEui": dev_eui, "name": name, "subGroup": "north", "useCase": "metering",
                "tags": { "street": "rue de l'Égalité", "floor": "2" },
            },
            "receivedAt": "2026-11-25T08:00:00.5Z",
            "networkServer": "lns",
            "uplink": { "fCnt": f_cnt, "fPort": 5, "confirmed": false, "payload": "0102FF" },
            "radio": radio,
        })
    };
    let mut meter = record("70B3D5E75E000001", "Hall, \"A\"", 7);
    meter["decoder"] = decoder.clone();
    meter["decoded"] = json!({
        "data": { "index": 12.5 },
        "measurements": [
            { "quantity": "water.volume", "unit": "m3", "value": 12.5 },
            { "quantity": "water.volume", "unit": "m3", "value": 12.0,
              "measuredAt": "2026-11-25T00:00:00Z" },
            { "quantity": "alarm.leak", "value": true },
        ],
        "warnings": [],
    });
    let mut lamp = record("70B3D5E75E000002", "=1+1", 8);
    lamp["decoder"] = decoder;
    lamp["decoded"] = json!({
        "data": {},
        "measurements": [
            { "quantity": "lamp.relay", "value": false, "channel": 1 },
            { "quantity": "air.co2", "unit": "[ppm]", "value": 412 },
        ],
        "warnings": [],
    });
    let mut unread = record("70B3D5E75E000003", "", 9);
    unread["decodeError"] = json!({ "code": "no-decoder", "message": "it has none" });
    [meter, lamp, unread].iter().map(Json::to_string).collect()
}

/// The options of a layout, with the usual content.
fn of(layout: Layout) -> TableOptions {
    TableOptions::new(layout, TableContent::default())
}

/// The same with each detail.
fn detailed(layout: Layout) -> TableOptions {
    let details = vec![Detail::Digest, Detail::Data, Detail::Payload];
    TableOptions::new(layout, TableContent { details, ..TableContent::default() })
}

/// The options of a layout with a content as a route says it.
fn with(layout: Layout, content: &Json) -> TableOptions {
    TableOptions::new(layout, serde_json::from_value(content.clone()).unwrap())
}

fn text(format: Format) -> String {
    written(format, &detailed(Layout::International))
}

fn written(format: Format, options: &TableOptions) -> String {
    String::from_utf8(format.write(&records(), options).unwrap()).unwrap()
}

#[test]
fn rows_have_a_line_for_each_measurement() {
    let expected = [
        "record,group,device,name,subGroup,useCase,tags.floor,tags.street,receivedAt,measuredAt,quantity,channel,value,unit,data,payload,fCnt,fPort,rssi [dBm],snr [dB],spreadingFactor,frequency [Hz],redundancy,networkServer,decoder,decoderVersion,decoderDigest,error,errorMessage,replaces,recordedAt,missedFrames,gateway,measurement,kind,current",
        r#""70B3D5E75E000001-00000007-01020304","water","70B3D5E75E000001","Hall, ""A""","north","metering","2","rue de l'Égalité",2026-11-25T08:00:00.500Z,2026-11-25T08:00:00.500Z,"water.volume",0,12.5,"m3","{""index"":12.5}","0102FF",7,5,-97.5,5.25,9,868100000,2,"lns","acme/meter","1.2.0","sha256:ab",,,,,,,,,"#,
        r#""70B3D5E75E000001-00000007-01020304","water","70B3D5E75E000001","Hall, ""A""","north","metering","2","rue de l'Égalité",2026-11-25T08:00:00.500Z,2026-11-25T00:00:00.000Z,"water.volume",0,12.0,"m3",,"0102FF",7,5,-97.5,5.25,9,868100000,2,"lns","acme/meter","1.2.0","sha256:ab",,,,,,,,,"#,
        r#""70B3D5E75E000001-00000007-01020304","water","70B3D5E75E000001","Hall, ""A""","north","metering","2","rue de l'Égalité",2026-11-25T08:00:00.500Z,2026-11-25T08:00:00.500Z,"alarm.leak",0,true,,,"0102FF",7,5,-97.5,5.25,9,868100000,2,"lns","acme/meter","1.2.0","sha256:ab",,,,,,,,,"#,
        r#""70B3D5E75E000002-00000008-01020304","water","70B3D5E75E000002","'=1+1","north","metering","2","rue de l'Égalité",2026-11-25T08:00:00.500Z,2026-11-25T08:00:00.500Z,"lamp.relay",1,false,,"{}","0102FF",8,5,-97.5,5.25,9,868100000,2,"lns","acme/meter","1.2.0","sha256:ab",,,,,,,,,"#,
        r#""70B3D5E75E000002-00000008-01020304","water","70B3D5E75E000002","'=1+1","north","metering","2","rue de l'Égalité",2026-11-25T08:00:00.500Z,2026-11-25T08:00:00.500Z,"air.co2",0,412,"[ppm]",,"0102FF",8,5,-97.5,5.25,9,868100000,2,"lns","acme/meter","1.2.0","sha256:ab",,,,,,,,,"#,
        r#""70B3D5E75E000003-00000009-01020304","water","70B3D5E75E000003",,"north","metering","2","rue de l'Égalité",2026-11-25T08:00:00.500Z,2026-11-25T08:00:00.500Z,,,,,,"0102FF",9,5,-97.5,5.25,9,868100000,2,"lns",,,,"no-decoder","it has none",,,,,,,"#,
        "",
    ];
    assert_eq!(text(Format::CsvRows), expected.join("\r\n"));
}

#[test]
fn columns_have_a_line_for_each_record_and_moment() {
    let expected = [
        "record,group,device,name,subGroup,useCase,tags.floor,tags.street,receivedAt,measuredAt,air.co2 [ppm],alarm.leak,lamp.relay #1,water.volume [m3],data,payload,fCnt,fPort,rssi [dBm],snr [dB],spreadingFactor,frequency [Hz],redundancy,networkServer,decoder,decoderVersion,decoderDigest,error,errorMessage,replaces,recordedAt,missedFrames,gateway",
        r#""70B3D5E75E000001-00000007-01020304","water","70B3D5E75E000001","Hall, ""A""","north","metering","2","rue de l'Égalité",2026-11-25T08:00:00.500Z,2026-11-25T08:00:00.500Z,,true,,12.5,"{""index"":12.5}","0102FF",7,5,-97.5,5.25,9,868100000,2,"lns","acme/meter","1.2.0","sha256:ab",,,,,,"#,
        r#""70B3D5E75E000001-00000007-01020304","water","70B3D5E75E000001","Hall, ""A""","north","metering","2","rue de l'Égalité",2026-11-25T08:00:00.500Z,2026-11-25T00:00:00.000Z,,,,12.0,,"0102FF",7,5,-97.5,5.25,9,868100000,2,"lns","acme/meter","1.2.0","sha256:ab",,,,,,"#,
        r#""70B3D5E75E000002-00000008-01020304","water","70B3D5E75E000002","'=1+1","north","metering","2","rue de l'Égalité",2026-11-25T08:00:00.500Z,2026-11-25T08:00:00.500Z,412,,false,,"{}","0102FF",8,5,-97.5,5.25,9,868100000,2,"lns","acme/meter","1.2.0","sha256:ab",,,,,,"#,
        r#""70B3D5E75E000003-00000009-01020304","water","70B3D5E75E000003",,"north","metering","2","rue de l'Égalité",2026-11-25T08:00:00.500Z,2026-11-25T08:00:00.500Z,,,,,,"0102FF",9,5,-97.5,5.25,9,868100000,2,"lns",,,,"no-decoder","it has none",,,,"#,
        "",
    ];
    assert_eq!(text(Format::CsvColumns), expected.join("\r\n"));
}

#[test]
fn a_list_of_measurements_names_the_device_and_the_moment_of_each() {
    let written: Json = serde_json::from_str(&text(Format::Senml)).unwrap();
    let expected = json!([
        { "bn": "urn:dev:mac:70b3d5e75e000001_", "bt": 1_795_593_600.5, "n": "lorawan.record",
          "vs": "70B3D5E75E000001-00000007-01020304" },
        { "n": "lorawan.payload", "vd": "AQL_" },
        { "n": "lorawan.counter", "u": "count", "v": 7.0 },
        { "n": "lorawan.port", "v": 5.0 },
        { "n": "lorawan.rssi", "u": "dBW", "v": -127.5 },
        { "n": "lorawan.snr", "u": "dB", "v": 5.25 },
        { "n": "lorawan.spreading-factor", "v": 9.0 },
        { "n": "lorawan.frequency", "u": "Hz", "v": 868_100_000.0 },
        { "n": "lorawan.redundancy", "u": "count", "v": 2.0 },
        { "n": "lorawan.decoder", "vs": "acme/meter@1.2.0 sha256:ab" },
        { "n": "water.volume", "u": "m3", "v": 12.5 },
        { "n": "water.volume", "u": "m3", "v": 12.0, "t": -28_800.5 },
        { "n": "alarm.leak", "vb": true },
    ]);
    let first: Vec<Json> = written.as_array().unwrap().iter().take(13).cloned().collect();
    assert_eq!(json!(first), expected);
    let said = written.to_string();
    assert!(said.contains(r#""n":"lamp.relay_1","vb":false"#), "{said}");
    assert!(said.contains(r#""vs":"no-decoder: it has none""#), "{said}");
}

/// A corrected record of the meter, as one of the present version.
fn corrected() -> String {
    let mut record: Json = serde_json::from_str(&records()[0]).unwrap();
    record["replaces"] = json!({ "record": "70B3D5E75E000001-00000007-01020304" });
    record["recordedAt"] = json!("2026-11-25T08:00:01Z");
    record["uplink"]["missedFrames"] = json!(2);
    record["radio"]["bestReception"] = json!({ "gateway": "gw", "rssiDbm": -97.5 });
    let measured = &mut record["decoded"]["measurements"][1];
    measured["id"] = json!("ABCDEFGHIJKLMNOP");
    measured["kind"] = json!("index");
    measured["current"] = json!(false);
    record.to_string()
}

#[test]
fn a_corrected_record_names_the_one_that_it_replaces_in_every_format() {
    const REPLACED: &str = "70B3D5E75E000001-00000007-01020304";
    let both = [records().remove(0), corrected()];
    for format in Format::ALL {
        let written = format.write(&both, &of(Layout::International)).unwrap();
        let replaced: Vec<bool> = match format {
            Format::Json | Format::Ndjson => {
                let text = String::from_utf8(written).unwrap();
                let list = match format {
                    Format::Json => text,
                    _ => format!("[{}]", text.trim_end().replace('\n', ",")),
                };
                let read: Vec<Json> = serde_json::from_str(&list).unwrap();
                read.iter().map(|record| record["replaces"]["record"] == REPLACED).collect()
            }
            Format::CsvRows | Format::CsvColumns => {
                let rows = read(&written, Layout::International);
                rows.iter().map(|row| row["replaces"] == REPLACED).collect()
            }
            // The tests of the real binary open them.
            Format::XlsxRows
            | Format::XlsxColumns
            | Format::ParquetRows
            | Format::ParquetColumns => continue,
            Format::Senml => {
                let read: Vec<Json> = serde_json::from_slice(&written).unwrap();
                read.iter().map(|entry| entry["replaces"] == REPLACED).collect()
            }
        };
        let half = replaced.len() / 2;
        assert!(replaced[..half].iter().all(|is| !is), "{format}: {replaced:?}");
        assert!(replaced[half..].iter().all(|is| *is), "{format}: {replaced:?}");
    }
}

#[test]
fn tables_say_what_a_sum_needs() {
    let written = Format::CsvRows.write(&[corrected()], &of(Layout::International)).unwrap();
    let rows = read(&written, Layout::International);
    let row = rows.iter().find(|row| row["value"] == "12.0").unwrap();
    for (column, expected) in [
        ("measurement", "ABCDEFGHIJKLMNOP"),
        ("kind", "index"),
        ("current", "false"),
        ("recordedAt", "2026-11-25T08:00:01.000Z"),
        ("missedFrames", "2"),
        ("gateway", "gw"),
    ] {
        assert_eq!(row[column], expected, "{column}");
    }
}

#[test]
fn records_stay_as_they_are_where_the_format_can_hold_them() {
    let records = records();
    let json: Vec<Json> = serde_json::from_str(&text(Format::Json)).unwrap();
    let lines: Vec<Json> =
        text(Format::Ndjson).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected: Vec<Json> =
        records.iter().map(|record| serde_json::from_str(record).unwrap()).collect();
    assert_eq!((json, lines), (expected.clone(), expected));
}

#[test]
fn no_records_are_an_empty_file_of_the_format() {
    let empty = |format: Format| {
        String::from_utf8(format.write::<&str>(&[], &TableOptions::default()).unwrap()).unwrap()
    };
    assert_eq!(empty(Format::Json), "[]\n");
    assert_eq!(empty(Format::Senml), "[]\n");
    assert_eq!(empty(Format::Ndjson), "");
    assert_eq!(empty(Format::CsvRows).lines().count(), 1);
    assert_eq!(empty(Format::CsvColumns).lines().count(), 1);
}

#[test]
fn a_shape_without_decoded_or_payload_can_be_written_too() {
    for shape in [Shape::Raw, Shape::Decoded] {
        let records = records();
        let shaped: Vec<_> = records.iter().map(|record| shape.of(record).unwrap()).collect();
        for format in Format::ALL {
            assert!(format.write(&shaped, &of(Layout::French)).is_ok(), "{format} {shape:?}");
        }
    }
    assert!(Format::CsvRows.write(&["{}"], &TableOptions::default()).is_err());
}

#[test]
fn a_format_is_known_by_its_name() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
        assert_eq!(serde_json::to_value(format).unwrap(), format.as_str());
    }
    assert!("xml".parse::<Format>().unwrap_err().to_string().contains("csv-rows"));
}

#[test]
fn a_french_table_has_semicolons_decimal_commas_and_its_mark() {
    let written = written(Format::CsvRows, &detailed(Layout::French));
    assert!(written.starts_with("\u{feff}record;group;device;"), "{written}");
    assert!(written.lines().next().unwrap().ends_with(";utcOffset [h]"), "{written}");
    let row = written.lines().nth(1).unwrap();
    let expected = ";\"Hall, \"\"A\"\"\";\"north\";\"metering\";\"2\";\"rue de l'Égalité\";\
                    2026-11-25 09:00:00;2026-11-25 09:00:00;";
    assert!(row.contains(expected), "{row}");
    assert!(row.contains(";0;12,5;\"m3\";\"{\"\"index\"\":12.5}\";"), "{row}");
    assert!(row.contains(";-97,5;5,25;9;868100000;2;"), "{row}");
    assert!(row.ends_with(";1"), "{row}");
    let leak = written.lines().nth(3).unwrap();
    assert!(leak.contains(";\"alarm.leak\";0;VRAI;"), "{leak}");
}

#[test]
fn local_moments_of_a_table_are_of_the_zone_that_its_records_name() {
    let mut record: Json = serde_json::from_str(&records()[0]).unwrap();
    record["timeZone"] = json!("America/Guadeloupe");
    record["receivedAt"] = json!("2026-07-25T08:00:00Z");
    let table = Format::CsvColumns.write(&[record.to_string()], &of(Layout::French)).unwrap();
    let rows = read(&table, Layout::French);
    assert_eq!(rows[0]["receivedAt"], "2026-07-25 04:00:00");
    assert_eq!(rows[0]["utcOffset [h]"], "-4");
    record["timeZone"] = json!("Asia/Kolkata");
    let table = Format::CsvRows.write(&[record.to_string()], &of(Layout::French)).unwrap();
    assert_eq!(read(&table, Layout::French)[0]["utcOffset [h]"], "5,5");
    // Where clocks are put back an hour comes twice, and its offset tells it apart.
    record["timeZone"] = json!("Europe/Paris");
    for (at, offset) in [("2026-10-25T00:30:00Z", "2"), ("2026-10-25T01:30:00Z", "1")] {
        record["receivedAt"] = json!(at);
        record["decoded"]["measurements"] = json!([]);
        let table = Format::CsvRows.write(&[record.to_string()], &of(Layout::French)).unwrap();
        let row = read(&table, Layout::French).remove(0);
        assert_eq!((&*row["measuredAt"], &*row["utcOffset [h]"]), ("2026-10-25 02:30:00", offset));
    }
}

#[test]
fn details_are_in_a_table_only_where_they_are_asked_for() {
    for format in [Format::CsvRows, Format::CsvColumns] {
        let usual = written(format, &TableOptions::default());
        for absent in ["data,", "payload", "decoderDigest", "0102FF", "sha256:", "index"] {
            assert!(!usual.contains(absent), "{format} {absent}: {usual}");
        }
        let options = with(Layout::International, &json!({ "details": ["payload"] }));
        let asked = written(format, &options);
        assert!(asked.contains("0102FF") && !asked.contains("sha256:"), "{format}: {asked}");
    }
}

#[test]
fn a_table_for_databases_has_the_same_columns_whatever_was_measured() {
    let header = |format: Format, records: &[String], content: &Json| {
        let table = format.write(records, &with(Layout::Database, content)).unwrap();
        String::from_utf8(table).unwrap().lines().next().unwrap().to_owned()
    };
    let all = records();
    for content in [json!({}), json!({ "quantities": ["air.co2", "pulse.count"], "tags": ["x"] })] {
        for format in [Format::CsvRows, Format::CsvColumns] {
            let expected = header(format, &all, &content);
            for some in [&all[..0], &all[..1], &all[1..2], &all[2..]] {
                assert_eq!(header(format, some, &content), expected, "{format} {content}");
            }
            for name in expected.split(',') {
                let is_plain =
                    |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
                assert!(name.bytes().all(is_plain), "{name}");
            }
        }
    }
    let named = with(Layout::Database, &json!({ "quantities": ["water.volume", "lamp.relay"] }));
    let table = Format::CsvColumns.write(&all, &named).unwrap();
    let rows = read(&table, Layout::Database);
    // The meter has two moments, the lamp the channel 1, and of the last frame nothing is known.
    let told: Vec<_> = rows
        .iter()
        .map(|row| ["measured_at", "channel", "water_volume", "lamp_relay"].map(|name| &*row[name]))
        .collect();
    let received = "2026-11-25T08:00:00.500Z";
    let expected = [
        [received, "0", "12.5", ""],
        ["2026-11-25T00:00:00.000Z", "0", "12.0", ""],
        [received, "1", "", "false"],
        [received, "", "", ""],
    ];
    assert_eq!(told, expected);
    assert_eq!(rows[0]["tags"], r#"{"floor":"2","street":"rue de l'Égalité"}"#);
}

#[test]
fn a_table_has_the_quantities_and_tags_that_are_named() {
    let content = json!({ "quantities": ["pulse.count", "lamp.relay"], "tags": ["street", "x"] });
    let options = with(Layout::International, &content);
    let columns = Format::CsvColumns.write(&records(), &options).unwrap();
    let rows = read(&columns, Layout::International);
    assert_eq!(rows.len(), 3, "each record has a row");
    assert_eq!((&*rows[1]["lamp.relay #1"], &*rows[1]["pulse.count [1]"]), ("false", ""));
    assert_eq!((&*rows[1]["tags.street"], &*rows[1]["tags.x"]), ("rue de l'Égalité", ""));
    assert!(!rows[0].contains_key("water.volume [m3]") && !rows[0].contains_key("tags.floor"));
    let rows = Format::CsvRows.write(&records(), &options).unwrap();
    let rows = read(&rows, Layout::International);
    assert_eq!(rows.len(), 1, "a row is a measurement of one of them");
    assert_eq!(rows[0]["quantity"], "lamp.relay");
}

#[test]
fn more_tags_than_a_table_has_room_for_are_in_one_column() {
    let mut record: Json = serde_json::from_str(&records()[0]).unwrap();
    for number in 0..70 {
        record["device"]["tags"][format!("t{number:02}")] = json!("=1");
    }
    let table = Format::CsvColumns.write(&[record.to_string()], &TableOptions::default()).unwrap();
    let rows = read(&table, Layout::International);
    let tags = unmarked(&rows[0]["tags"], Layout::International);
    assert!(tags.starts_with("floor=2;street=") && tags.ends_with(";t69==1"), "{tags}");
}

#[test]
fn columns_of_the_recipients_own_stand_instead_of_all_others() {
    let content = json!({
        "quantities": ["water.volume"],
        "columns": "étage=tags.floor;date;index;litres=value * 1000;d=name",
    });
    let table = written(Format::CsvRows, &with(Layout::French, &content));
    let expected = "\u{feff}\"étage\";date;index;litres;d\r\n\
        \"2\";2026-11-25 09:00:00;12,5;12500;\"Hall, \"\"A\"\"\"\r\n\
        \"2\";2026-11-25 01:00:00;12;12000;\"Hall, \"\"A\"\"\"\r\n";
    assert_eq!(table, expected);
    let formula = with(Layout::International, &json!({ "columns": "name;a='=' ~ group" }));
    let table = written(Format::CsvColumns, &formula);
    assert!(table.contains("\"'=1+1\",\"'=water\""), "{table}");
}

#[test]
fn expressions_cannot_make_a_table_of_any_size() {
    let long = with(Layout::International, &json!({ "columns": "a='x' * 8000" }));
    let records = vec![records().remove(2); 10];
    let written = Format::CsvRows.write(&records, &long).unwrap();
    assert!(written.len() > 10 * 8_000, "ten of them are no harm");
    let many = vec![records[0].clone(); 9_000];
    let refused = Format::CsvRows.write(&many, &long).unwrap_err().to_string();
    assert!(refused.contains("64 MB") && refused.contains("fewer records"), "{refused}");
}

#[test]
fn files_of_bytes_are_the_same_for_the_same_records() {
    for format in Format::ALL.into_iter().filter(|format| format.is_binary()) {
        let one = format.write(&records(), &detailed(Layout::International)).unwrap();
        let begin: &[u8] = if format.extension() == "xlsx" { b"PK" } else { b"PAR1" };
        assert!(one.starts_with(begin), "{format}");
        assert_eq!(one, format.write(&records(), &detailed(Layout::International)).unwrap());
    }
}

/// Returns the rows of a table, each by the names of its columns.
fn read(table: &[u8], layout: Layout) -> Vec<BTreeMap<String, String>> {
    let table = table.strip_prefix(layout.beginning().as_bytes()).unwrap();
    let separator = u8::try_from(layout.separator()).unwrap();
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(table);
    let header = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect()
        })
        .collect()
}
