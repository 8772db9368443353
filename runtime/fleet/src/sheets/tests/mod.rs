//! Sheets of all kinds, read from their bytes to their rows.

mod written;

use std::io::{Cursor, Write};

use proptest::prelude::*;
use rust_xlsxwriter::{Format, Formula, Workbook};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::objects::{Geolocation, LifeCycle};

const KEY: &str = "2B7E151628AED2A6ABF7158809CF4F3C";

fn read(bytes: &[u8]) -> Result<Sheet, SheetError> {
    Sheet::read(bytes, &ReadOptions::default(), &SheetLimits::default())
}

fn rows(bytes: &[u8]) -> Vec<ObjectRow> {
    read(bytes).unwrap_or_else(|error| panic!("{error}")).rows()
}

/// The reasons why cells of a row are refused, each with its cell and heading.
fn refused(row: &ObjectRow) -> Vec<String> {
    let said =
        |refusal: &Refusal| format!("{} {}: {}", refusal.cell, refusal.heading, refusal.fault);
    row.refusals.iter().map(said).collect()
}

fn dev_eui(row: &ObjectRow) -> String {
    row.dev_eui.map(|dev_eui| dev_eui.to_string()).unwrap_or_default()
}

fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A spreadsheet of OpenDocument with these rows.
fn open_document(rows: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet>\
         <table:table table:name=\"Objets\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", "<manifest:manifest/>"),
        ("content.xml", content.as_str()),
    ])
}

fn text_cell(text: &str) -> String {
    format!(
        "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
    )
}

fn row_of(cells: &[&str]) -> String {
    let cells: String = cells.iter().map(|text| text_cell(text)).collect();
    format!("<table:table-row>{cells}</table:table-row>")
}

#[test]
fn the_sheet_of_a_partner_is_read_or_explained_line_by_line() {
    let text = "\u{feff}DevEUI;Name;AppKey;Group\n\
                70B3D5499A000001;Compteur 1;2B7E151628AED2A6ABF7158809CF4F3C;water\n\
                70B3D549 9A000002;Compteur 2;2B7E151628AED2A6ABF7158809CF4F3D;water\n\
                7,0B3D5E+15;Compteur 3;2B7E151628AED2A6ABF7158809CF4F3E;water\n";
    let rows = rows(text.as_bytes());
    assert_eq!(dev_eui(&rows[0]), "70B3D5499A000001");
    assert_eq!(dev_eui(&rows[1]), "70B3D5499A000002");
    assert!(rows[..2].iter().all(|row| row.refusals.is_empty()));
    assert_eq!(rows[2].number, 4);
    let said = refused(&rows[2]).join("\n");
    let begin = "A4 DevEUI: 7,0B3D5E+15 is no DevEUI: did a spreadsheet make a number of it?";
    assert!(said.starts_with(begin) && !said.contains(&KEY[..8]), "{said}");
}

#[test]
fn french_headings_words_and_decimal_commas_are_understood() {
    let text = "DevEUI *;Nom*;N° de série;Géolocalisation;Latitude;Longitude;Cycle de vie;Sous-groupe;Classe;\
                AppEUI / JoinEUI;Version LoRaWAN;Rue;tag:étage;variable:pulse\n\
                70B3D5499A000001;Compteur;00123;Manuel;48,8566;2,3522;En stock;nord;Classe A;\
                0000000000000000;LoRaWAN 1.0.3;Haute;2;10\n";
    let row = &rows(text.as_bytes())[0];
    assert_eq!(refused(row), Vec::<String>::new());
    let values = &row.values;
    assert_eq!(values.serial_number.value().unwrap().as_str(), "00123");
    assert_eq!(values.geolocation, Said::Value(Geolocation::Manual));
    assert_eq!(values.latitude.value().unwrap().degrees(), 48.8566);
    assert_eq!(values.life_cycle, Said::Value(LifeCycle::Stock));
    assert_eq!(values.lorawan.value().unwrap().to_string(), "1.0.3");
    assert_eq!(values.join_eui.value().unwrap().to_string(), "0000000000000000");
    assert_eq!(values.tags["Rue"].as_deref(), Some("Haute"));
    assert_eq!(values.tags["étage"].as_deref(), Some("2"));
    assert_eq!(values.variables["pulse"].as_deref(), Some("10"));
    assert_eq!(values.address, Said::Nothing);
}

