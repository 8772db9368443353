//! The records that a client wants, as the parameters of a query say it.

use std::{str::FromStr, time::Duration};

use champollion_delivery::{
    dispatch::DispatchError,
    formats::{Format, Layout, TableContent, Templates},
    mailbox::{DeliveryError, Page, PageBounds},
    names::{GroupId, RouteKey, RouteName, SubGroup},
    records::Cursor,
    routes::{Filter, Presentation, Search, Shape, Zone},
};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::super::Problem;
use crate::{
    api::authorized::{Authorized, Collect},
    expensive::TooExpensive,
    followers::Place,
    service::Service,
};

/// Records of one answer where the client does not say how many.
const DEFAULT_LIMIT: usize = 100;

/// Most records of one answer, which is bounded in bytes too.
const MAX_LIMIT: usize = 1_000;

/// Longest that an answer is waited with, in seconds: shorter than proxies are patient.
const MAX_WAIT_SECONDS: u64 = 50;

/// The parameters of a query. Several values are separated by commas.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api) struct Wanted {
    /// The cursor to go on after: `next` of a page, or the cursor of a record.
    #[param(inline)]
    after: Option<Cursor>,
    /// The most records of an answer, 1 to 1000; 100 where it is left out.
    #[serde(default, deserialize_with = "crate::api::paging::limit")]
    limit: Option<usize>,
    /// The group; an admin names it, a partner has its own.
    #[param(inline)]
    group: Option<GroupId>,
    /// The pull route whose records are wanted; it says which ones and in which shape.
    #[param(inline)]
    route: Option<RouteName>,
    /// Seconds to wait for a record where there is none, at most 50.
    #[param(maximum = 50)]
    wait: Option<u64>,
    /// DevEUIs, separated by commas.
    device: Option<String>,
    /// Sub-groups, separated by commas.
    sub_group: Option<String>,
    /// Use cases, separated by commas.
    use_case: Option<String>,
    /// Decoders, `vendor/model` or `vendor/*`, separated by commas.
    decoder: Option<String>,
    /// FPorts, separated by commas.
    port: Option<String>,
    /// Whether the records are decoded.
    decoded: Option<bool>,
    /// An expression that the records satisfy: `tags.street == 'Rue X'`.
    expression: Option<String>,
    /// The parts of a record that are wanted.
    #[param(inline)]
    shape: Option<Shape>,
    /// The time zone in which local moments stand beside those in UTC, `Europe/Paris`.
    #[param(inline)]
    time_zone: Option<Zone>,
    /// The format of the answer; by the Accept header where it is left out.
    #[param(inline)]
    format: Option<Format>,
    /// The layout of a table of CSV, `international` where it is left out; other formats have none.
    #[param(inline)]
    layout: Option<Layout>,
    /// The quantities that are in a table, separated by commas; all where it is left out.
    quantities: Option<String>,
    /// The tags of devices that have columns of their own in a table, separated by commas.
    tags: Option<String>,
    /// Details that a table has only where they are asked for: `data`, `payload`, `digest`, separated by commas.
    details: Option<String>,
    /// Columns of one's own instead of the usual ones: `point;date;index=value * 1000`.
    #[param(inline)]
    columns: Option<Templates>,
}

/// The records that a client wants.
#[derive(Clone)]
pub(super) struct RecordsRequest {
    pub(super) group: GroupId,
    pub(super) after: Cursor,
    limit: usize,
    wait: Duration,
    of: Of,
}

#[derive(Clone)]
enum Of {
    /// The group's inbox: all of it, or what a filter takes.
    Inbox(Option<Box<(Filter, Presentation)>>),
    Route(RouteName),
}

impl Wanted {
    /// Returns the format that is named.
    pub(super) fn format(&self) -> Option<Format> {
        self.format
    }

    /// Returns the layout of a table, if one is named.
    pub(super) fn layout(&self) -> Option<Layout> {
        self.layout
    }

