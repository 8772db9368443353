//! `champollion statements`: the objects in service on a day, and what they cost.

use std::{
    fs,
    path::{Path, PathBuf},
};

use champollion_client::{Answer, Client, Statement, StatementList, TableLayout};
use champollion_fleet::names::PartnerId;
use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::{
    Failure, clocks::Clocks, connection::Connection, output, plural::counted, table_file::TableOut,
};

/// Shows the objects of partners in service on a day, and what they cost.
#[derive(Args)]
pub(super) struct Statements {
    /// Day that has begun, as in 2027-01-01
    date: Date,
    /// Partner to show alone
    #[arg(long, conflicts_with = "out")]
    partner: Option<PartnerId>,
    /// File to write the list of objects of the partner to
    #[arg(long, requires = "partner", conflicts_with = "issue")]
    list: Option<PathBuf>,
    /// Form of the list
    #[arg(long, value_enum, default_value = "csv", requires = "list")]
    format: Form,
    #[command(flatten)]
    table: TableOut,
    /// Issue the statements of all partners, so that both parties hold the same number
    #[arg(long, conflicts_with_all = ["partner", "out"])]
    issue: bool,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// A line for each object, with commas between
    Csv,
    /// The same with semicolons and a byte order mark, as French spreadsheets open it
    CsvFrench,
    /// A workbook of spreadsheets
    Xlsx,
    /// The text that the digest is of
    Text,
}

impl Form {
    /// The word for the form over HTTP, and the layout of CSV.
    fn asked(self) -> (&'static str, Option<TableLayout>) {
        match self {
            Self::Csv => ("csv", None),
            Self::CsvFrench => ("csv", Some(TableLayout::French)),
            Self::Xlsx => ("xlsx", None),
            Self::Text => ("text", None),
        }
    }
}

impl Statements {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        if let Some(file) = self.table.file()? {
            return file.write(&client.statements_table(self.date, file.form).await?, self.json);
        }
        match (&self.partner, &self.list) {
            (Some(partner), Some(file)) => self.write_list(&client, partner, file).await,
            (Some(partner), None) => self.one(&client.statement(self.date, partner).await?),
            (None, _) if self.issue => {
                self.all(&client, &client.issue_statements(self.date).await?).await
            }
            (None, _) => self.all(&client, &client.statements(self.date).await?).await,
        }
    }

    async fn write_list(
        &self,
        client: &Client,
        partner: &PartnerId,
        file: &Path,
    ) -> Result<(), Failure> {
        let list = client.stated_objects(self.date, partner, self.format.asked()).await?;
        let path = file.display();
        fs::write(file, &list).map_err(Failure::of_file(format!("{path} cannot be written")))?;
        if self.json {
            return output::json(&serde_json::json!({ "written": file, "bytes": list.len() }));
        }
        output::line(format_args!("wrote {path}"));
        Ok(())
    }

    fn one(&self, statement: &Answer<Statement>) -> Result<(), Failure> {
        if self.json {
            return output::answer(statement);
        }
        shown([&**statement]);
        Ok(())
    }

    async fn all(&self, client: &Client, list: &Answer<StatementList>) -> Result<(), Failure> {
        if self.json {
            return output::answer(list);
        }
        if !list.is_exact {
            let since = Clocks::of(client).await?.moment(list.exact_since);
            output::note(format_args!(
                "the statements of {} are not exact: changes are kept since {since} alone, and objects are stated as they \
                 were at that moment",
                list.date
            ));
        }
        shown(&list.statements);
        Ok(())
    }
}

fn shown<'of>(statements: impl IntoIterator<Item = &'of Statement> + Clone) {
    let heads = ["partner", "line", "number", "tariff", "price", "amount"];
    output::table(heads, statements.clone().into_iter().flat_map(rows));
    for Statement { partner, digest, agrees, .. } in statements {
        let issued = match agrees {
            None => "not issued",
            Some(true) => "as issued",
            Some(false) => "not as it was issued",
        };
        output::line(format_args!("{partner}: {digest} ({issued})"));
    }
}

/// The rows of a statement: by use case, the subscription, the sum.
fn rows(of: &Statement) -> Vec<[String; 6]> {
    let partner = of.partner_name.as_deref().unwrap_or(&of.partner);
    let row = |matter: &str, count: &str, tariff: &str, price: &str, amount: &str| {
        [partner, matter, count, tariff, price, amount].map(output::quoted)
    };
    let mut rows: Vec<[String; 6]> = Vec::new();
    for line in &of.lines {
        let use_case = line.use_case.as_deref().unwrap_or("no use case said");
        let tariff = line.tariff.as_deref().unwrap_or("none in force");
        let price = line.price.as_deref().unwrap_or_default();
        let count = counted(line.objects, "object");
        rows.push(row(use_case, &count, tariff, price, &line.amount));
    }
    if let Some(line) = &of.subscription {
        let mut count = counted(line.counted, "inhabitant");
        if let Some(from) = line.inhabitants_from {
            count = format!("{count} (since {from})");
        }
        rows.push(row("subscription", &count, &line.name, &line.per_inhabitant, &line.amount));
    }
    let objects: u64 = of.lines.iter().map(|line| line.objects).sum();
    rows.push(row("total", &counted(objects, "object"), "", &of.currency, &of.total));
    rows
}