#[test]
fn each_cell_that_is_wrong_is_told_with_its_place_and_the_others_are_read() {
    let headings = "DevEUI;Nom;Latitude;Longitude;Classe;Cycle de vie;Géolocalisation;AppKey;LoRaWAN;Activation";
    let good =
        "70B3D5499A000001;a;48,5;2,5;A;SERVICE;MANUAL;2B7E151628AED2A6ABF7158809CF4F3C;1.0.3;OTAA";
    for (place, wrong, expected) in [
        (0, "", "A2 DevEUI: the cell is empty"),
        (0, "70B3D5499A00000", "A2 DevEUI: \"70B3D5499A00000\" has 15 digits"),
        (0, "4123400001234", "A2 DevEUI: 4123400001234 has 13 digits"),
        (0, "=A1", "A2 DevEUI"),
        (1, "=1+1", "B2 Nom: the cell holds a formula"),
        (1, "#REF!", "B2 Nom: the cell holds the error #REF! of the spreadsheet"),
        (2, "#VALEUR!", "C2 Latitude: the cell holds the error #VALEUR! of the spreadsheet"),
        (1, "7,07612E+15", "B2 Nom: 7,07612E+15 is a number that a spreadsheet has rounded"),
        (2, "488566", "C2 Latitude: latitude 488566 is none"),
        (2, "48°51'24\"N", "C2 Latitude: \"48°51'24\\\"N\" is in degrees, minutes"),
        (3, "east", "D2 Longitude: \"east\" is no longitude"),
        (4, "D", "E2 Classe: \"D\" is no class"),
        (5, "vendu", "F2 Cycle de vie: \"vendu\" is no life cycle"),
        (6, "GPS", "G2 Géolocalisation: \"GPS\" is no geolocation"),
        (7, "2B7E", "H2 AppKey: the AppKey has 4 digits"),
        (7, "2B7E151628AED2A6ABF7158809CF4F3Z", "H2 AppKey: the AppKey has a character"),
        (8, "2", "I2 LoRaWAN: \"2\" is no version of LoRaWAN"),
        (9, "radio", "J2 Activation: \"radio\" is no activation"),
    ] {
        let mut cells: Vec<String> = good.split(';').map(str::to_owned).collect();
        cells[place] = format!("\"{}\"", wrong.replace('"', "\"\""));
        let row = &rows(format!("{headings}\n{}\n", cells.join(";")).as_bytes())[0];
        let said = refused(row);
        assert!(said.len() == 1 && said[0].starts_with(expected), "{wrong:?}: {said:?}");
        assert!(!said[0].contains("2B7E151628"), "{said:?}");
        let others_are_read =
            place == 5 || row.values.life_cycle == Said::Value(LifeCycle::Service);
        assert!(others_are_read, "{wrong:?}");
    }
}

#[test]
fn a_key_in_the_wrong_column_is_shown_by_no_fault() {
    let damaged = format!("{}Z", &KEY[..31]);
    let apart = KEY
        .as_bytes()
        .chunks(4)
        .map(|part| String::from_utf8_lossy(part))
        .collect::<Vec<_>>()
        .join(" ");
    for field in Field::ALL.iter().copied() {
        for key in [KEY, damaged.as_str(), apart.as_str()] {
            let text = match field {
                Field::DevEui => format!("DevEUI,Nom\n{key},a\n"),
                field => format!("DevEUI,{}\n70B3D5499A000001,{key}\n", field.name()),
            };
            let said = refused(&rows(text.as_bytes())[0]).join("\n");
            assert!(!said.contains(&KEY[..4]) && !said.contains(&KEY[24..28]), "{field:?}: {said}");
            let is_refused = !field.is_key() || key == damaged;
            assert_eq!(!said.is_empty(), is_refused, "{field:?}: {said}");
        }
    }
}

#[test]
fn a_key_under_a_heading_that_is_no_field_is_neither_taken_nor_shown() {
    let among_words = format!("\"pose du 12/03, clef {KEY}\"");
    for heading in ["Note", "Champ libre", "tag:note", "variable:pulse"] {
        for text in [KEY, among_words.as_str()] {
            let sheet = format!("DevEUI,{heading}\n70B3D5499A000001,{text}\n");
            let sheet = read(sheet.as_bytes()).unwrap();
            let row = &sheet.rows()[0];
            let said = refused(row).join("\n");
            assert!(said.starts_with("B2 ") && said.contains("may be a key"), "{said}");
            assert!(!said.contains(&KEY[..8]), "{said}");
            assert!(row.values.tags.is_empty() && row.values.variables.is_empty());
            let written = sheet.with_verdicts(None, |_| Some("refused".to_owned())).unwrap();
            assert!(!String::from_utf8_lossy(&written).contains(KEY));
        }
    }
    let known = format!("DevEUI,Clef applicative\n70B3D5499A000001,{KEY}\n");
    let row = &rows(known.as_bytes())[0];
    assert!(row.refusals.is_empty() && row.values.app_key.value().is_some());
}

