//! `champollion quality`: the figures of connectivity, silent objects, and availability.

use champollion_client::{
    Client, QualityFigures, QualityQuery, RouteAvailability, SilentObject, SilentQuery, TableForm,
    TableLayout,
};
use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

use super::{Failure, connection::Connection, output, table_file::TableOut};

/// The bins of spreading factors.
const FACTORS: [&str; 8] = ["SF5", "SF6", "SF7", "SF8", "SF9", "SF10", "SF11", "SF12"];

/// The bins of signal-to-noise ratios in dB.
const RATIOS: [&str; 8] = [
    "below -15",
    "-15 to -10",
    "-10 to -5",
    "-5 to 0",
    "0 to 5",
    "5 to 10",
    "10 to 15",
    "15 and up",
];

/// Shows the share of objects that were heard, losses and reception.
#[derive(Args)]
pub(super) struct Quality {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Option<Action>,
    /// Group to show; all that you may see where it is left out
    #[arg(long, global = true)]
    group: Option<GroupId>,
    /// Sub-group of the group to show
    #[arg(long, global = true)]
    sub_group: Option<SubGroup>,
    /// Use case to show
    #[arg(long, global = true)]
    use_case: Option<UseCase>,
    #[command(flatten)]
    periods: Periods,
    /// Print CSV with all figures
    #[arg(long, conflicts_with_all = ["json", "out"])]
    csv: bool,
    #[command(flatten)]
    table: TableOut,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// List the objects in service that are silent, the longest first
    Silent {
        /// Least hours of silence
        #[arg(long, default_value_t = 24)]
        hours: u32,
        #[command(flatten)]
        table: TableOut,
    },
    /// List the objects that are left out of the shares, and why
    Excluded {
        #[command(flatten)]
        table: TableOut,
    },
    /// Show the availability of the server and of routes over the last 30 days
    Availability {
        #[command(flatten)]
        table: TableOut,
    },
    /// Show the figures with the distribution of spreading factors and signal-to-noise ratios
    Reception {
        #[command(flatten)]
        periods: Periods,
        #[command(flatten)]
        table: TableOut,
    },
}

/// The days of figures, and into which figures they are parted.
#[derive(Args)]
struct Periods {
    /// First day, as in 2026-11-01
    #[arg(long)]
    from: Option<Date>,
    /// Last day; today where it is left out
    #[arg(long)]
    to: Option<Date>,
    /// Length of the periods
    #[arg(long, value_enum)]
    by: Option<By>,
    /// Things that the figures are of
    #[arg(long, value_enum)]
    per: Option<Per>,
}

impl Periods {
    fn are_asked_for(&self) -> bool {
        self.from.is_some() || self.to.is_some() || self.by.is_some() || self.per.is_some()
    }
}

/// The length of periods.
#[derive(Clone, Copy, Default, ValueEnum)]
enum By {
    #[default]
    Day,
    Month,
}

/// The things that figures are of.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Per {
    #[default]
    Group,
    SubGroup,
    UseCase,
    /// One figure of all groups together
    Whole,
}

