//! A map of things with coordinates: an SVG that the server draws, with tiles below where the operator has set an
//! address of them.

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
pub(in crate::pages) fn map(name: &str, places: &[Place], tiles: Option<&str>) -> Markup {
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
                @for place in places { (dot(&view, place)) }
            }
        }
    }
}

fn tile(address: &str, zoom: u8, column: i64, row: i64) -> String {
    let address = address.replace("{z}", &zoom.to_string());
    address.replace("{x}", &column.to_string()).replace("{y}", &row.to_string())
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

    #[test]
    fn names_are_no_markup_and_tiles_come_of_the_address() {
        let hostile = Place { name: "<script>".to_owned(), ..place(44.0, 0.0) };
        let shown = map("Objects", &[hostile], Some("https://tiles.example/{z}/{x}/{y}.png"));
        let shown = shown.into_string();
        assert!(!shown.contains("<script>"), "{shown}");
        assert!(shown.contains("href=\"https://tiles.example/18/"), "{shown}");
        assert!(!map("Objects", &[place(44.0, 0.0)], None).into_string().contains("image"));
    }
}