#[test]
fn the_same_device_twice_is_refused_in_all_its_rows() {
    let text = "DevEUI,Name\n70B3D5499A000001,a\n70B3D5499A000002,b\n\n70-b3-d5-49-9a-00-00-01,c\n";
    let rows = rows(text.as_bytes());
    let said: Vec<Vec<String>> = rows.iter().map(refused).collect();
    assert!(said[0][0].contains("the rows 2 and 5 have the same DevEUI"), "{said:?}");
    assert!(said[1].is_empty() && said[2][0].starts_with("A5 DevEUI"), "{said:?}");
}

#[test]
fn headings_stand_where_they_stand() {
    let titled =
        "Parc de compteurs;;\n;;\nVersion 3;;\nDevEUI;Nom;Groupe\n70B3D5499A000001;a;water\n";
    let rows_of_titled = rows(titled.as_bytes());
    assert_eq!((rows_of_titled.len(), rows_of_titled[0].number), (1, 5));
    // Headings that are merged over two rows, beside some that are not.
    let merged = "DevEUI;Position;;Nom\n;Latitude;Longitude;\n70B3D5499A000001;48,5;2,5;a\n";
    let row = &rows(merged.as_bytes())[0];
    assert_eq!(row.values.longitude.value().unwrap().degrees(), 2.5);
    assert_eq!(row.values.name.value().unwrap().as_str(), "a");
    assert!(row.values.tags.is_empty() && row.refusals.is_empty(), "{row:?}");
    let categories = "Objet;;LoRaWAN;\nNom;Rue;DevEUI;Classe\na;Haute;70B3D5499A000001;A\n";
    let row = &rows(categories.as_bytes())[0];
    assert_eq!(row.values.lorawan, Said::Nothing);
    assert_eq!(row.values.tags["Rue"].as_deref(), Some("Haute"));
}

#[test]
fn columns_are_mapped_and_contradictions_are_refused() {
    let text = "Identifiant;Compteur;Remarque\n70B3D5499A000001;123;ok\n";
    let mapped = |columns: &[(&str, &str)]| {
        let owned = columns.iter().map(|(heading, field)| ((*heading).into(), (*field).into()));
        let options = ReadOptions { columns: owned.collect(), ..ReadOptions::default() };
        Sheet::read(text.as_bytes(), &options, &SheetLimits::default())
    };
    let good = [("Identifiant", "devEui"), ("compteur", "serialNumber"), ("Remarque", "")];
    let row = &mapped(&good).unwrap().rows()[0];
    assert_eq!(row.values.serial_number.value().unwrap().as_str(), "123");
    assert!(row.values.tags.is_empty() && row.refusals.is_empty());
    for (columns, expected) in [
        (&[][..], "no heading of the first 30 rows is DevEUI"),
        (&[("Identifiant", "eui")][..], "\"eui\" is no field"),
        (&[("Identifiant", "devEui"), ("Nom", "name")][..], "no column has the heading \"Nom\""),
        (&[("Identifiant", "devEui"), ("Compteur", "devEui")][..], "are both devEui"),
        (&[("Identifiant", "devEui"), ("Compteur", "tag:Remarque")][..], "are both tag:Remarque"),
    ] {
        let said = mapped(columns).err().unwrap().to_string();
        assert!(said.contains(expected), "{said}");
    }
    let without = format!("70B3D5499A000001;{KEY}\n70B3D5499A000002;{KEY}\n");
    let said = read(without.as_bytes()).err().unwrap().to_string();
    assert!(said.contains("no heading") && !said.contains(KEY), "{said}");
    assert_eq!(read(b"DevEUI;Name\n").err(), Some(SheetError::NoRows));
}

