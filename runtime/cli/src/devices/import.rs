//! `champollion devices import`: the devices of a sheet are registered, with a verdict for each row.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use champollion_client::{
    Answer, Client, ClientError, FieldChange, ImportReport, ImportUnderWay, ImportWish, RowVerdict,
};
use champollion_delivery::names::GroupId;
use champollion_fleet::sheets::{FileForm, ReadOptions, Sheet, SheetLimits};
use clap::Args;
use indicatif::ProgressBar;
use serde_json::Value as Json;

use super::{
    super::{
        Failure, output,
        plural::{agreeing, counted},
        progress,
    },
    sheets::{form_of, write},
};

/// The interval of looks at how far the server is.
const LOOK_PERIOD: Duration = Duration::from_millis(250);

/// Longest value of a change that is shown, in characters.
const SHOWN_CHARACTERS: usize = 60;

/// Imports a sheet of devices.
#[derive(Args)]
pub(super) struct Import {
    /// Sheet: XLSX, ODS, or CSV with commas, semicolons or tabs
    file: PathBuf,
    /// Tell the verdicts, and register nothing
    #[arg(long)]
    dry_run: bool,
    /// Take all rows, or none where one is refused; this is what is done without
    #[arg(long, conflicts_with = "good_rows")]
    all_or_nothing: bool,
    /// Take the good rows where others are refused
    #[arg(long)]
    good_rows: bool,
    /// Group of devices whose rows name none
    #[arg(long)]
    group: Option<GroupId>,
    /// Sheet of the workbook; without, the first one with a DevEUI
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Meaning of a column: a member of a registration (serialNumber), tag:NAME, variable:NAME, or nothing to leave it
    /// out; may stand several times
    #[arg(long, value_name = "HEADING=FIELD", value_parser = mapped)]
    column: Vec<(String, String)>,
    /// Give identifiers that a spreadsheet made shorter numbers of their zeros in front back
    #[arg(long)]
    restore_zeros: bool,
    /// Refuse rows without a field that the territory's sheet asks for
    #[arg(long)]
    complete: bool,
    /// File for the same sheet with a column of verdicts, and without its keys: .xlsx or .csv
    #[arg(long, value_name = "FILE")]
    verdicts: Option<PathBuf>,
}

fn mapped(text: &str) -> Result<(String, String), String> {
    // A heading may hold an equals sign, a field does not.
    match text.rsplit_once('=') {
        Some((heading, field)) if !heading.trim().is_empty() => {
            Ok((heading.to_owned(), field.to_owned()))
        }
        _ => Err(format!("{text:?} must read heading=field")),
    }
}

impl Import {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let task = format!("{} cannot be imported", self.file.display());
        let bytes = std::fs::read(&self.file).map_err(Failure::of_file(&task))?;
        // A file whose name does not say its form is not found out after the devices are registered.
        self.verdicts.as_deref().map(form_of).transpose()?;
        let wish = self.wish();
        let report = match sent(client, bytes.clone(), &wish, json).await {
            Ok(answer) => answer.into_value(),
            Err(error) => refused(error)?,
        };
        if let Some(file) = &self.verdicts {
            write_verdicts(file, &bytes, &wish, &report)?;
        }
        if json {
            output::json(&report)?;
        } else {
            tell(&report);
        }
        match (report.refused, report.applied) {
            (0, _) => Ok(()),
            (refused, true) => Err(Failure::new(
                "not all of the sheet is imported",
                format_args!(
                    "{refused} of {} {} refused, and the others are taken",
                    counted(report.rows, "row"),
                    agreeing(report.rows, "is", "are")
                ),
            )),
            (refused, false) => {
                let outcome =
                    if self.dry_run { "would be" } else { agreeing(report.rows, "is", "are") };
                let taken = if self.dry_run { "" } else { ", so nothing was taken" };
                let or = if wish.good_rows { "" } else { ", or take the others with --good-rows" };
                let rows = counted(report.rows, "row");
                let said =
                    format!("{refused} of {rows} {outcome} refused{taken}: correct them{or}");
                Err(Failure::new(task, said))
            }
        }
    }

    fn wish(&self) -> ImportWish {
        ImportWish {
            dry_run: self.dry_run,
            good_rows: self.good_rows && !self.all_or_nothing,
            group: self.group.as_ref().map(ToString::to_string),
            sheet: self.sheet.clone(),
            columns: self.column.iter().cloned().collect(),
            restore_zeros: self.restore_zeros,
            complete: self.complete,
        }
    }
}

/// Sends a sheet, and shows meanwhile how far the server is with it.
async fn sent(
    client: &Client,
    bytes: Vec<u8>,
    wish: &ImportWish,
    json: bool,
) -> Result<Answer<ImportReport>, ClientError> {
    let bar = progress::bar(0, json);
    let importing = client.import_devices(bytes, wish);
    tokio::pin!(importing);
    loop {
        tokio::select! {
            done = &mut importing => {
                bar.finish_and_clear();
                return done;
            }
            () = tokio::time::sleep(LOOK_PERIOD) => {}
        }
        // Where there is no terminal nobody looks. A server that does not tell is not asked what it thinks of that.
        if bar.is_hidden() {
            continue;
        }
        if let Ok(told) = client.import_under_way().await {
            show(&bar, &told, wish.dry_run);
        }
    }
}

