//! The settings of pages for people.

use serde::Deserialize;
use url::Url;

/// The settings of pages: the section `[pages]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PageSettings {
    /// The address of the tiles below maps, with `{z}`, `{x}` and `{y}`; empty for maps without tiles.
    pub map_tiles: String,
}

/// The tiles below maps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// The address of a tile, with `{z}`, `{x}` and `{y}`.
    pub address: String,
    /// The origin that browsers load tiles from, as a policy of contents names it.
    pub origin: String,
}

impl PageSettings {
    /// Returns the tiles below maps, where the operator has set the address of some that browsers can load.
    #[must_use]
    pub fn tiles(&self) -> Option<Tiles> {
        let url = Url::parse(&self.map_tiles).ok()?;
        let is_of_the_web = ["http", "https"].contains(&url.scheme());
        let origin = is_of_the_web.then(|| url.origin().ascii_serialization())?;
        Some(Tiles { address: self.map_tiles.clone(), origin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_those_of_an_address_of_the_web() {
        let tiles = |address: &str| PageSettings { map_tiles: address.to_owned() }.tiles();
        let found = tiles("https://tiles.example:8443/{z}/{x}/{y}.png?a=b").unwrap();
        assert_eq!(found.origin, "https://tiles.example:8443");
        for none in ["", "tiles", "file:///tiles/{z}", "javascript:alert(1)"] {
            assert_eq!(tiles(none), None, "{none}");
        }
    }
}
