//! Areas: the square on the map within which objects are asked for.

use crate::devices::Device;

/// An area of the map, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    south: f64,
    west: f64,
    north: f64,
    east: f64,
}

impl Area {
    /// The area that a query names, as `south,west,north,east`; nothing where it names none.
    pub(super) fn of(text: &str) -> Option<Self> {
        let degrees: Result<Vec<f64>, _> = text.split(',').map(str::parse).collect();
        let [south, west, north, east]: [f64; 4] = degrees.ok()?.try_into().ok()?;
        Some(Self { south, west, north, east })
    }

    /// Whether the coordinates of an object are within the area.
    pub(super) fn has(self, device: &Device) -> bool {
        let (Some(latitude), Some(longitude)) = (device.object.latitude, device.object.longitude)
        else {
            return false;
        };
        (self.south..=self.north).contains(&latitude.degrees())
            && (self.west..=self.east).contains(&longitude.degrees())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_area_has_the_objects_within_it() {
        let device = |more: serde_json::Value| {
            let mut whole = json!({ "devEui": "70B3D5499A000001", "name": "", "group": "water" });
            for (name, value) in more.as_object().unwrap() {
                whole[name] = value.clone();
            }
            Device::of_stored(whole).unwrap()
        };
        let area = Area::of("44.5,-1,45,-0.5").unwrap();
        assert!(area.has(&device(json!({ "latitude": 44.5, "longitude": -0.5 }))));
        assert!(!area.has(&device(json!({ "latitude": 44.4, "longitude": -0.6 }))));
        assert!(!area.has(&device(json!({ "latitude": 44.6, "longitude": -0.4 }))));
        assert!(!area.has(&device(json!({}))));
        for none in ["", "1,2,3", "a,b,c,d", "1,2,3,4,5"] {
            assert_eq!(Area::of(none), None, "{none}");
        }
    }
}
