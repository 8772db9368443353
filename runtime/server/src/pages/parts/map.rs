//! A map of things with coordinates: an SVG that the server draws, with tiles below where the operator has set an
//! address of them. Things that are too many for a dot each share one with their neighbours.

use std::collections::BTreeMap;

use maud::{Markup, html};

/// The size of the drawing in its own units; the page gives it its width.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 480.0;

/// The room at the border, so that no place is cut.
const MARGIN: f64 = 24.0;

/// The width of a tile.
const TILE: f64 = 256.0;

/// The highest and the lowest zoom at which there are tiles.
const CLOSEST: u8 = 18;
const FARTHEST: u8 = 2;

/// A place on the map.
#[derive(Clone, Debug)]
pub(in crate::pages) struct Place {
    /// The latitude in degrees.
    pub(in crate::pages) latitude: f64,
    /// The longitude in degrees.
    pub(in crate::pages) longitude: f64,
    /// The name of the thing there.
    pub(in crate::pages) name: String,
    /// The address of its page.
    pub(in crate::pages) link: String,
    /// Whether something is wrong with it.
    pub(in crate::pages) is_faulty: bool,
}

/// Places of which each has a dot of its own.
const SINGLE: usize = 300;

/// The side of the squares of which places share a dot where there are more.
const SQUARE: f64 = 48.0;

/// The side of an area, in degrees, that is one square at the highest zoom still.
const ONE_PLACE: f64 = 0.000_3;

/// The words and links of dots that several places share.
pub(in crate::pages) struct Shared<'of> {
    /// The address that shows the places within `south,west,north,east` alone; of places that no map tells apart, as a list.
    pub(in crate::pages) closer: &'of dyn Fn(&str, bool) -> String,
    /// The words for a number of places, of which so many are faulty.
    pub(in crate::pages) said: &'of dyn Fn(usize, usize) -> String,
    /// A number as the viewer writes it.
    pub(in crate::pages) number: &'of dyn Fn(usize) -> String,
}

/// The part of the world that the map shows, in tiles of one zoom.
struct View {
    zoom: u8,
    left: f64,
    top: f64,
}

impl View {
    /// The closest view that shows all places.
    fn of(places: &[Place]) -> Self {
        let fits = |zoom: &u8| {
            let (low, high) = corners(places, *zoom);
            high.0 - low.0 <= WIDTH - 2.0 * MARGIN && high.1 - low.1 <= HEIGHT - 2.0 * MARGIN
        };
        let zoom = (FARTHEST..=CLOSEST).rev().find(fits).unwrap_or(FARTHEST);
        let (low, high) = corners(places, zoom);
        let left = (low.0 + high.0 - WIDTH) / 2.0;
        Self { zoom, left, top: (low.1 + high.1 - HEIGHT) / 2.0 }
    }

    fn place(&self, place: &Place) -> (f64, f64) {
        let (x, y) = projected(place.latitude, place.longitude, self.zoom);
        (round(x - self.left), round(y - self.top))
    }

    /// The tiles that the view needs: their column and row, and where they stand.
    fn tiles(&self) -> Vec<(i64, i64, f64, f64)> {
        let columns = tiles_between(self.left, self.left + WIDTH);
        let most = 1_i64 << self.zoom;
        let at = |tile: i64, start: f64| round(tile as f64 * TILE - start);
        let of_column = |column: i64| {
            let rows = tiles_between(self.top, self.top + HEIGHT);
            rows.map(move |row| (column, row, at(column, self.left), at(row, self.top)))
        };
        let all = columns.flat_map(of_column);
        let is_there = |tile: &(i64, i64, f64, f64)| (0..most).contains(&tile.1);
        all.filter(is_there).map(|tile| (tile.0.rem_euclid(most), tile.1, tile.2, tile.3)).collect()
    }
}

fn tiles_between(start: f64, end: f64) -> std::ops::RangeInclusive<i64> {
    (start / TILE).floor() as i64..=(end / TILE).floor() as i64
}

/// The corners of all places at a zoom.
fn corners(places: &[Place], zoom: u8) -> ((f64, f64), (f64, f64)) {
    let all = places.iter().map(|place| projected(place.latitude, place.longitude, zoom));
    let none = (f64::INFINITY, f64::NEG_INFINITY);
    let (xs, ys) = all.fold((none, none), |(xs, ys), (x, y)| {
        ((xs.0.min(x), xs.1.max(x)), (ys.0.min(y), ys.1.max(y)))
    });
    ((xs.0, ys.0), (xs.1, ys.1))
}

/// The place of coordinates on the map of the whole world (Web Mercator), in units of the drawing.
fn projected(latitude: f64, longitude: f64, zoom: u8) -> (f64, f64) {
    let size = TILE * f64::from(1_u32 << zoom);
    // Beyond this the map has no end.
    let latitude = latitude.clamp(-85.051_1, 85.051_1).to_radians();
    let y = 1.0 - (latitude.tan() + 1.0 / latitude.cos()).ln() / std::f64::consts::PI;
    ((longitude + 180.0) / 360.0 * size, y / 2.0 * size)
}

