//! Any texts and values, as they come out of a table.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{
    super::{Format, Layout, cells::unmarked},
    of, read,
};

proptest! {
    /// Whatever texts and values there are: they come out of a table as they went in, no field is a
    /// formula, each record and each measurement is there, and none twice.
    #[test]
    fn nothing_is_lost_in_a_table(
        names in prop::collection::vec("(?s).{0,12}|[-=+@'\"\\t\r\n,; ＝a]{0,8}", 1..6),
        values in prop::collection::vec((0_u16..3, 0_usize..4, -5_i64..5, 0_i64..3), 0..12),
        said in "[-=+@'a\"\n,; ＝]{0,6}",
        layout in prop_oneof![Just(Layout::International), Just(Layout::French)],
    ) {
        const QUANTITIES: [&str; 4] = ["water.volume", "air.co2", "pulse.count", "a.text"];
        let mut records = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let measurements: Vec<Json> = values
                .iter()
                .skip(index)
                .map(|&(channel, quantity, value, hour)| {
                    let value = if quantity == 3 { json!(said) } else { json!(value) };
                    json!({
                        "quantity": QUANTITIES[quantity], "channel": channel, "value": value,
                        "measuredAt": format!("2026-11-25T0{hour}:00:00Z"),
                    })
                })
                .collect();
            records.push(json!({
                "id": format!("record-{index}"),
                "device": { "devEui": "70B3D5E75E000001", "name": name },
                "receivedAt": "2026-11-25T08:00:00Z",
                "uplink": { "fCnt": index, "payload": "00" },
                "radio": {},
                "decoded": { "data": {}, "measurements": measurements },
            }).to_string());
        }
        for format in [Format::CsvRows, Format::CsvColumns] {
            let written = format.write(&records, &of(layout)).unwrap();
            prop_assert_eq!(&written, &format.write(&records, &of(layout)).unwrap());
            let rows = read(&written, layout);
            let mut found = 0;
            for (index, name) in names.iter().enumerate() {
                let own: Vec<_> =
                    rows.iter().filter(|row| row["record"] == format!("record-{index}")).collect();
                prop_assert!(!own.is_empty());
                for row in &own {
                    prop_assert_eq!(&unmarked(&row["name"], layout), name);
                    for (column, field) in *row {
                        let is_number = field.parse::<f64>().is_ok();
                        for part in field.split([layout.other_separator(), '\t', '\r', '\n']) {
                            let part = part.trim_start_matches([' ', '"']);
                            let is_formula = part.starts_with(['=', '+', '-', '@', '＝']);
                            prop_assert!(is_number || !is_formula, "{}: {}", column, field);
                        }
                    }
                }
                let fields: Vec<&str> = match format {
                    Format::CsvRows => {
                        own.iter().filter(|row| !row["quantity"].is_empty()).map(|row| &*row["value"]).collect()
                    }
                    _ => own
                        .iter()
                        .flat_map(|row| row.iter())
                        .filter(|(column, _)| {
                            QUANTITIES.iter().any(|quantity| column.starts_with(quantity))
                        })
                        .map(|(_, field)| &**field)
                        .collect(),
                };
                // An empty text and no value look alike in a column.
                let mut fields: Vec<String> = fields
                    .into_iter()
                    .map(|field| unmarked(field, layout))
                    .filter(|field| !field.is_empty())
                    .collect();
                let mut expected: Vec<String> = values
                    .iter()
                    .skip(index)
                    .map(|&(_, quantity, value, _)| {
                        if quantity == 3 { said.clone() } else { value.to_string() }
                    })
                    .filter(|value| !value.is_empty())
                    .collect();
                fields.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(fields, expected);
                found += own.len();
            }
            prop_assert_eq!(found, rows.len());
        }
    }
}
