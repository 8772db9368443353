//! The fields of the territory's sheet that a device has beside those that decoding needs.

use serde::{Deserialize, Serialize};

use super::{DeviceClass, FieldText, Geolocation, Latitude, LifeCycle, Longitude};

/// The fields of the territory's sheet. All may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectFields {
    /// The serial number that its maker gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<FieldText>,
    /// The partner's own number of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<FieldText>,
    /// The equipment that it is part of, or its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equipment: Option<FieldText>,
    /// The postal address of its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<FieldText>,
    /// The way in which its place becomes known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<Geolocation>,
    /// The latitude of its place, in degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<Latitude>,
    /// The longitude of its place, in degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<Longitude>,
    /// The stage of its life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_cycle: Option<LifeCycle>,
    /// Its class of LoRaWAN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<DeviceClass>,
    /// The offer of the operator that it is under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<FieldText>,
}

/// One coordinate of a place without the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given} is given and {missing} is missing: a place has both or none")]
pub struct HalfAPlace {
    /// The member that is given.
    pub given: &'static str,
    /// The member that is missing.
    pub missing: &'static str,
}

impl ObjectFields {
    /// Checks that the fields go together.
    ///
    /// # Errors
    /// One of the coordinates is missing.
    pub fn check(&self) -> Result<(), HalfAPlace> {
        match (self.latitude, self.longitude) {
            (Some(_), None) => Err(HalfAPlace { given: "latitude", missing: "longitude" }),
            (None, Some(_)) => Err(HalfAPlace { given: "longitude", missing: "latitude" }),
            (Some(_), Some(_)) | (None, None) => Ok(()),
        }
    }

    /// Whether the place is said to be given by hand, and is not.
    #[must_use]
    pub fn lacks_its_place(&self) -> bool {
        self.geolocation == Some(Geolocation::Manual) && self.latitude.is_none()
    }

    /// Whether frames of the object tell of the place that it is registered for, and their absence is silence.
    #[must_use]
    pub fn is_in_service(&self) -> bool {
        self.life_cycle.is_none_or(LifeCycle::is_in_service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_are_left_out_leave_no_trace() {
        assert_eq!(serde_json::to_string(&ObjectFields::default()).unwrap(), "{}");
        let text = r#"{"serialNumber":"A1","geolocation":"MANUAL","latitude":48.5,"longitude":2.0,"lifeCycle":"STOCK","class":"A"}"#;
        let fields: ObjectFields = serde_json::from_str(text).unwrap();
        assert!(!fields.is_in_service() && fields.check().is_ok());
        assert_eq!(serde_json::to_string(&fields).unwrap(), text);
    }

    #[test]
    fn a_place_by_hand_has_coordinates() {
        let by_hand = ObjectFields { geolocation: Some(Geolocation::Manual), ..Default::default() };
        assert!(by_hand.lacks_its_place());
        let latitude = Some(48.0.try_into().unwrap());
        assert!(!ObjectFields { latitude, ..by_hand }.lacks_its_place());
        assert!(!ObjectFields::default().lacks_its_place());
    }

    #[test]
    fn a_place_has_both_coordinates_or_none() {
        let fields =
            ObjectFields { latitude: Some(48.0.try_into().unwrap()), ..Default::default() };
        let said = fields.check().unwrap_err().to_string();
        assert!(said.starts_with("latitude is given and longitude is missing"), "{said}");
    }
}