#[test]
fn a_workbook_is_read_with_its_kinds_of_cells() {
    let mut workbook = Workbook::new();
    let notes = workbook.add_worksheet();
    notes.set_name("Notice").unwrap();
    notes.write_string(0, 0, "Fill in the other sheet").unwrap();
    let sheet = workbook.add_worksheet();
    sheet.set_name("Objets").unwrap();
    for (place, heading) in
        (0..).zip(["DevEUI*", "Nom*", "Numéro de série", "Latitude", "Longitude", "Pose", "Actif"])
    {
        sheet.write_string(2, place, heading).unwrap();
    }
    sheet.write_string(3, 0, "70B3D5499A000001").unwrap();
    sheet.write_string(3, 1, "a").unwrap();
    sheet.write_number(3, 2, 123_456_789_012.0).unwrap();
    sheet.write_number(3, 3, 48.5).unwrap();
    sheet.write_string(3, 4, "2,5").unwrap();
    let date = Format::new().set_num_format("dd/mm/yyyy");
    sheet.write_number_with_format(3, 5, 46_351.0, &date).unwrap();
    sheet.write_boolean(3, 6, true).unwrap();
    // A row between says nothing, and the next is wrong in each of its cells.
    sheet.write_number(5, 0, 7_076_120_000_000_120.0).unwrap();
    sheet.write_formula(5, 1, Formula::new("=UPPER(\"b\")").set_result("B")).unwrap();
    sheet.write_number(5, 2, 1.234_567_890_123_45e18).unwrap();
    sheet.write_number_with_format(5, 3, 46_351.0, &date).unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let rows = rows(&bytes);
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [4, 6]);
    let values = &rows[0].values;
    assert_eq!(refused(&rows[0]), Vec::<String>::new());
    assert_eq!(values.serial_number.value().unwrap().as_str(), "123456789012");
    assert_eq!(values.longitude.value().unwrap().degrees(), 2.5);
    assert_eq!(values.tags["Pose"].as_deref(), Some("2026-11-25"));
    assert_eq!(values.tags["Actif"].as_deref(), Some("true"));
    let said = refused(&rows[1]);
    for (place, expected) in [
        "A6 DevEUI*: 7076120000000120 is no DevEUI: did a spreadsheet make a number of it?",
        "B6 Nom*: the cell holds a formula",
        "C6 Numéro de série: 1.23457E18 is a number that a spreadsheet has rounded",
        "D6 Latitude: the cell holds the date 2026-11-25",
    ]
    .iter()
    .enumerate()
    {
        assert!(said[place].starts_with(expected), "{said:?}");
    }
    let options = ReadOptions { sheet: Some("Objects".into()), ..ReadOptions::default() };
    let said = Sheet::read(&bytes, &options, &SheetLimits::default()).err().unwrap().to_string();
    assert!(said.contains("no sheet \"Objects\"") && said.contains("\"Objets\""), "{said}");
}

#[test]
fn a_spreadsheet_of_open_document_is_read() {
    let last = "<table:table-row table:number-rows-repeated=\"1048570\"><table:table-cell \
                table:number-columns-repeated=\"16384\"/></table:table-row>";
    let number = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>70B3D5499A000002</text:p>\
                  </table:table-cell><table:table-cell office:value-type=\"float\" office:value=\"12\"><text:p>12</text:p>\
                  </table:table-cell></table:table-row>";
    let formula = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>70B3D5499A000003</text:p>\
                   </table:table-cell><table:table-cell table:formula=\"of:=1+1\" office:value-type=\"float\" \
                   office:value=\"2\"><text:p>2</text:p></table:table-cell></table:table-row>";
    let content = [
        row_of(&["DevEUI", "Nom"]),
        row_of(&["70B3D5499A000001", "a"]),
        "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell/></table:table-row>"
            .into(),
        number.into(),
        formula.into(),
        last.into(),
    ]
    .concat();
    let rows = rows(&open_document(&content));
    let read: Vec<(u32, String)> = rows.iter().map(|row| (row.number, dev_eui(row))).collect();
    let expected = [(2, "70B3D5499A000001"), (6, "70B3D5499A000002"), (7, "70B3D5499A000003")];
    assert_eq!(read, expected.map(|(number, text)| (number, text.to_owned())));
    assert_eq!(rows[1].values.name.value().unwrap().as_str(), "12");
    assert!(refused(&rows[2])[0].starts_with("B7 Nom: the cell holds a formula"));
}

