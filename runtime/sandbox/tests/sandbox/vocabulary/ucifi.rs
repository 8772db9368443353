//! The objects of uCIFI's data model, and which of their resources the quantities are.
//!
//! Source: the registry of LwM2M of the Open Mobile Alliance, `urn:oma:lwm2m:ext:3410` to `3439`, 2024.

use std::{collections::BTreeMap, ops::RangeInclusive};

use champollion_sandbox::vocabulary::quantities;

/// The numbers that the Open Mobile Alliance has given to uCIFI.
const OBJECTS: RangeInclusive<u16> = 3410..=3439;

/// An object: its number, its name, and its resources by their numbers and names.
type Object = (u16, &'static str, &'static [(u16, &'static str)]);

/// The resources that are quantities of the vocabulary: the object's number, its name, and within it the number of the
/// resource and the quantity. A resource that measures almost the same in another way is none of them.
const RESOURCES: [Object; 13] = [
    (3410, "Device Extension", &[(14, "device.uptime")]),
    (3411, "Battery", &[(1, "battery.level"), (3, "battery.voltage"), (6, "alarm.battery")]),
    (
        3416,
        "Outdoor lamp controller",
        // A lamp is lit where its dimming level is above 0.
        &[(3, "lamp.dimming"), (3, "lamp.lit"), (5, "alarm.lamp"), (15, "lamp.burning-time")],
    ),
    (
        3421,
        "Single-phase electrical meter",
        &[
            (1, "electricity.voltage"),
            (6, "electricity.current"),
            (11, "electricity.frequency"),
            (13, "electricity.power.factor"),
            (18, "electricity.power.reactive"),
            (20, "electricity.power.apparent"),
            (23, "electricity.power.active"),
            (25, "electricity.energy.active"),
            (26, "electricity.energy.active.exported"),
            (28, "electricity.energy.active.net"),
            (29, "electricity.energy.reactive"),
            (30, "electricity.energy.reactive.exported"),
        ],
    ),
    (
        3424,
        "Water meter",
        &[
            (1, "water.volume"),
            (7, "water.flow.min"),
            (8, "water.flow.max"),
            (10, "alarm.leak"),
            (11, "alarm.backflow"),
        ],
    ),
    (3427, "Pressure monitoring sensor", &[(1, "water.pressure")]),
    (
        3428,
        "Air quality",
        &[
            (1, "air.pm10"),
            (3, "air.pm2-5"),
            (5, "air.pm1"),
            (12, "air.ozone"),
            (17, "air.co2"),
            (23, "air.tvoc"),
        ],
    ),
    (3429, "Tilt sensor", &[(1, "device.orientation")]),
    (
        3430,
        "Global Navigation Satellite System",
        &[(1, "location.latitude"), (2, "location.longitude"), (3, "location.altitude")],
    ),
    (3431, "Parking Sensor", &[(1, "parking.occupied")]),
    (
        3433,
        "Noise sensor",
        &[(3, "sound.level"), (3, "sound.level.momentary"), (5, "sound.level.peak")],
    ),
    (3434, "People counter", &[(1, "people.count")]),
    (3435, "Filling level", &[(2, "waste.level")]),
];

#[test]
fn each_object_of_ucifi_has_a_resource_for_the_quantity() {
    let mut expected = BTreeMap::new();
    for (object, name, resources) in RESOURCES {
        assert!(OBJECTS.contains(&object), "{object} ({name}) is none of uCIFI");
        for (resource, quantity) in resources {
            let other = expected.insert(*quantity, object);
            assert_eq!(other, None, "{quantity} is {object}/{resource} and another");
        }
    }
    let told = quantities().filter_map(|quantity| Some((quantity.name, quantity.ucifi?)));
    assert_eq!(told.collect::<BTreeMap<_, _>>(), expected);
}
