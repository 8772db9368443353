//! Arguments for the fields of the territory's sheet.

use champollion_client::ObjectFields;
use champollion_fleet::objects::{
    DeviceClass, FieldText, Geolocation, Latitude, LifeCycle, Longitude,
};
use clap::Args;

/// The fields of the territory's sheet.
#[derive(Args)]
pub(super) struct ObjectArguments {
    /// Serial number that the maker gave the device
    #[arg(long, value_name = "TEXT")]
    serial_number: Option<FieldText>,
    /// Your own number of the device
    #[arg(long, value_name = "TEXT")]
    reference: Option<FieldText>,
    /// Equipment that the device is part of, or its kind
    #[arg(long, value_name = "TEXT")]
    equipment: Option<FieldText>,
    /// Postal address of its place
    #[arg(long, value_name = "TEXT")]
    address: Option<FieldText>,
    /// The way in which its place becomes known
    #[arg(long, value_name = "NONE|AUTO|MANUAL|VIA_OTHER_DEVICE")]
    geolocation: Option<Geolocation>,
    /// Latitude of its place in degrees, such as 48.8566; with --longitude
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true, requires = "longitude")]
    latitude: Option<Latitude>,
    /// Longitude of its place in degrees, such as 2.3522; with --latitude
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true, requires = "latitude")]
    longitude: Option<Longitude>,
    /// Stage of its life; in DELIVERY and STOCK its records say so, and it is never called silent
    #[arg(long, value_name = "DELIVERY|MAINTENANCE|SERVICE|STOCK|NONE")]
    life_cycle: Option<LifeCycle>,
    /// Class of LoRaWAN that the device is of
    #[arg(long, value_name = "A|B|C")]
    class: Option<DeviceClass>,
    /// Offer of the operator that the device is under
    #[arg(long, value_name = "TEXT")]
    offer: Option<FieldText>,
}

impl ObjectArguments {
    /// Returns the fields as the server takes them.
    pub(super) fn fields(&self) -> ObjectFields {
        let text = |text: &Option<FieldText>| text.as_ref().map(ToString::to_string);
        ObjectFields {
            serial_number: text(&self.serial_number),
            reference: text(&self.reference),
            equipment: text(&self.equipment),
            address: text(&self.address),
            geolocation: self.geolocation.map(|word| word.to_string()),
            latitude: self.latitude.map(Latitude::degrees),
            longitude: self.longitude.map(Longitude::degrees),
            life_cycle: self.life_cycle.map(|word| word.to_string()),
            class: self.class.map(|word| word.to_string()),
            offer: text(&self.offer),
        }
    }
}
