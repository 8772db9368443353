//! Sheets that are written, read again: with verdicts, in another form, and templates.

use super::*;

#[test]
fn verdicts_come_back_in_the_same_sheet_without_its_keys() {
    let text = format!(
        "Parc\n\nDevEUI;AppKey;Nom\n70B3D5499A000001;{KEY};=\"a\"\n\n70B3D5499A000002;{KEY};-b\n"
    );
    let sheet = read(text.as_bytes()).unwrap();
    let verdict = |row: u32| (row > 3).then(|| format!("verdict {row}"));
    for form in [None, Some(FileForm::Workbook)] {
        let bytes = sheet.with_verdicts(form, verdict).unwrap();
        let again = read(&bytes).unwrap();
        let rows = again.rows();
        let names: Vec<&str> =
            rows.iter().map(|row| row.values.name.value().unwrap().as_str()).collect();
        assert_eq!(names, ["a", "-b"]);
        assert!(rows.iter().all(|row| row.values.app_key == Said::Empty));
        assert!(rows.iter().all(|row| row.values.tags.is_empty()), "verdicts are no tags");
        let last = again.with_verdicts(Some(FileForm::Csv { separator: b',' }), verdict).unwrap();
        let last = String::from_utf8(last).unwrap();
        assert!(last.contains("DevEUI,AppKey,Nom,Verdict\r\n"), "{last}");
        assert_eq!(last.matches("verdict ").count(), 2, "{last}");
        assert!(!last.contains(&KEY[..8]), "{last}");
    }
}

#[test]
fn verdicts_of_a_text_stay_in_their_lines_with_its_separator() {
    let text = "Parc;\n;\nDevEUI;Nom;Rue\n;;\n70B3D5499A000001;a;\"rue\nhaute\"\n;;\n70B3D5499A000002;b;\n";
    let sheet = read(text.as_bytes()).unwrap();
    let numbers: Vec<u32> = sheet.rows().iter().map(|row| row.number).collect();
    assert_eq!(numbers, [5, 8]);
    let verdict = |row: u32| (row > 3).then(|| format!("verdict {row}"));
    let written = sheet.with_verdicts(Some(sheet.csv_form()), verdict).unwrap();
    let written = String::from_utf8(written).unwrap();
    assert!(written.contains("DevEUI;Nom;Rue;Verdict\r\n"), "{written}");
    let lines: Vec<&str> = written.lines().collect();
    assert!(lines[5].ends_with(";verdict 5") && lines[7].ends_with(";verdict 8"), "{written}");
    let again: Vec<u32> =
        read(written.as_bytes()).unwrap().rows().iter().map(|row| row.number).collect();
    assert_eq!(again, numbers);
}

#[test]
fn a_workbook_becomes_text_of_the_language_of_its_headings() {
    let separator = |headings: [&str; 2]| {
        let headings = headings.map(str::to_owned);
        let row = vec![Cell::text("70B3D5499A000001"), Cell::text("1")];
        let workbook = write_sheet(FileForm::Workbook, &headings, [row]).unwrap();
        read(&workbook).unwrap().csv_form()
    };
    assert_eq!(separator(["DevEUI*", "Numéro de série"]), FileForm::Csv { separator: b';' });
    assert_eq!(separator(["DevEUI", "Serial number"]), FileForm::Csv { separator: b',' });
    assert_eq!(separator(["DevEUI", "Latitude"]), FileForm::Csv { separator: b',' });
}

#[test]
fn a_template_is_read_as_it_is_written() {
    for language in [Language::English, Language::French] {
        for form in [FileForm::Workbook, FileForm::csv(language)] {
            let bytes = template(form, language).unwrap();
            assert_eq!(read(&bytes).err(), Some(SheetError::NoRows), "{form:?}");
        }
    }
    let headings = [
        "DevEUI".to_owned(),
        Column::of_tag("Rue"),
        Column::of_tag("nom"),
        Column::of_variable("pulse"),
        Column::of_tag("Hall"),
    ];
    let cells = ["70B3D5499A000001", "=1+1", "+33", "10", "Hall, '=1+1; =2"];
    let cells = cells.map(Cell::text).to_vec();
    for form in
        [FileForm::Workbook, FileForm::csv(Language::French), FileForm::csv(Language::English)]
    {
        let bytes = write_sheet(form, &headings, [cells.clone()]).unwrap();
        // A text that begins like a formula is one in no sheet, and comes back as it was.
        let rows = rows(&bytes);
        assert_eq!(refused(&rows[0]), Vec::<String>::new());
        assert_eq!(rows[0].values.tags["Rue"].as_deref(), Some("=1+1"));
        assert_eq!(rows[0].values.tags["nom"].as_deref(), Some("+33"));
        assert_eq!(rows[0].values.variables["pulse"].as_deref(), Some("10"));
        assert_eq!(rows[0].values.tags["Hall"].as_deref(), Some("Hall, '=1+1; =2"));
        if form != FileForm::Workbook {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains("Hall, ''=1+1; '=2"), "{text}");
        }
    }
}
