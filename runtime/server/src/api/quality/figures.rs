//! The shares of objects that were heard, and the quality of reception.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use champollion_delivery::{
    formats::Layout,
    names::{GroupId, SubGroup, UseCase},
};
use champollion_service::quality::{Figures, Period, Split, Stretch, Sums, Wanted, summed};
use champollion_store::TableError;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

use super::scope::{scope, stretch, unreadable};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Collect},
        extract::Parameters,
        paging::{self, PageEnd, Window},
        tables::{Rows, TableForm, TableShape, or_empty},
    },
    quality::Quality,
    service::Service,
};

/// The headings of the table.
const HEADINGS: [&str; 35] = [
    "period",
    "group",
    "subGroup",
    "useCase",
    "days",
    "inService",
    "heard",
    "dailyShare",
    "heardIn14Days",
    "fortnightShare",
    "leftOutStock",
    "leftOutDelivery",
    "leftOutMaintenance",
    "leftOutNeverHeard",
    "leftOutNotice",
    "frames",
    "loss",
    "redundancy",
    "lost",
    "sf5",
    "sf6",
    "sf7",
    "sf8",
    "sf9",
    "sf10",
    "sf11",
    "sf12",
    "snrBelow-15",
    "snrFrom-15",
    "snrFrom-10",
    "snrFrom-5",
    "snrFrom0",
    "snrFrom5",
    "snrFrom10",
    "snrFrom15",
];

/// The figures that are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api) struct FiguresQuery {
    /// The group; all within reach where it is left out.
    #[param(inline)]
    group: Option<GroupId>,
    /// The sub-group; all where it is left out.
    #[param(inline)]
    sub_group: Option<SubGroup>,
    /// The use case; all where it is left out.
    #[param(inline)]
    use_case: Option<UseCase>,
    /// The first day, `2026-11-01`; 29 days before the last where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; today where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// The length of the periods; `day` where it is left out.
    #[param(inline)]
    #[serde(default)]
    by: Period,
    /// The things that figures are of; `group` where it is left out.
    #[param(inline)]
    #[serde(default)]
    per: Split,
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
    /// The layout of a table of CSV: `international` where it is left out, or `french`.
    #[param(inline)]
    layout: Option<Layout>,
}

/// A list of figures of connectivity.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QualityFiguresList)]
pub(in crate::api) struct FiguresList {
    /// The time zone whose days are counted.
    time_zone: String,
    /// The first day that is counted at all.
    #[schema(value_type = String, format = Date)]
    counted_since: Date,
    /// The share of objects in service that is promised to be heard each day, in percent.
    promised_daily_percent: u8,
    /// The share of objects in service that is promised to be heard within 14 days, in percent.
    promised_fortnight_percent: u8,
    /// The figures, in the order of time.
    figures: Vec<Figures>,
    #[serde(flatten)]
    end: PageEnd,
}

