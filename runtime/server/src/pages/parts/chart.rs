//! A chart of one quantity over time: an SVG that the server draws, and the same numbers as a table.

use jiff::{Timestamp, tz::TimeZone};
use maud::{Markup, html};

use super::{scale::Scale, table::Table};
use crate::pages::{viewer::Viewer, written};

/// The size of the drawing in its own units; the page gives it its width.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 260.0;

/// The room beside the drawing for the numbers at the lines.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 28.0;

/// Most points of which each shows its value under the pointer, and stands in the table.
const POINTS: usize = 500;

/// Lines of the axis of values, about.
const LINES: u8 = 4;

/// A chart of a quantity.
pub(in crate::pages) struct Chart {
    /// The name of the quantity for people.
    pub(in crate::pages) name: String,
    /// The unit as it is shown; empty where there is none.
    pub(in crate::pages) unit: String,
    /// The values with their moments, in the order of time.
    pub(in crate::pages) points: Vec<(Timestamp, f64)>,
    /// Whether each value is of a whole day of universal time, and not of a moment.
    pub(in crate::pages) is_of_days: bool,
}

/// The places of moments and values in the drawing.
struct Axes {
    first: i64,
    last: i64,
    values: Scale,
}

impl Axes {
    fn of(points: &[(Timestamp, f64)]) -> Option<Self> {
        let values = Scale::of(points.iter().map(|(_, value)| *value), LINES)?;
        let (first, last) = (points.first()?.0.as_second(), points.last()?.0.as_second());
        Some(Self { first, last: last.max(first + 1), values })
    }

    fn x(&self, moment: Timestamp) -> f64 {
        let (passed, all) = (moment.as_second() - self.first, self.last - self.first);
        LEFT + (WIDTH - LEFT - RIGHT) * (passed as f64 / all as f64)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - self.values.place(value))
    }
}

impl Chart {
    /// Returns the chart, or nothing where there is no value to draw.
    pub(in crate::pages) fn shown(&self, viewer: &Viewer) -> Markup {
        let points: Vec<(Timestamp, f64)> =
            self.points.iter().copied().filter(|(_, value)| value.is_finite()).collect();
        let Some(axes) = Axes::of(&points) else { return html! {} };
        html! {
            figure.chart {
                figcaption { (self.name) @if !self.unit.is_empty() { " (" (self.unit) ")" } }
                (self.drawing(viewer, &axes, &points))
                (self.table(viewer, &points))
            }
        }
    }

    fn drawing(&self, viewer: &Viewer, axes: &Axes, points: &[(Timestamp, f64)]) -> Markup {
        let shown = thinned(points);
        // A sole point has no line that goes through it: it is drawn as a ring.
        let class = if shown.len() == 1 { "point line" } else { "point" };
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(self.name) {
                @for value in axes.values.lines() { (line(viewer, axes, value)) }
                (self.ends(viewer, axes, points))
                path.line d=(path(axes, points)) {}
                @for (moment, value) in &shown {
                    circle class=(class) cx=(round(axes.x(*moment))) cy=(round(axes.y(*value))) r="3" {
                        title { (viewer.number(*value)) " " (self.unit) ", " (self.time(*moment, viewer)) }
                    }
                }
            }
        }
    }

    fn table(&self, viewer: &Viewer, points: &[(Timestamp, f64)]) -> Markup {
        let heading = match &*self.unit {
            "" => self.name.clone(),
            unit => format!("{} ({unit})", self.name),
        };
        let mut table =
            Table::new(self.name.clone()).column(viewer.say("chart-moment")).numbers(heading);
        for (moment, value) in thinned(points).into_iter().rev() {
            let time = match self.is_of_days {
                true => html! { (self.time(moment, viewer)) },
                false => viewer.moment(moment),
            };
            table.row(vec![time, html! { (viewer.number(value)) }]);
        }
        html! { details { summary { (viewer.say("chart-table")) } (table.shown()) } }
    }

    /// The first and the last moment below the drawing.
    fn ends(&self, viewer: &Viewer, axes: &Axes, points: &[(Timestamp, f64)]) -> Markup {
        let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else {
            return html! {};
        };
        let y = HEIGHT - 8.0;
        html! {
            text.tick x=(LEFT) y=(y) { (self.time(*first, viewer)) }
            @if axes.last > axes.first + 1 {
                text.tick x=(WIDTH - RIGHT) y=(y) text-anchor="end" { (self.time(*last, viewer)) }
            }
        }
    }

    /// The time of a value in words.
    fn time(&self, moment: Timestamp, viewer: &Viewer) -> String {
        match self.is_of_days {
            true => written::day(moment.to_zoned(TimeZone::UTC).date(), viewer.language()),
            false => viewer.minute(moment),
        }
    }
}

/// A line of the axis of values with its number.
fn line(viewer: &Viewer, axes: &Axes, value: f64) -> Markup {
    let y = round(axes.y(value));
    html! {
        line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y) y2=(y) {}
        text.tick x=(LEFT - 8.0) y=(y) text-anchor="end" dominant-baseline="middle" {
            (viewer.number(value))
        }
    }
}

fn path(axes: &Axes, points: &[(Timestamp, f64)]) -> String {
    let mut path = String::new();
    for (index, (moment, value)) in points.iter().enumerate() {
        let sign = if index == 0 { 'M' } else { 'L' };
        path.push_str(&format!("{sign}{} {}", round(axes.x(*moment)), round(axes.y(*value))));
    }
    path
}

/// Some points of many, evenly, with the last one.
fn thinned(points: &[(Timestamp, f64)]) -> Vec<(Timestamp, f64)> {
    let step = points.len().div_ceil(POINTS).max(1);
    points.iter().rev().step_by(step).rev().copied().collect()
}

fn round(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(count: i64) -> Vec<(Timestamp, f64)> {
        (0..count).map(|at| (Timestamp::from_second(at * 60).unwrap(), at as f64)).collect()
    }

    #[test]
    fn the_curve_goes_from_the_lower_left_to_the_upper_right() {
        let points = points(3);
        let axes = Axes::of(&points).unwrap();
        assert_eq!(axes.x(points[0].0), LEFT);
        assert_eq!(axes.x(points[2].0), WIDTH - RIGHT);
        assert_eq!(axes.y(0.0), HEIGHT - BOTTOM);
        assert_eq!(axes.y(2.0), TOP);
        assert!(path(&axes, &points).starts_with("M64 232L"));
    }

    #[test]
    fn of_many_points_some_are_shown_with_the_last() {
        let many = points(10_000);
        let shown = thinned(&many);
        assert!(shown.len() <= POINTS, "{}", shown.len());
        assert_eq!(shown.last(), many.last());
        assert_eq!(thinned(&points(2)), points(2));
    }

    #[test]
    fn a_chart_of_nothing_has_no_axes() {
        assert!(Axes::of(&[]).is_none());
        assert!(Axes::of(&points(1)).is_some());
    }
}