impl Quality {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        if self.action.is_some() && self.table.is_asked_for() {
            // Of the figures, which are not asked for: nothing would be written.
            let reason = "say --out behind the word for the list: quality silent --out FILE";
            return Err(Failure::new("the list cannot be written", reason));
        }
        if self.action.is_some() && (self.csv || self.periods.are_asked_for()) {
            let reason = "--csv, --from, --to, --by and --per before the word for a list are those of the figures: leave \
                          them out, or say --from, --to, --by and --per behind `reception`";
            return Err(Failure::new("the list cannot be shown", reason));
        }
        match &self.action {
            None => self.figures(&client).await,
            Some(Action::Silent { hours, table }) => self.silent(&client, *hours, table).await,
            Some(Action::Excluded { table }) => self.excluded(&client, table).await,
            Some(Action::Availability { table }) => self.availability(&client, table).await,
            Some(Action::Reception { periods, table }) => {
                self.reception(&client, periods, table).await
            }
        }
    }

    fn of_figures(&self, periods: &Periods) -> QualityQuery {
        QualityQuery {
            group: self.group.as_ref().map(ToString::to_string),
            sub_group: self.sub_group.as_ref().map(ToString::to_string),
            use_case: self.use_case.as_ref().map(ToString::to_string),
            from: periods.from.map(|day| day.to_string()),
            to: periods.to.map(|day| day.to_string()),
            by: word(periods.by.unwrap_or_default()),
            per: word(periods.per.unwrap_or_default()),
        }
    }

    async fn figures(&self, client: &Client) -> Result<(), Failure> {
        let query = self.of_figures(&self.periods);
        if self.csv {
            let form = TableForm::Csv(TableLayout::default());
            let table = client.quality_table(&query, form).await?;
            output::line(String::from_utf8_lossy(&table).trim_end());
            return Ok(());
        }
        if let Some(file) = self.table.file()? {
            return file.write(&client.quality_table(&query, file.form).await?, self.json);
        }
        let list = client.quality(&query).await?;
        if self.json {
            return output::answer(&list);
        }
        let header = [
            "period",
            "of",
            "in service",
            "heard",
            "daily",
            "14 days",
            "left out",
            "frames",
            "lost",
            "gateways",
        ];
        output::table(header, list.figures.iter().map(row));
        output::line(format_args!(
            "promised: {} % each day, {} % within 14 days; days of {}, counted since {}",
            list.promised_daily_percent,
            list.promised_fortnight_percent,
            output::quoted(&list.time_zone),
            output::quoted(&list.counted_since),
        ));
        Ok(())
    }

    fn of_objects(&self, hours: Option<u32>) -> SilentQuery {
        SilentQuery {
            group: self.group.as_ref().map(ToString::to_string),
            sub_group: self.sub_group.as_ref().map(ToString::to_string),
            use_case: self.use_case.as_ref().map(ToString::to_string),
            hours,
        }
    }

    async fn silent(&self, client: &Client, hours: u32, table: &TableOut) -> Result<(), Failure> {
        let query = self.of_objects(Some(hours));
        if let Some(file) = table.file()? {
            return file.write(&client.silent_table(&query, file.form).await?, self.json);
        }
        let list = client.silent_objects(&query).await?;
        if self.json {
            return output::answer(&list);
        }
        let header = ["device", "name", "group", "last heard", "gateway", "RSSI", "SNR", "SF"];
        output::table(header, list.silent.iter().map(silent_row));
        Ok(())
    }

    async fn excluded(&self, client: &Client, table: &TableOut) -> Result<(), Failure> {
        let query = self.of_objects(None);
        if let Some(file) = table.file()? {
            return file.write(&client.excluded_table(&query, file.form).await?, self.json);
        }
        let list = client.excluded_objects(&query).await?;
        if self.json {
            return output::answer(&list);
        }
        let row = |one: &champollion_client::ExcludedObject| {
            [one.dev_eui.clone(), output::quoted(&one.name), one.group.clone(), one.reason.clone()]
        };
        output::table(["device", "name", "group", "reason"], list.excluded.iter().map(row));
        Ok(())
    }

    async fn reception(
        &self,
        client: &Client,
        periods: &Periods,
        table: &TableOut,
    ) -> Result<(), Failure> {
        let query = self.of_figures(periods);
        if let Some(file) = table.file()? {
            return file.write(&client.quality_table(&query, file.form).await?, self.json);
        }
        let list = client.quality(&query).await?;
        if self.json {
            return output::answer(&list);
        }
        let header = ["period", "of", "frames", "gateways", "spreading factors", "SNR in dB"];
        output::table(header, list.figures.iter().map(reception_row));
        Ok(())
    }

    async fn availability(&self, client: &Client, table: &TableOut) -> Result<(), Failure> {
        let group = self.group.as_ref().map(GroupId::as_str);
        if let Some(file) = table.file()? {
            return file.write(&client.availability_table(group, file.form).await?, self.json);
        }
        let found = client.availability(group).await?;
        if self.json {
            return output::answer(&found);
        }
        let ingest = &found.ingest;
        let first = [
            "frames are taken".to_owned(),
            minutes(ingest.up, ingest.minutes),
            reached(ingest.share),
        ];
        let routes = found.routes.iter().map(|route: &RouteAvailability| {
            let name = format!("route {} of {}", route.route, route.group);
            [name, minutes(route.well, route.minutes), reached(route.share)]
        });
        output::table(["of", "minutes", "available"], std::iter::once(first).chain(routes));
        Ok(())
    }
}