    /// Returns the content of a table.
    pub(super) fn table(&self) -> Result<TableContent, Problem> {
        Ok(TableContent {
            quantities: list("quantities", self.quantities.clone())?,
            tags: list("tags", self.tags.clone())?,
            details: list("details", self.details.clone())?,
            columns: self.columns.clone(),
        })
    }

    /// Refuses what is of an answer alone: a stream has one format, and goes on.
    pub(super) fn check_stream(&self) -> Result<(), Problem> {
        let of_an_answer = [
            ("limit", self.limit.is_some()),
            ("wait", self.wait.is_some()),
            ("format", self.format.is_some()),
            ("layout", self.layout.is_some()),
            ("quantities", self.quantities.is_some()),
            ("tags", self.tags.is_some()),
            ("details", self.details.is_some()),
            ("columns", self.columns.is_some()),
        ];
        let Some((said, _)) = of_an_answer.into_iter().find(|(_, is_said)| *is_said) else {
            return Ok(());
        };
        let detail = format!(
            "{said} is of GET /v1/records: a stream gives each record as JSON as it comes, and goes on; leave it out"
        );
        Err(Problem::bad_request("invalid-query", detail))
    }

    /// The same, once it is clear that whoever asks may have it, in a format.
    pub(super) fn understood(
        self,
        authorized: &Authorized<Collect>,
        service: &Service,
        format: Format,
    ) -> Result<RecordsRequest, Problem> {
        let content = self.table()?;
        let parts = list("subGroup", self.sub_group)?;
        let (group, sub_groups) = authorized.reach.group_or_parts(self.group, parts)?;
        if self.route.is_some() {
            // A route is of the whole group.
            authorized.reach.group(Some(group.clone()))?;
        }
        let unreadable = |what: &str, error: &dyn std::fmt::Display| {
            Problem::bad_request("invalid-query", format!("{what} cannot be read: {error}"))
        };
        let filter = Filter {
            devices: list("device", self.device)?,
            sub_groups,
            use_cases: list("useCase", self.use_case)?,
            decoders: list("decoder", self.decoder)?,
            ports: list("port", self.port)?,
            decoded: self.decoded,
            expression: self
                .expression
                .map(champollion_delivery::routes::Expression::new)
                .transpose()
                .map_err(|error| unreadable("expression", &error))?,
        };
        let shape = self.shape.unwrap_or_default();
        let sense = filter.check("port").and_then(|()| {
            format.check_content(&content, &filter, shape, self.time_zone.is_some())
        });
        sense.map_err(|error| Problem::bad_request("invalid-query", error.to_string()))?;
        let is_plain = filter.takes_all() && self.shape.is_none() && self.time_zone.is_none();
        let zone_of_group = service.config.delivery.time_zones.get(&group).cloned();
        let zone = self.time_zone.or(zone_of_group);
        let of = match self.route {
            Some(_) if !is_plain => {
                let detail =
                    "which records, and in which shape, is what the route says: leave it out";
                return Err(Problem::bad_request("invalid-query", detail));
            }
            Some(name) => Of::Route(name),
            None if is_plain && zone.is_none() => Of::Inbox(None),
            None => Of::Inbox(Some(Box::new((filter, Presentation { shape, zone })))),
        };
        Ok(RecordsRequest {
            group,
            after: self.after.unwrap_or_default(),
            limit: self.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT),
            wait: Duration::from_secs(self.wait.unwrap_or(0).min(MAX_WAIT_SECONDS)),
            of,
        })
    }
}

impl RecordsRequest {
    /// The parts of the group that are asked about; none where it is the whole group.
    pub(super) fn parts(&self) -> &[SubGroup] {
        match &self.of {
            Of::Inbox(Some(wanted)) => &wanted.0.sub_groups,
            Of::Inbox(None) | Of::Route(_) => &[],
        }
    }

    /// Whether the records are told by an expression, which costs more than a look.
    fn has_expression(&self, service: &Service) -> bool {
        match &self.of {
            Of::Inbox(wanted) => {
                wanted.as_ref().is_some_and(|wanted| wanted.0.expression.is_some())
            }
            Of::Route(name) => {
                let key = RouteKey { group: self.group.clone(), name: name.clone() };
                service.dispatcher.has_expression(&key)
            }
        }
    }