fn round(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

/// Returns a map of places; `tiles` is an address with `{z}`, `{x}` and `{y}`, where the operator has set one.
pub(in crate::pages) fn map(
    name: &str,
    places: &[Place],
    tiles: Option<&str>,
    shared: &Shared<'_>,
) -> Markup {
    if places.is_empty() {
        return html! {};
    }
    let view = View::of(places);
    html! {
        figure.map {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="group" aria-label=(name) {
                @if let Some(address) = tiles {
                    @for (column, row, x, y) in view.tiles() {
                        image href=(tile(address, view.zoom, column, row)) x=(x) y=(y)
                            width=(TILE) height=(TILE) {}
                    }
                }
                @for together in together(&view, places) {
                    @match together.as_slice() {
                        [place] => (dot(&view, place)),
                        places => (shared_dot(&view, places, shared)),
                    }
                }
            }
        }
    }
}

fn tile(address: &str, zoom: u8, column: i64, row: i64) -> String {
    let address = address.replace("{z}", &zoom.to_string());
    address.replace("{x}", &column.to_string()).replace("{y}", &row.to_string())
}

/// The places of each dot.
fn together<'of>(view: &View, places: &'of [Place]) -> Vec<Vec<&'of Place>> {
    if places.len() <= SINGLE {
        return places.iter().map(|place| vec![place]).collect();
    }
    let mut squares: BTreeMap<(i64, i64), Vec<&Place>> = BTreeMap::new();
    for place in places {
        let (x, y) = view.place(place);
        let square = ((x / SQUARE).floor() as i64, (y / SQUARE).floor() as i64);
        squares.entry(square).or_default().push(place);
    }
    squares.into_values().collect()
}

/// A dot in the middle of the places that share it, which leads to a closer look at them.
fn shared_dot(view: &View, places: &[&Place], shared: &Shared<'_>) -> Markup {
    let count = places.len();
    let faulty = places.iter().filter(|place| place.is_faulty).count();
    let (xs, ys) = places
        .iter()
        .map(|place| view.place(place))
        .fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x, sum.1 + y));
    let (x, y) = (round(xs / count as f64), round(ys / count as f64));
    let (area, is_one_place) = area(places);
    let class = if faulty * 2 > count { "dot faulty" } else { "dot" };
    let radius = round(9.0 + 4.0 * (count as f64).log10());
    let said = (shared.said)(count, faulty);
    html! {
        a href=((shared.closer)(&area, is_one_place)) aria-label=(said) {
            circle class=(class) cx=(x) cy=(y) r=(radius) { title { (said) } }
            text x=(x) y=(y) { ((shared.number)(count)) }
        }
    }
}

/// The area of places, `south,west,north,east`, and whether it is so small that no map tells them apart.
fn area(places: &[&Place]) -> (String, bool) {
    let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
    for place in places {
        low = (low.0.min(place.latitude), low.1.min(place.longitude));
        high = (high.0.max(place.latitude), high.1.max(place.longitude));
    }
    let area = format!("{},{},{},{}", low.0, low.1, high.0, high.1);
    (area, (high.0 - low.0).max(high.1 - low.1) < ONE_PLACE)
}

fn dot(view: &View, place: &Place) -> Markup {
    let (x, y) = view.place(place);
    let class = if place.is_faulty { "dot faulty" } else { "dot" };
    html! {
        a href=(place.link) aria-label=(place.name) {
            circle class=(class) cx=(x) cy=(y) r="7" { title { (place.name) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude: f64, longitude: f64) -> Place {
        Place { latitude, longitude, name: "a".to_owned(), link: "/a".to_owned(), is_faulty: false }
    }

    #[test]
    fn all_places_are_within_the_map() {
        let places = [place(44.83, -0.57), place(44.87, -0.61), place(44.80, -0.50)];
        let view = View::of(&places);
        for place in &places {
            let (x, y) = view.place(place);
            assert!((0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y), "{x} {y}");
        }
        assert!(view.zoom > 10, "{}", view.zoom);
    }

    #[test]
    fn the_known_tile_of_a_city_is_found() {
        // Bordeaux at zoom 12, as all maps of this projection have it.
        let (x, y) = projected(44.8378, -0.5792, 12);
        assert_eq!(((x / TILE) as i64, (y / TILE) as i64), (2041, 1476));
    }

    #[test]
    fn one_place_is_shown_closely_and_the_whole_world_from_afar() {
        assert_eq!(View::of(&[place(1.0, 1.0)]).zoom, CLOSEST);
        assert_eq!(View::of(&[place(-60.0, -170.0), place(60.0, 170.0)]).zoom, FARTHEST);
    }

    fn drawn(places: &[Place], tiles: Option<&str>) -> String {
        let shared = Shared {
            closer: &|area, is_one_place| format!("/{is_one_place}/{area}"),
            said: &|count, faulty| format!("{count} of which {faulty}"),
            number: &|count| count.to_string(),
        };
        map("Objects", places, tiles, &shared).into_string()
    }

    #[test]
    fn many_places_share_dots_that_lead_to_a_closer_look() {
        let far = |number: usize| place(44.0 + 0.001 * number as f64, 1.0);
        let few: Vec<Place> = (0..SINGLE).map(far).collect();
        assert_eq!(drawn(&few, None).matches("<circle").count(), SINGLE);
        let many: Vec<Place> = (0..10_000).map(far).collect();
        let shown = drawn(&many, None);
        let dots = shown.matches("<circle").count();
        assert!((2..=20).contains(&dots) && shown.len() < 20_000, "{dots}: {shown}");
        assert!(shown.contains("href=\"/false/44,1,"), "{shown}");
        let same: Vec<Place> = (0..=SINGLE).map(|_| place(44.0, 1.0)).collect();
        let shown = drawn(&same, None);
        assert!(
            shown.contains("href=\"/true/44,1,44,1\" aria-label=\"301 of which 0\""),
            "{shown}"
        );
    }

    #[test]
    fn names_are_no_markup_and_tiles_come_of_the_address() {
        let hostile = Place { name: "<script>".to_owned(), ..place(44.0, 0.0) };
        let shown = drawn(&[hostile], Some("https://tiles.example/{z}/{x}/{y}.png"));
        assert!(!shown.contains("<script>"), "{shown}");
        assert!(shown.contains("href=\"https://tiles.example/18/"), "{shown}");
        assert!(!drawn(&[place(44.0, 0.0)], None).contains("image"));
    }
}