#[test]
fn bombs_are_told_before_they_go_off() {
    let repeated = |rows: usize, columns: usize| {
        open_document(&format!(
            "{}<table:table-row table:number-rows-repeated=\"{rows}\"><table:table-cell \
             table:number-columns-repeated=\"{columns}\" office:value-type=\"string\"><text:p>x</text:p>\
             </table:table-cell></table:table-row>",
            row_of(&["DevEUI"])
        ))
    };
    for (rows, columns) in [(10_000_000, 1), (1, 10_000_000), (30_000, 300)] {
        let refused = read(&repeated(rows, columns)).err();
        let limit = SheetLimits::default().cells;
        assert_eq!(refused, Some(SheetError::TooManyCells { limit }), "{rows} × {columns}");
    }
    let between = open_document(&format!(
        "{}<table:table-row table:number-rows-repeated=\"100000000\"><table:table-cell/></table:table-row>{}",
        row_of(&["DevEUI"]),
        row_of(&["70B3D5499A000001"]),
    ));
    assert!(matches!(read(&between).err(), Some(SheetError::TooManyCells { .. })));
    let zeros = " ".repeat(3 << 20);
    let bomb = archive(&[
        ("xl/workbook.xml", zeros.as_str()),
        ("xl/worksheets/sheet1.png", zeros.as_str()),
    ]);
    assert!(bomb.len() < 100_000, "it is a bomb");
    let limits = SheetLimits { unpacked_bytes: 4 << 20, ..SheetLimits::default() };
    let refused = Sheet::read(&bomb, &ReadOptions::default(), &limits).err();
    assert_eq!(refused, Some(SheetError::UnpacksTooLarge { limit: 4 << 20 }));
    let limits = SheetLimits { file_bytes: 10, ..SheetLimits::default() };
    let refused = Sheet::read(&bomb, &ReadOptions::default(), &limits).err();
    assert!(matches!(refused, Some(SheetError::TooLarge { limit: 10, .. })));
}

#[test]
fn files_that_are_not_read_are_named() {
    let document = ("mimetype", "application/vnd.oasis.opendocument.text");
    let manifest = "<manifest:encryption-data manifest:checksum-type=\"urn:…\"/>";
    for (parts, expected) in [
        (
            &[("xl/workbook.xml", ""), ("xl/vbaProject.bin", "")][..],
            "has macros (xl/vbaProject.bin)",
        ),
        (&[("xl/workbook.xml", ""), ("xl/macrosheets/sheet1.xml", "")][..], "has macros"),
        (&[("xl/workbook.bin", "")][..], "binary workbook (.xlsb)"),
        (&[("word/document.xml", "")][..], "an archive that is no workbook"),
        (&[document, ("content.xml", "")][..], "that is no spreadsheet"),
        (&[("mimetype", ""), ("encrypted-package", "")][..], "protected by a password"),
        (
            &[
                ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
                ("META-INF/manifest.xml", manifest),
                ("content.xml", "\u{1}\u{2}"),
            ][..],
            "protected by a password",
        ),
        (&[("xl/workbook.xml", "<workbook")][..], "damaged"),
    ] {
        let said = read(&archive(parts)).err().unwrap().to_string();
        assert!(said.contains(expected), "{said}");
    }
    assert!(matches!(read(b"PK\x03\x04 cut off").err(), Some(SheetError::Damaged { .. })));
}

#[test]
fn empty_rows_of_a_workbook_count_against_the_limit_of_rows() {
    let mut workbook = Workbook::new();
    let form = Format::new().set_bold();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "DevEUI").unwrap();
    sheet.write_string(0, 1, "Nom").unwrap();
    // A row that begins with an empty cell is one row.
    sheet.write_blank(1, 0, &form).unwrap();
    sheet.write_string(1, 1, "a").unwrap();
    for row in 2..6 {
        sheet.write_blank(row, 0, &form).unwrap();
        sheet.write_blank(row, 1, &form).unwrap();
    }
    sheet.write_string(6, 0, "70B3D5499A000001").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let with_limit = |rows: usize| {
        let limits = SheetLimits { rows, ..SheetLimits::default() };
        Sheet::read(&bytes, &ReadOptions::default(), &limits).map(drop)
    };
    assert_eq!(with_limit(6), Ok(()));
    assert_eq!(with_limit(5), Err(SheetError::TooManyRows { limit: 5 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever bytes come, reading them ends with a sheet or with a sentence.
    #[test]
    fn any_bytes_are_read_or_explained(bytes: Vec<u8>, is_archive: bool) {
        let bytes = if is_archive { [b"PK\x03\x04".to_vec(), bytes].concat() } else { bytes };
        match read(&bytes) {
            Ok(sheet) => drop(sheet.rows()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