/// A partner sees those of its groups, an admin all. Figures of the last three days may still change: network servers hand
/// frames over late.
#[utoipa::path(
    get,
    path = "/v1/quality",
    operation_id = "listQuality",
    tag = "quality",
    summary = "List the shares of objects that were heard, losses and reception",
    params(FiguresQuery),
    responses(
        (
            status = 200,
            description = "The figures. With the Accept header they are a table of CSV or a workbook, without pages.",
            body = FiguresList,
        ),
        (status = 406, description = "not-acceptable"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(in crate::api) async fn figures(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    Parameters(query): Parameters<FiguresQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let FiguresQuery { group, sub_group, use_case, from, to, by, per, after, limit, layout } =
        query;
    let form = TableForm::of(&headers, layout)?;
    let scope = scope(&authorized.reach, group, sub_group, use_case)?;
    let stretch = stretch(&service, from, to)?;
    let turn = service.expensive_turn(&authorized.principal, None)?;
    let groups = scope.groups(&service.quality);
    let wanted = Wanted { by, per, sub_groups: scope.sub_groups, use_case: scope.use_case };
    let asked = Asked { groups, stretch, wanted };
    if let Some(form) = form {
        let rows = async move {
            let all = asked.all(&service.quality).await.map_err(unreadable)?;
            Rows::gather(all.iter().map(row))
        };
        return TableShape::new(form, turn).answer("Quality", &HEADINGS, rows).await;
    }
    let window = Window::new(after.clone(), limit, service.config.http.page_bytes);
    let list = turn.see_through(async move {
        let found = asked.after(&service.quality, after.as_deref(), window.lookups()).await;
        let (figures, end) = paging::page(found.map_err(unreadable)?, window, place);
        let settings = service.quality.settings();
        Ok::<_, Problem>(FiguresList {
            time_zone: service.config.territory.time_zone.to_string(),
            counted_since: service.quality.books().calendar().since,
            promised_daily_percent: settings.daily_percent,
            promised_fortnight_percent: settings.fortnight_percent,
            figures,
            end,
        })
    });
    Ok(Json(list.await??).into_response())
}

/// The figures that are asked for: of which groups, over which days, and how they are summed up.
struct Asked {
    groups: Vec<GroupId>,
    stretch: Stretch,
    wanted: Wanted,
}

impl Asked {
    /// All figures, in the order of their places.
    async fn all(&self, quality: &Quality) -> Result<Vec<Figures>, TableError> {
        if self.wanted.per == Split::Whole {
            return self.whole(quality).await;
        }
        let mut all = Vec::new();
        for group in &self.groups {
            all.extend(self.of(quality, group, self.stretch).await?);
            yield_now().await;
        }
        all.sort_by_cached_key(place);
        Ok(all)
    }

    /// The first figures after a place, in the order of their places. Period by period and group by group, so that a page
    /// costs by what it shows and not by all that is asked for.
    async fn after(
        mut self,
        quality: &Quality,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Figures>, TableError> {
        if self.wanted.per == Split::Whole {
            let mut whole = self.whole(quality).await?;
            whole.retain(|of| after.is_none_or(|after| place(of).as_str() > after));
            return Ok(whole);
        }
        // Nothing was counted before.
        self.stretch.first = self.stretch.first.max(quality.books().calendar().since);
        // As their places are sorted: `a-b/` before `a/`.
        self.groups.sort_by_cached_key(|group| format!("{group}/"));
        let mut found = Vec::new();
        for period in self.stretch.periods(self.wanted.by) {
            let name = self.wanted.by.name(period.first);
            if after.is_some_and(|after| is_before(&format!("{name}/"), after)) {
                continue;
            }
            for group in &self.groups {
                if after.is_some_and(|after| is_before(&format!("{name}/{group}/"), after)) {
                    continue;
                }
                let mut figures = self.of(quality, group, period).await?;
                figures.retain(|of| after.is_none_or(|after| place(of).as_str() > after));
                figures.sort_by_cached_key(place);
                found.extend(figures);
                if found.len() >= limit {
                    found.truncate(limit);
                    return Ok(found);
                }
                yield_now().await;
            }
        }
        Ok(found)
    }

    /// The figures of all groups together, of which there is one for each period.
    async fn whole(&self, quality: &Quality) -> Result<Vec<Figures>, TableError> {
        let mut sums = Sums::default();
        for group in &self.groups {
            sums.add(&quality.figures(group, self.stretch).await?, &self.wanted);
            yield_now().await;
        }
        Ok(sums.figures(None))
    }

    /// The figures of a group over some of the days.
    async fn of(
        &self,
        quality: &Quality,
        group: &GroupId,
        stretch: Stretch,
    ) -> Result<Vec<Figures>, TableError> {
        Ok(summed(group, &quality.figures(group, stretch).await?, &self.wanted))
    }
}

/// Whether all places that begin so come before a place.
fn is_before(beginning: &str, place: &str) -> bool {
    beginning < place && !place.starts_with(beginning)
}

/// The place of figures in the list: by time, then by name.
fn place(of: &Figures) -> String {
    let (sub_group, use_case) = (or_empty(of.sub_group.as_ref()), or_empty(of.use_case.as_ref()));
    format!("{}/{}/{sub_group}/{use_case}", of.period, or_empty(of.group.as_ref()))
}

fn row(of: &Figures) -> Vec<String> {
    let share = |share: Option<f64>| share.map(|share| format!("{share:.4}")).unwrap_or_default();
    let counts = &of.counts;
    let out = counts.left_out;
    let number = |number: u64| number.to_string();
    let mut row = vec![
        of.period.clone(),
        or_empty(of.group.as_ref()),
        or_empty(of.sub_group.as_ref()),
        or_empty(of.use_case.as_ref()),
        of.days.to_string(),
        number(counts.in_service),
        number(counts.heard),
        share(of.daily_share),
        number(counts.heard_in_14_days),
        share(of.fortnight_share),
        number(out.stock),
        number(out.delivery),
        number(out.maintenance),
        number(out.never_heard),
        number(out.notice),
        number(counts.frames),
        share(of.loss),
        share(of.redundancy),
        number(counts.lost),
    ];
    row.extend(counts.spreading_factors.into_iter().chain(counts.snr).map(number));
    row
}

#[cfg(test)]
mod tests {
    use champollion_service::quality::{Counts, snr_bins};

    use super::*;

    #[test]
    fn each_figure_has_its_heading() {
        let mut counts = Counts { lost: 7, ..Default::default() };
        (counts.spreading_factors[7], counts.snr[1], counts.snr[7]) = (12, 15, 16);
        let of = Figures {
            period: "2026-11".to_owned(),
            group: None,
            sub_group: None,
            use_case: None,
            days: 1,
            counts,
            daily_share: None,
            fortnight_share: None,
            loss: None,
            redundancy: None,
        };
        let row = row(&of);
        assert_eq!(row.len(), HEADINGS.len());
        let cell = |heading| &row[HEADINGS.iter().position(|own| *own == heading).unwrap()];
        let cells = ["lost", "sf12", "snrFrom-15", "snrFrom15", "sf5"].map(cell);
        assert_eq!(cells, ["7", "12", "15", "16", "0"]);
        let from = HEADINGS[HEADINGS.len() - snr_bins().len()..].iter();
        let names: Vec<String> = snr_bins().iter().map(|from| format!("snrFrom{from}")).collect();
        assert!(from.eq(&names), "{names:?}");
    }

    #[test]
    fn what_comes_before_a_place_is_passed_over_as_a_whole() {
        let after = "2026-03-02/a-b/north/";
        for (beginning, passed) in [
            ("2026-03-01/", true),
            ("2026-03-02/", false),
            ("2026-03-03/", false),
            ("2026-03-02/a-a/", true),
            ("2026-03-02/a-b/", false),
            // Its places come after those of `a-b`.
            ("2026-03-02/a/", false),
            ("2026-03-02/b/", false),
        ] {
            assert_eq!(is_before(beginning, after), passed, "{beginning}");
        }
    }
}