/// The word of a choice, as the interface writes it.
fn word(choice: impl ValueEnum) -> Option<String> {
    choice.to_possible_value().map(|value| value.get_name().to_owned())
}

/// The group or the part of one that figures are of.
fn name(of: &QualityFigures) -> String {
    let part = of.sub_group.as_deref().or(of.use_case.as_deref());
    let group = if of.group.is_empty() { "all groups" } else { &of.group };
    part.map_or_else(|| group.to_owned(), |part| format!("{group} {part}"))
}

/// The gateways that heard a frame, on the average.
fn gateways(of: &QualityFigures) -> String {
    of.redundancy.map(|number| format!("{number:.2}")).unwrap_or_default()
}

fn reception_row(of: &QualityFigures) -> [String; 6] {
    [
        of.period.clone(),
        name(of),
        of.frames.to_string(),
        gateways(of),
        distribution(&FACTORS, &of.spreading_factors),
        distribution(&RATIOS, &of.snr),
    ]
}

/// The bins that have frames, each with its share in whole percent.
fn distribution(names: &[&str], bins: &[u64]) -> String {
    let all: u64 = bins.iter().sum();
    let filled = names.iter().zip(bins).filter(|(_, count)| **count > 0);
    let share = |count: u64| format!("{:.0} %", 100.0 * count as f64 / all as f64);
    filled.map(|(name, count)| format!("{name}: {}", share(*count))).collect::<Vec<_>>().join(", ")
}

fn row(of: &QualityFigures) -> [String; 10] {
    [
        of.period.clone(),
        name(of),
        of.in_service.to_string(),
        of.heard.to_string(),
        reached(of.daily_share),
        reached(of.fortnight_share),
        of.left_out.all().to_string(),
        of.frames.to_string(),
        percent(of.loss),
        gateways(of),
    ]
}

fn silent_row(one: &SilentObject) -> [String; 8] {
    let last = one.last_reception.clone().unwrap_or_default();
    let text = |number: Option<String>| number.unwrap_or_default();
    [
        one.dev_eui.clone(),
        output::quoted(&one.name),
        one.group.clone(),
        output::moment(one.last_heard_at),
        last.gateway.map(output::quoted).unwrap_or_default(),
        text(last.rssi_dbm.map(|level| level.to_string())),
        text(last.snr_db.map(|level| level.to_string())),
        text(last.spreading_factor.map(|factor| factor.to_string())),
    ]
}

fn minutes(good: u64, all: u64) -> String {
    format!("{good} of {all}")
}

/// A share that is promised, in percent and cut off after two digits: one that is missed by ever so little never looks reached.
fn reached(share: Option<f64>) -> String {
    // What is a whole number of hundredths may lie a little below as a float.
    let cut = |share: f64| (10_000.0 * share + 1e-6).floor() / 10_000.0;
    percent(share.map(cut))
}

/// A share in percent, with two digits.
fn percent(share: Option<f64>) -> String {
    share.map(|share| format!("{:.2} %", 100.0 * share)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_that_have_frames_are_told_with_their_shares() {
        let bins = [0, 0, 3, 0, 0, 0, 0, 1];
        assert_eq!(distribution(&FACTORS, &bins), "SF7: 75 %, SF12: 25 %");
        assert_eq!(distribution(&RATIOS, &bins), "-10 to -5: 75 %, 15 and up: 25 %");
        assert_eq!(distribution(&RATIOS, &[]), "");
    }

    #[test]
    fn choices_are_the_words_of_the_interface() {
        assert_eq!(word(By::Month).as_deref(), Some("month"));
        assert_eq!(word(Per::UseCase).as_deref(), Some("use-case"));
        assert_eq!((percent(Some(0.899_96)).as_str(), percent(None).as_str()), ("90.00 %", ""));
        let shares = [0.899_999, 0.9, 0.57, 1.0].map(|share| reached(Some(share)));
        assert_eq!(shares, ["89.99 %", "90.00 %", "57.00 %", "100.00 %"]);
    }
}