/// Has a bar show the progress: each row is judged, and its verdict carried out where that is wished for.
fn show(bar: &ProgressBar, told: &ImportUnderWay, dry_run: bool) {
    let (steps, done) = match dry_run {
        true => (told.rows, told.judged),
        false => (told.rows * 2, told.judged + told.taken),
    };
    bar.set_length(steps as u64);
    bar.set_position(done as u64);
    bar.set_message(match (told.rows, told.judged == told.rows) {
        (0, _) => "waiting",
        (_, false) => "judging",
        (_, true) => "registering",
    });
}

/// The report of a sheet of which nothing was taken, where that is why the server refuses.
fn refused(error: ClientError) -> Result<ImportReport, Failure> {
    error.problem().and_then(ImportReport::of_problem).ok_or_else(|| error.into())
}

fn tell(report: &ImportReport) {
    for note in &report.notes {
        output::line(output::quoted(note));
    }
    for row in &report.verdicts {
        for note in &row.notes {
            output::line(format_args!("row {}: {}", row.row, output::quoted(note)));
        }
        if row.verdict == "refused" || row.verdict == "changed" {
            output::line(format_args!("row {}: {}", row.row, output::quoted(words(row))));
        }
    }
    let ImportReport { created, changed, unchanged, refused, .. } = report;
    let outcome = if report.dry_run {
        "would be imported"
    } else if report.applied {
        "imported"
    } else {
        "not imported"
    };
    output::line(format_args!(
        "{outcome}: {created} created, {changed} changed, {unchanged} unchanged, {refused} refused"
    ));
}

/// The verdict of a row in words: what changes, or which cells are refused.
fn words(row: &RowVerdict) -> String {
    let details: Vec<String> = match row.verdict.as_str() {
        "changed" => row.changes.iter().map(change).collect(),
        "refused" => row
            .refusals
            .iter()
            .map(|refused| format!("{} ({}): {}", refused.column, refused.cell, refused.reason))
            .collect(),
        _ => Vec::new(),
    };
    if details.is_empty() {
        row.verdict.clone()
    } else {
        format!("{}: {}", row.verdict, details.join("; "))
    }
}

fn change(change: &FieldChange) -> String {
    let FieldChange { field, before, after } = change;
    match (before, after) {
        (None, None) => field.clone(),
        (before, after) => format!("{field} ({} → {})", shown(before), shown(after)),
    }
}

fn shown(value: &Option<Json>) -> String {
    let text = match value {
        None => "nothing".to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    if text.chars().count() <= SHOWN_CHARACTERS {
        return text;
    }
    text.chars().take(SHOWN_CHARACTERS).chain(['…']).collect()
}

/// Writes the sheet with the verdicts of its rows.
fn write_verdicts(
    file: &Path,
    bytes: &[u8],
    wish: &ImportWish,
    report: &ImportReport,
) -> Result<(), Failure> {
    let options = ReadOptions {
        sheet: wish.sheet.clone(),
        columns: wish.columns.clone(),
        restore_zeros: wish.restore_zeros,
    };
    let task = || format!("the verdicts cannot be written to {}", file.display());
    // What the server has read is within its limits, whatever they are.
    let any = SheetLimits {
        file_bytes: usize::MAX,
        unpacked_bytes: usize::MAX,
        rows: usize::MAX,
        cells: usize::MAX,
    };
    let sheet = Sheet::read(bytes, &options, &any).map_err(Failure::of(task()))?;
    let of_rows: HashMap<u32, &RowVerdict> =
        report.verdicts.iter().map(|verdict| (verdict.row, verdict)).collect();
    let told = |number: u32| of_rows.get(&number).map(|verdict| words(verdict));
    let form = match form_of(file)? {
        FileForm::Workbook => FileForm::Workbook,
        FileForm::Csv { .. } => sheet.csv_form(),
    };
    let written = sheet.with_verdicts(Some(form), told);
    write(file, &written.map_err(|error| Failure::caused(task(), &error))?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_column_is_mapped_by_its_last_equals_sign() {
        assert_eq!(
            mapped("N° de série=serialNumber"),
            Ok(("N° de série".into(), "serialNumber".into()))
        );
        assert_eq!(mapped("a=b=tag:c"), Ok(("a=b".into(), "tag:c".into())));
        assert_eq!(mapped("Remarque="), Ok(("Remarque".into(), String::new())));
        assert!(mapped("serialNumber").is_err() && mapped("=name").is_err());
    }

    #[test]
    fn verdicts_say_what_changes_and_no_key() {
        let row: RowVerdict = serde_json::from_value(json!({
            "row": 4, "verdict": "changed", "changes": [
                { "field": "name", "before": "A", "after": "B" }, { "field": "appKey" },
                { "field": "tags", "after": { "floor": "2" } },
            ],
        }))
        .unwrap();
        assert_eq!(
            words(&row),
            "changed: name (A → B); appKey; tags (nothing → {\"floor\":\"2\"})"
        );
        let row: RowVerdict = serde_json::from_value(json!({
            "row": 4, "verdict": "refused",
            "refusals": [{ "cell": "A4", "column": "DevEUI", "reason": "it has 15 digits" }],
        }))
        .unwrap();
        assert_eq!(words(&row), "refused: DevEUI (A4): it has 15 digits");
    }
}
