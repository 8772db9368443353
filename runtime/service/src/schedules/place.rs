//! The place on earth whose sun a schedule follows.

use serde::{Deserialize, Serialize};

/// A place on earth, in degrees of WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "Said", into = "Said")]
#[schema(as = SchedulePlace)]
pub struct Place {
    latitude: f64,
    longitude: f64,
}

/// The place as it is said, before it is looked at.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    latitude: f64,
    longitude: f64,
}

/// Coordinates that no place on earth has.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the {what} {degrees} is none: it is from -{limit} to {limit} degrees, such as {example}")]
pub struct PlaceError {
    what: &'static str,
    degrees: f64,
    limit: f64,
    example: &'static str,
}

impl Place {
    /// The place of these coordinates.
    ///
    /// # Errors
    /// One of them is beyond the poles or the antimeridian.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, PlaceError> {
        within("latitude", latitude, 90.0, "48.8566")?;
        within("longitude", longitude, 180.0, "2.3522")?;
        Ok(Self { latitude, longitude })
    }

    /// Returns the latitude in degrees.
    #[must_use]
    pub fn latitude(self) -> f64 {
        self.latitude
    }

    /// Returns the longitude in degrees.
    #[must_use]
    pub fn longitude(self) -> f64 {
        self.longitude
    }
}

fn within(
    what: &'static str,
    degrees: f64,
    limit: f64,
    example: &'static str,
) -> Result<(), PlaceError> {
    if degrees.is_finite() && degrees.abs() <= limit {
        return Ok(());
    }
    Err(PlaceError { what, degrees, limit, example })
}

impl TryFrom<Said> for Place {
    type Error = PlaceError;

    fn try_from(Said { latitude, longitude }: Said) -> Result<Self, PlaceError> {
        Self::new(latitude, longitude)
    }
}

impl From<Place> for Said {
    fn from(Place { latitude, longitude }: Place) -> Self {
        Self { latitude, longitude }
    }
}