    /// Takes a place among those who wait for records, where the client would wait.
    pub(super) fn place_to_wait(
        &self,
        service: &Service,
        token: &str,
    ) -> Result<Option<Place>, Problem> {
        if self.wait.is_zero() {
            Ok(None)
        } else {
            Ok(Some(service.place_to_follow(token, &self.group)?))
        }
    }

    /// Returns the page once there is a record, or after the time that is waited.
    pub(super) async fn pull(
        mut self,
        service: &Service,
        reader: &Reader,
    ) -> Result<Page, Problem> {
        let began = Instant::now();
        let deadline = began + self.wait;
        let mut arrivals = service.mailbox.arrivals(&self.group);
        let mut stopping = service.stopping.subscribe();
        loop {
            arrivals.mark_unchanged();
            let page = self.page(service, reader).await?;
            if !page.records.is_empty() || self.wait.is_zero() || Instant::now() >= deadline {
                return Ok(page);
            }
            // What was looked at and not wanted is not looked at again.
            self.after = page.next;
            if page.more && began.elapsed() >= reader.patience {
                return Ok(page);
            }
            if page.more {
                continue;
            }
            let arrived = async {
                tokio::select! {
                    _ = arrivals.changed() => true,
                    _ = stopping.wait_for(|stopping| *stopping) => false,
                }
            };
            if !timeout_at(deadline, arrived).await.unwrap_or(true) {
                return Ok(page);
            }
        }
    }

    /// Returns the page as it is now.
    pub(super) async fn page(&self, service: &Service, reader: &Reader) -> Result<Page, NoPage> {
        let Self { group, after, limit, of, .. } = self;
        let bounds = PageBounds { records: *limit, bytes: reader.bytes };
        let turn = if self.has_expression(service) {
            Some(service.expensive.turn(&reader.token, Some(group))?)
        } else {
            None
        };
        let search = turn.as_ref().map_or_else(|| Search::new(bounds), |turn| turn.search(bounds));
        Ok(match of {
            Of::Inbox(None) => service.mailbox.pull_page(group, *after, bounds).await?,
            Of::Inbox(Some(wanted)) => {
                let (filter, presentation) = &**wanted;
                service.mailbox.pull_some(group, *after, &search, filter, presentation).await?
            }
            Of::Route(name) => {
                let key = RouteKey { group: group.clone(), name: name.clone() };
                service.dispatcher.search(&key, *after, &search).await?
            }
        })
    }
}

/// The reader of records.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    /// By what its token is revoked.
    pub(super) token: String,
    /// The most bytes of records that it gets at once.
    pub(super) bytes: usize,
    /// The time after which a search ends with what it has found.
    pub(super) patience: Duration,
}

impl Reader {
    /// The reader of a token, who gets so many bytes at once.
    pub(super) fn new(service: &Service, token: String, bytes: usize) -> Self {
        let patience = Duration::from_secs(service.config.expensive.seconds);
        Self { token, bytes, patience }
    }
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPage {
    /// The store or the route does not give it.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// The mailbox does not give it.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The search for it is too expensive now.
    #[error(transparent)]
    TooExpensive(#[from] TooExpensive),
}

impl From<NoPage> for Problem {
    fn from(why: NoPage) -> Self {
        match why {
            NoPage::Dispatch(error) => error.into(),
            NoPage::Delivery(error) => error.into(),
            NoPage::TooExpensive(error) => error.into(),
        }
    }
}

/// Values that are separated by commas.
fn list<T: FromStr>(what: &str, text: Option<String>) -> Result<Vec<T>, Problem>
where
    T::Err: std::fmt::Display,
{
    let Some(text) = text else { return Ok(Vec::new()) };
    text.split(',')
        .map(|part| {
            part.parse().map_err(|error: T::Err| {
                let detail = format!("{what}={part} cannot be read: {error}");
                Problem::bad_request("invalid-query", detail)
            })
        })
        .collect()
}
